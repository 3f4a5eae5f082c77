"""``deliveries`` and ``replays``: what was sent, what came of it, and sending it again."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from cordboard.actions.core import Core
from cordboard.actions.resend_webhook import replay_deliveries, resend_delivery
from cordboard.api.common.endpoint import Endpoint, Endpoints, json_answer, read_query
from cordboard.api.common.fields import checked, one_of, text, texts, whole_number_of
from cordboard.api.common.json_body import read_json
from cordboard.api.common.times import read_time
from cordboard.api.management.delivery_schemas import (
    MOST_ON_A_PAGE,
    DeliveryAnswer,
    DeliveryDetail,
    DeliveryPage,
    DeliveryPath,
    DeliveryQuery,
    ReplayAnswer,
    ReplayBody,
    delivery_fields,
    detail_fields,
)
from cordboard.domain.delivery_log import DeliveryEntry, DeliveryFilter, DeliveryPlace, DeliveryResult
from cordboard.domain.errors import InvalidInput, NotFound
from cordboard.domain.ids import read_uuid
from cordboard.domain.tenant import Identity
from cordboard.domain.webhook import EventKind

RESOURCE = "/manage/v1/deliveries"
REPLAYS = "/manage/v1/replays"
SCOPE = "manage"

_KINDS = {kind.value: kind for kind in EventKind}
_RESULTS = {result.value: result for result in DeliveryResult}
_REPLAYABLE = {word: result for word, result in _RESULTS.items() if result is not DeliveryResult.PENDING}
_REFERENCE = re.compile(r"\d{14}-[A-Z0-9]{1,16}-\d{1,10}", re.ASCII)
_PLACE = re.compile(r"(\d{1,18})-([0-9a-f]{32})", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
# What nothing has: of a call or a webhook that there is not, there are no deliveries.
_NOBODY = -1
_decoder = msgspec.json.Decoder(ReplayBody)


def delivery_endpoints() -> Endpoints:
    """What is served of deliveries."""
    path = DeliveryPath
    return {
        RESOURCE: {"GET": Endpoint(serve=_answer_page, scope=SCOPE, query=DeliveryQuery, answer=DeliveryPage)},
        f"{RESOURCE}/{{id}}": {"GET": Endpoint(serve=_answer_one, scope=SCOPE, path=path, answer=DeliveryDetail)},
        f"{RESOURCE}/{{id}}/resend": {
            "POST": Endpoint(
                serve=_answer_resending, scope=SCOPE, path=path, answer=DeliveryAnswer, raises=(InvalidInput,)
            ),
        },
        REPLAYS: {"POST": Endpoint(serve=_answer_replay, scope=SCOPE, body=ReplayBody, answer=ReplayAnswer)},
    }


async def _answer_page(core: Core, identity: Identity, request: Request) -> Response:
    """A page of deliveries, newest first, as long as they are kept: 30 days."""
    query = read_query(request, DeliveryQuery)
    wanted = await _filter(
        core,
        identity,
        webhook_id=checked(query.webhook_id, "webhook_id"),
        call_id=checked(query.call_id, "call_id"),
        kinds=frozenset({one_of(_KINDS, query.event, "event")} if query.event else ()),
        results=frozenset({one_of(_RESULTS, query.result, "result")} if query.result else ()),
        since=query.since,
        until=query.until,
    )
    limit = whole_number_of(query.limit, "limit", default=50, least=1, most=MOST_ON_A_PAGE)
    log = core.store.for_tenant(identity.tenant.id).delivery_log
    found = await log.find(wanted, limit=limit + 1, after=_read_place(query.after))
    page, is_more = found[:limit], len(found) > limit
    return json_answer(
        {"data": [delivery_fields(one) for one in page], "next": _shown_place(page[-1].place) if is_more else None}
    )


async def _answer_one(core: Core, identity: Identity, request: Request) -> Response:
    """One delivery: what was sent, and what each attempt got."""
    entry = await _delivery_in_path(core, identity, request)
    attempts = await core.store.for_tenant(identity.tenant.id).deliveries.attempts(entry.delivery.id)
    return json_answer(detail_fields(entry, attempts))


async def _answer_resending(core: Core, identity: Identity, request: Request) -> Response:
    """Send one again at once, whatever became of it. It keeps its id; its webhook must be on."""
    entry = await _delivery_in_path(core, identity, request)
    await resend_delivery(core, identity.tenant, entry.delivery.id)
    return json_answer(delivery_fields(await _delivery_in_path(core, identity, request)))


async def _answer_replay(core: Core, identity: Identity, request: Request) -> Response:
    """Send many again, oldest first: all that never arrived, unless others are asked for.

    They keep their ids. Those of webhooks that are switched off are left out. Asking twice sends nothing twice.
    """
    body = await read_json(request, _decoder)
    wanted = await _filter(
        core,
        identity,
        webhook_id=text(body.webhook_id, "webhook_id"),
        call_id=text(body.call_id, "call_id"),
        kinds=frozenset(one_of(_KINDS, word, "events") for word in texts(body.events, "events")),
        results=frozenset(one_of(_REPLAYABLE, word, "results") for word in texts(body.results, "results")),
        since=text(body.since, "since"),
        until=text(body.until, "until"),
    )
    return json_answer(ReplayAnswer(deliveries=await replay_deliveries(core, identity.tenant, wanted)))


async def _filter(
    core: Core,
    identity: Identity,
    *,
    webhook_id: str,
    call_id: str,
    kinds: Iterable[EventKind],
    results: Iterable[DeliveryResult],
    since: str,
    until: str,
) -> DeliveryFilter:
    """What is asked for. Raises InvalidInput."""
    zone = identity.tenant.zone
    return DeliveryFilter(
        subscription_id=await _subscription_id(core, identity, webhook_id.strip()),
        call_id=await _call_id(core, identity, call_id.strip()),
        kinds=frozenset(kinds),
        results=frozenset(results),
        since=read_time(since, "since", zone),
        until=read_time(until, "until", zone),
    )


async def _subscription_id(core: Core, identity: Identity, wanted: str) -> int | None:
    if not wanted:
        return None
    uuid = read_uuid(wanted)
    if uuid is None:
        raise InvalidInput("webhook_id", "must be a webhook's id")
    found = await core.store.for_tenant(identity.tenant.id).subscriptions.by_uuid(uuid)
    return found.id if found else _NOBODY


async def _call_id(core: Core, identity: Identity, wanted: str) -> UUID | None:
    if not wanted or (uuid := read_uuid(wanted)) is not None:
        return uuid if wanted else None
    if not _REFERENCE.fullmatch(wanted):
        raise InvalidInput("call_id", "must be a call's id or reference")
    rows = core.store.for_tenant(identity.tenant.id)
    found = await rows.cdrs.by_reference(wanted) or await rows.calls.by_reference(wanted)
    return found.id if found else UUID(int=0)


def _read_place(text: str) -> DeliveryPlace | None:
    """A page's ``next``. Raises InvalidInput."""
    if not text:
        return None
    found = _PLACE.fullmatch(text)
    try:
        if found is not None:
            at = _EPOCH + timedelta(microseconds=int(found[1]))
            return DeliveryPlace(created_at=at, id=UUID(hex=found[2]))
    except OverflowError:
        pass
    raise InvalidInput("after", "is not the 'next' of a page")


def _shown_place(place: DeliveryPlace) -> str:
    return f"{(place.created_at - _EPOCH) // _MICROSECOND}-{place.id.hex}"


async def _delivery_in_path(core: Core, identity: Identity, request: Request) -> DeliveryEntry:
    """The one whose id the path has. Raises NotFound."""
    wanted: str = request.path_params["id"]
    uuid, found = read_uuid(wanted), None
    if uuid is not None:
        found = await core.store.for_tenant(identity.tenant.id).delivery_log.get(uuid)
    if found is None:
        raise NotFound("delivery", wanted)
    return found
