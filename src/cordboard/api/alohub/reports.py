"""Call reports: ``call-logs``, a list and a call by itself ("Call Report", "Call Lookup")."""

import re
from collections.abc import Callable
from functools import partial

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from cordboard.actions.core import Core
from cordboard.api.alohub.errors import language_of, wire_error
from cordboard.api.alohub.recording_urls import RecordingUrls
from cordboard.api.alohub.report_rows import Reporter, outside_numbers
from cordboard.api.alohub.report_schemas import DetailAnswer, ReportAnswer, ReportBody, ReportDetail, ReportQuery
from cordboard.api.alohub.search import CALL_TYPES, MOST_PAGES, MOST_ROWS, ROWS
from cordboard.api.common.endpoint import KeyedHandler, json_answer, read_query
from cordboard.api.common.errors import Reason
from cordboard.api.common.fields import one_of, required_text, text, whole_number
from cordboard.api.common.json_body import read_json
from cordboard.api.common.number_filter import read_number_filter
from cordboard.api.common.times import after, read_time
from cordboard.domain.call_facts import CallFacts
from cordboard.domain.cdr import CdrFilter
from cordboard.domain.errors import InvalidInput, NotFound
from cordboard.domain.tenant import Identity, Tenant

# Contacts that share a number: nobody reads more of them, and a page stays of a size.
MOST_CUSTOMERS = 100

RenderDetail = Callable[[Reporter, CallFacts], ReportDetail]

_REFERENCE = re.compile(r"[0-9]{14}-[A-Z0-9]{1,16}-[0-9]{1,10}")
_EXPANSIONS = {"": False, "customers": True}
_decoder = msgspec.json.Decoder(ReportBody)


def report_list(urls: RecordingUrls) -> KeyedHandler:
    """The list, all of whose criteria are optional."""
    return partial(_answer_list, urls=urls, is_strict=False)


def lookup_list(urls: RecordingUrls) -> KeyedHandler:
    """The list at the older path: times, page and limit are required."""
    return partial(_answer_list, urls=urls, is_strict=True)


def report_detail(urls: RecordingUrls) -> KeyedHandler:
    """A call by itself."""
    return partial(_answer_detail, urls=urls, parameter="callId", render=Reporter.detail)


def lookup_detail(urls: RecordingUrls) -> KeyedHandler:
    """A call by itself at the older path."""
    return partial(_answer_detail, urls=urls, parameter="call_id", render=Reporter.lookup_detail)


async def _answer_list(
    core: Core, identity: Identity, request: Request, *, urls: RecordingUrls, is_strict: bool
) -> Response:
    """A page of the tenant's ended calls, newest first.

    One row for each call, which the contact that fits its number best gives its name.
    """
    tenant = identity.tenant
    is_expanded = one_of(_EXPANSIONS, read_query(request, ReportQuery).expand.strip(), "expand")
    body = await read_json(request, _decoder)
    criteria = read_criteria(body, tenant, is_strict=is_strict)
    most = MOST_CUSTOMERS if is_expanded else 1
    async with core.store.for_tenant(tenant.id).held() as rows:
        found = await rows.cdrs.find(criteria)
        names = await rows.contacts.names_for_numbers(outside_numbers(found.rows), most) if found.rows else {}
    reporter = Reporter(tenant=tenant, urls=urls, names=names)
    data = reporter.rows(found.rows, is_expanded=is_expanded)
    return json_answer(ReportAnswer(total_record=found.total, data=data))


async def _answer_detail(
    core: Core, identity: Identity, request: Request, *, urls: RecordingUrls, parameter: str, render: RenderDetail
) -> Response:
    """One ended call.

    An unknown one is 404 with a body like a known one's, `totalRecord` 0, for clients that read only that.
    """
    tenant = identity.tenant
    reference = request.path_params[parameter]
    if not _REFERENCE.fullmatch(reference):
        raise InvalidInput(parameter, Reason.BAD_CALL_ID)
    async with core.store.for_tenant(tenant.id).held() as rows:
        facts = await rows.cdrs.by_reference(reference)
        if facts is None:
            return _nothing(identity, reference)
        names = await rows.contacts.names_for_numbers(outside_numbers([facts]), 1)
    reporter = Reporter(tenant=tenant, urls=urls, names=names)
    return json_answer(DetailAnswer(total_record=1, data=[render(reporter, facts)]))


def _nothing(identity: Identity, reference: str) -> Response:
    line = wire_error(NotFound("call", reference))
    message = line.message(language_of(identity))
    body = DetailAnswer(success="0", error_code=line.code, error_message=message, total_record=0, data=[])
    return json_answer(body, line.status)


def read_criteria(body: ReportBody, tenant: Tenant, *, is_strict: bool) -> CdrFilter:
    """What a list asks for. Raises InvalidInput, naming the field."""
    if is_strict:
        required = {
            "callStartTime": body.call_start_time,
            "callEndtime": body.call_end_time,
            "page": body.page,
            "limit": body.limit,
        }
        for name, raw in required.items():
            required_text(raw, name)
    limit = whole_number(body.limit, "limit", default=ROWS, least=1, most=MOST_ROWS)
    page = whole_number(body.page, "page", default=1, least=1, most=MOST_PAGES)
    directions = one_of(CALL_TYPES, text(body.call_type, "callType").strip(), "callType")
    number = read_number_filter(text(body.phone_number, "phoneNumber"), tenant.country)
    return CdrFilter(
        started_from=read_time(text(body.call_start_time, "callStartTime"), "callStartTime", tenant.zone),
        # A client's last second is 23:59:59: all of it belongs to the range.
        started_before=after(read_time(text(body.call_end_time, "callEndtime"), "callEndtime", tenant.zone), 1),
        number=number.exact,
        number_part=number.part,
        number_beginning=number.beginning,
        is_number_of_either=True,
        directions=tuple(directions or ()),
        offset=(page - 1) * limit,
        limit=limit,
    )
