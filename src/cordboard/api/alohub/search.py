"""``searchCallV2`` and ``searchCallV1`` ("Calls, Lookup & Recording" section 3, WIRE 1.5)."""

from collections.abc import Callable

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from cordboard.actions.core import Core
from cordboard.api.alohub.answers import json_answer
from cordboard.api.alohub.live import Wanted, find_calls
from cordboard.api.alohub.schemas import CallRow, SearchAnswer, SearchBody
from cordboard.api.common.errors import Reason
from cordboard.api.common.fields import text, texts, whole_number
from cordboard.api.common.json_body import read_json
from cordboard.api.common.number_filter import NumberFilter, read_number_filter
from cordboard.api.common.times import after, read_time
from cordboard.domain.call_facts import CallFacts, Direction
from cordboard.domain.cause import Outcome
from cordboard.domain.cdr import CdrFilter
from cordboard.domain.errors import InvalidInput
from cordboard.domain.tenant import Identity, Tenant

ROWS = 50
MOST_ROWS = 1000
# Far beyond any tenant's last page, and offset stays within a bigint.
MOST_PAGES = 1_000_000_000

RENDER = Callable[[Tenant, CallFacts], CallRow]

_decoder = msgspec.json.Decoder(SearchBody)

_OUTBOUND = frozenset({Direction.OUTBOUND, Direction.INTERNAL})
_INBOUND = frozenset({Direction.INBOUND})
_CALL_TYPES = {"": None, "0": _INBOUND, "1": _OUTBOUND}
_DIRECTIONS = {"": None, "INBOUND": _INBOUND, "OUTBOUND": _OUTBOUND}


async def answer_search(core: Core, identity: Identity, request: Request, *, row: RENDER) -> Response:
    """A page of the tenant's calls, live ones too, newest first. The query's ``userName`` and ``source`` mean nothing."""
    tenant = identity.tenant
    body = await read_json(request, _decoder)
    wanted = read_wanted_calls(body, tenant)
    calls, total = await find_calls(core.store.for_tenant(tenant.id), wanted)
    return json_answer(SearchAnswer(total_record=total, data=[row(tenant, facts) for facts in calls]))


def read_wanted_calls(body: SearchBody, tenant: Tenant) -> Wanted:
    """What a search asks for. Raises InvalidInput, naming the field."""
    limit = whole_number(body.limit, "limit", default=ROWS, least=1, most=MOST_ROWS)
    page = whole_number(body.page, "page", default=1, least=1, most=MOST_PAGES)
    directions, outcomes, lives = _directions(body), *_statuses(body)
    number = _number(body, tenant)
    criteria = CdrFilter(
        started_from=read_time(text(body.starttime, "starttime"), "starttime", tenant.zone),
        # A client's last second is 23:59:59: all of it belongs to the range.
        started_before=after(read_time(text(body.endtime, "endtime"), "endtime", tenant.zone), 1),
        reference=text(body.call_id, "call_id").strip(),
        number=number.exact,
        number_part=number.part,
        directions=directions,
        outcomes=outcomes,
        agent_user_names=texts(body.agent, "agent"),
        extension=text(body.ip_phone, "ipPhone").strip(),
        request_id=text(body.transaction_id, "transactionId"),
        offset=(page - 1) * limit,
        limit=limit,
    )
    return Wanted(criteria=criteria)
