"""``telephony-events``: records of calls, by page, as a table, or one by itself ("Telephony events API")."""

import re
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from cordboard.actions.core import Core
from cordboard.api.common.accept import is_preferred
from cordboard.api.common.endpoint import JSON, Endpoint, Endpoints, json_answer, read_query
from cordboard.api.common.errors import Reason
from cordboard.api.common.fields import text
from cordboard.api.common.json_body import read_json
from cordboard.api.common.number_filter import read_number_filter
from cordboard.api.common.signed_urls import RecordingUrl
from cordboard.api.common.times import after, read_time
from cordboard.api.common.wire_types import REQUIRED, Text, given, says
from cordboard.api.voxloud.event_table import CSV, EventTable, answer_export, table_of
from cordboard.api.voxloud.pages import EventPage, PageQuery, WantedPage, event_page, read_page
from cordboard.api.voxloud.records import TelephonyEvent, listed_record, record_data
from cordboard.domain.call_facts import CallFacts
from cordboard.domain.cdr import CdrFilter
from cordboard.domain.errors import InvalidInput, NotFound
from cordboard.domain.ids import read_id
from cordboard.domain.tenant import Identity, Tenant

RESOURCE = "/api/v1/telephony-events"

_CALL_ID = re.compile(r"[0-9A-Fa-f]{32}")


class EventQuery(msgspec.Struct):
    """Which events: of a number, in an interval whose ends belong to it."""

    number: Annotated[
        Text, says("Of either party, in any form; 3 to 8 digits match any number that has them in it.", "06123456789")
    ] = given()
    date_time_from: Annotated[Text, says("Calls that began then or later.", "2018-03-11T07:00:00.000Z")] = given()
    date_time_to: Annotated[
        Text, says("Calls that began by then, that millisecond included.", "2018-04-16T07:00:00.000Z")
    ] = given()


class CallIdQuery(msgspec.Struct, rename="camel"):
    """The call whose event it is."""

    call_id: Annotated[str, says("32 hexadecimal digits.", "1734bfbbd5dc4a9c8de1d2e5235e6389"), REQUIRED] = ""


class EventPath(msgspec.Struct):
    """Which event."""

    id: Annotated[str, says("Its `id`.", "11231")]


_decoder = msgspec.json.Decoder(EventQuery)


def telephony_event_endpoints(url_of: RecordingUrl) -> Endpoints:
    """What is served here."""

    async def answer_query(core: Core, identity: Identity, request: Request) -> Response:
        """A page of the calls that are over, or, as CSV and without a size, all that match."""
        wanted = read_page(read_query(request, PageQuery))
        criteria = read_criteria(await read_json(request, _decoder), identity.tenant, wanted)
        rows = core.store.for_tenant(identity.tenant.id)
        is_table = is_preferred(request.headers.get("accept", ""), CSV, JSON)
        if is_table and not wanted.is_sized:
            return await answer_export(rows.cdrs.export(criteria), EventTable(identity.tenant, url_of))
        found = await rows.cdrs.find(criteria)
        events = [listed_record(identity.tenant, facts, url_of) for facts in found.rows]
        if is_table:
            return Response(table_of(events), media_type=CSV)
        return json_answer(event_page(wanted, events, found.total))

    async def answer_one(core: Core, identity: Identity, request: Request, find: FindFacts) -> Response:
        facts = await find(core, identity.tenant, request)
        return json_answer(record_data(identity.tenant, facts, url_of))

    async def answer_by_number(core: Core, identity: Identity, request: Request) -> Response:
        """One event, by its id."""
        return await answer_one(core, identity, request, _by_number)

    async def answer_by_call(core: Core, identity: Identity, request: Request) -> Response:
        """One event, by the id of its call."""
        return await answer_one(core, identity, request, _by_call)

    query = Endpoint(
        serve=answer_query,
        scope="report",
        body=EventQuery,
        query=PageQuery,
        answer=EventPage,
        media_types=(JSON, CSV),
    )
    by_call = Endpoint(
        serve=answer_by_call, scope="report", query=CallIdQuery, answer=TelephonyEvent, raises=(NotFound,)
    )
    by_number = Endpoint(serve=answer_by_number, scope="report", path=EventPath, answer=TelephonyEvent)
    return {RESOURCE: {"POST": query, "GET": by_call}, f"{RESOURCE}/{{id}}": {"GET": by_number}}


FindFacts = Callable[[Core, Tenant, Request], Awaitable[CallFacts]]


async def _by_number(core: Core, tenant: Tenant, request: Request) -> CallFacts:
    given = request.path_params["id"]
    number = read_id(given)
    facts = None if number is None else await core.store.for_tenant(tenant.id).cdrs.by_number(number)
    if facts is None:
        raise NotFound("telephony event", given)
    return facts


async def _by_call(core: Core, tenant: Tenant, request: Request) -> CallFacts:
    given = read_query(request, CallIdQuery).call_id.strip()
    if not given:
        raise InvalidInput("callId", Reason.REQUIRED)
    facts = None
    if _CALL_ID.fullmatch(given):
        facts = await core.store.for_tenant(tenant.id).cdrs.get(UUID(hex=given))
    if facts is None:
        raise NotFound("telephony event", given)
    return facts


def read_criteria(body: EventQuery, tenant: Tenant, wanted: WantedPage) -> CdrFilter:
    """What a query asks for. Raises InvalidInput, naming the field."""
    number = read_number_filter(text(body.number, "number"), tenant.country)
    until = _millisecond(read_time(text(body.date_time_to, "date_time_to"), "date_time_to", tenant.zone))
    return CdrFilter(
        started_from=_millisecond(
            read_time(text(body.date_time_from, "date_time_from"), "date_time_from", tenant.zone)
        ),
        # The last millisecond belongs to the interval, and with it all that is shown as it.
        started_before=after(until, 0.001),
        number=number.exact,
        number_part=number.part,
        number_beginning=number.beginning,
        is_number_of_either=True,
        order=wanted.order,
        is_descending=wanted.is_descending,
        wants_texts=True,
        offset=wanted.number * wanted.size,
        limit=wanted.size,
    )


def _millisecond(at: datetime | None) -> datetime | None:
    """Cut to what is shown."""
    return None if at is None else at.replace(microsecond=at.microsecond // 1000 * 1000)
