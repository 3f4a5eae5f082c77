"""``/v1/queues/inbound`` ("Managing Inbound Call Queue", WIRE 1.8)."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from cordboard.actions.change_queue import QueueChanges, change_queue
from cordboard.actions.core import Core
from cordboard.api.alohub.queue_schemas import UPDATED, QueueBody, QueueRow, QueuesAnswer
from cordboard.api.alohub.schemas import Envelope
from cordboard.api.common.endpoint import json_answer
from cordboard.api.common.errors import Reason
from cordboard.api.common.fields import one_of, text, whole_number, whole_number_of
from cordboard.api.common.json_body import read_json
from cordboard.domain.errors import InvalidInput, NotFound
from cordboard.domain.ids import read_id
from cordboard.domain.number import national_form
from cordboard.domain.queue import MOST_WAIT_SECONDS, Queue, Selection, Strategy
from cordboard.domain.tenant import Identity, Tenant

SIZE = 20
MOST_ROWS = 1000
# Far beyond any tenant's last page, and offset stays within a bigint.
MOST_PAGES = 1_000_000_000

_STRATEGIES = {
    Strategy.NORMAL: 1,
    Strategy.VIP: 2,
    Strategy.BLACKLIST: 3,
    Strategy.DIVERT: 4,
    Strategy.LOCKED: 99,
}
_STRATEGIES_BY_NUMBER = {"": None} | {str(number): strategy for strategy, number in _STRATEGIES.items()}
_SELECTORS = {
    Selection.ALL: "ringall",
    Selection.IN_TURN: "roundrobin",
    Selection.LONGEST_IDLE: "longestidle",
    Selection.FEWEST_CALLS: "leastcalls",
    Selection.RANDOM: "random",
}
_FLAGS = {"": None, "0": False, "1": True}
_NOT_GIVEN = -1

_decoder = msgspec.json.Decoder(QueueBody)


async def answer_queues(core: Core, identity: Identity, request: Request) -> Response:
    """A page of the tenant's inbound queues, oldest first. ``page`` counts from 0."""
    query = request.query_params
    page = whole_number_of(query.get("page", ""), "page", default=0, least=0, most=MOST_PAGES)
    size = whole_number_of(query.get("size", ""), "size", default=SIZE, least=1, most=MOST_ROWS)
    queues = await core.store.for_tenant(identity.tenant.id).queues.list(offset=page * size, limit=size)
    rows = [queue_row(identity.tenant, queue) for queue in queues.rows]
    return json_answer(QueuesAnswer(total_record=queues.total, data=rows))


async def answer_queue(core: Core, identity: Identity, request: Request) -> Response:
    """One inbound queue, bare, without an envelope."""
    queue_id = _queue_id(request)
    queue = await core.store.for_tenant(identity.tenant.id).queues.get(queue_id)
    if queue is None:
        raise NotFound("queue", str(queue_id))
    return json_answer(queue_row(identity.tenant, queue))


async def answer_queue_change(core: Core, identity: Identity, request: Request) -> Response:
    """Change an inbound queue. What is not given stays."""
    queue_id = _queue_id(request)
    changes = read_changes(await read_json(request, _decoder))
    try:
        await change_queue(core, identity.tenant, queue_id, changes)
    except NotFound as missing:
        if missing.kind == "music":
            raise InvalidInput("moh_file_id", Reason.UNKNOWN) from missing
        raise
    return json_answer(Envelope(error_message=UPDATED))


def queue_row(tenant: Tenant, queue: Queue) -> QueueRow:
    """A queue as it looks on this wire."""
    announces = queue.does_announce_position
    return QueueRow(
        callin_id=queue.id,
        callin_name=queue.name,
        strategy=_STRATEGIES[queue.strategy],
        music_in_queue=queue.music,
        time_wait=None if queue.max_wait_seconds is None else str(queue.max_wait_seconds),
        agent_selector=None if queue.selection is None else _SELECTORS[queue.selection],
        announces_position=None if announces is None else str(int(announces)),
        callin_number=None if queue.number is None else national_form(queue.number, tenant.country),
    )


def read_changes(body: QueueBody) -> QueueChanges:
    """What a body asks for. Raises InvalidInput, naming the field."""
    wait = whole_number(body.max_wait_sec, "max_wait_sec", default=_NOT_GIVEN, least=0, most=MOST_WAIT_SECONDS)
    changes = QueueChanges(
        strategy=one_of(_STRATEGIES_BY_NUMBER, text(body.strategy, "strategy").strip(), "strategy"),
        music=text(body.moh_file_id, "moh_file_id").strip() or None,
        max_wait_seconds=None if wait == _NOT_GIVEN else wait,
        does_announce_position=one_of(
            _FLAGS, text(body.announce_position, "announce_position").strip(), "announce_position"
        ),
    )
    if changes == QueueChanges():
        raise InvalidInput(", ".join(QueueBody.__struct_fields__), Reason.NOTHING_GIVEN)
    return changes


def _queue_id(request: Request) -> int:
    given = request.path_params["id"]
    queue_id = read_id(given)
    if queue_id is None:
        raise NotFound("queue", given)
    return queue_id
