"""``searchCallV2`` and ``searchCallV1`` ("Calls, Lookup & Recording" section 3)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from cordboard.actions.core import Core
from cordboard.api.alohub.live import Wanted, find_calls
from cordboard.api.alohub.schemas import CallRow, SearchAnswer, SearchBody
from cordboard.api.common.endpoint import json_answer
from cordboard.api.common.fields import one_of, text, texts, whole_number
from cordboard.api.common.json_body import read_json
from cordboard.api.common.number_filter import read_number_filter
from cordboard.api.common.times import after, read_time
from cordboard.domain.call_facts import CallFacts, Direction
from cordboard.domain.cause import Outcome
from cordboard.domain.cdr import CdrFilter
from cordboard.domain.tenant import Identity, Tenant

ROWS = 50
MOST_ROWS = 1000
# Far beyond any tenant's last page, and offset stays within a bigint.
MOST_PAGES = 1_000_000_000

RenderRows = Callable[[Tenant, Iterable[CallFacts]], list[CallRow]]

_decoder = msgspec.json.Decoder(SearchBody)

_OUTBOUND = frozenset({Direction.OUTBOUND, Direction.INTERNAL})
_INBOUND = frozenset({Direction.INBOUND})
CALL_TYPES = {"": None, "0": _INBOUND, "1": _OUTBOUND}
_DIRECTIONS = {"": None, "INBOUND": _INBOUND, "OUTBOUND": _OUTBOUND}


@dataclass(frozen=True, slots=True)
class _Status:
    """What a ``call_status`` asks for."""

    outcomes: tuple[Outcome, ...] = ()
    has_ended: bool = True
    has_ringing: bool = False
    has_connected: bool = False


_STATUSES = {
    "": _Status(has_ringing=True, has_connected=True),
    "ringing": _Status(has_ended=False, has_ringing=True),
    "answered": _Status((Outcome.ANSWERED,), has_connected=True),
    "hangup": _Status(),
    **{one.value: _Status((one,)) for one in Outcome if one is not Outcome.ANSWERED},
}


async def answer_search(core: Core, identity: Identity, request: Request, *, render: RenderRows) -> Response:
    """A page of the tenant's calls, newest first, live ones too."""
    tenant = identity.tenant
    body = await read_json(request, _decoder)
    wanted = read_wanted_calls(body, tenant)
    async with core.store.for_tenant(tenant.id).held() as rows:
        calls, total = await find_calls(rows, wanted)
    return json_answer(SearchAnswer(total_record=total, data=render(tenant, calls)))


def read_wanted_calls(body: SearchBody, tenant: Tenant) -> Wanted:
    """What a search asks for. Raises InvalidInput, naming the field."""
    limit = whole_number(body.limit, "limit", default=ROWS, least=1, most=MOST_ROWS)
    page = whole_number(body.page, "page", default=1, least=1, most=MOST_PAGES)
    directions = _directions(body)
    status = one_of(_STATUSES, text(body.call_status, "call_status").strip().lower(), "call_status")
    number = read_number_filter(text(body.customer_number, "customer_number"), tenant.country)
    criteria = CdrFilter(
        started_from=read_time(text(body.starttime, "starttime"), "starttime", tenant.zone),
        # A client's last second is 23:59:59: all of it belongs to the range.
        started_before=after(read_time(text(body.endtime, "endtime"), "endtime", tenant.zone), 1),
        reference=text(body.call_id, "call_id").strip(),
        number=number.exact,
        number_part=number.part,
        number_beginning=number.beginning,
        directions=tuple(directions or ()),
        outcomes=status.outcomes,
        agent_user_names=texts(body.agent, "agent"),
        extension=text(body.ip_phone, "ipPhone").strip(),
        request_id=text(body.transaction_id, "transactionId"),
        offset=(page - 1) * limit,
        limit=limit,
    )
    is_possible = directions is None or bool(directions)
    return Wanted(
        criteria=criteria,
        has_ended=status.has_ended and is_possible,
        has_ringing=status.has_ringing and is_possible,
        has_connected=status.has_connected and is_possible,
    )


def _directions(body: SearchBody) -> frozenset[Direction] | None:
    """Both ``callType`` and ``direction`` count; None = any."""
    by_type = one_of(CALL_TYPES, text(body.call_type, "callType").strip(), "callType")
    by_name = one_of(_DIRECTIONS, text(body.direction, "direction").strip().upper(), "direction")
    if by_type is None or by_name is None:
        return by_type or by_name
    return by_type & by_name
