"""``/v1/agents``: the tenant's agents, in the shape of the list of queues (WIRE 1.8)."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from cordboard.actions.core import Core
from cordboard.api.alohub.schemas import Envelope
from cordboard.api.common.endpoint import json_answer
from cordboard.api.common.errors import Reason
from cordboard.api.common.fields import one_of, whole_number_of
from cordboard.domain.errors import InvalidInput
from cordboard.domain.ids import read_id
from cordboard.domain.roster import RosterEntry, RosterFilter
from cordboard.domain.tenant import Identity

SIZE = 20
MOST_ROWS = 1000
# Far beyond any tenant's last page, and offset stays within a bigint.
MOST_PAGES = 1_000_000_000
# No group has it.
_NOBODYS_ID = 0

_STATUSES = {"": None, "1": True, "0": False}


class AgentRow(msgspec.Struct, kw_only=True, rename="camel"):
    """An agent. ``status`` is 1 for one who is enabled, else 0; ``queues`` are the ids of inbound queues."""

    agent_id: int
    user_name: str
    full_name: str
    email: str
    status: int
    extensions: list[str]
    queues: list[int]


class AgentsAnswer(Envelope, kw_only=True):
    """A page of agents. ``total_record`` counts all that match."""

    total_record: int = msgspec.field(name="totalRecord")
    data: list[AgentRow]


async def answer_agents(core: Core, identity: Identity, request: Request) -> Response:
    """A page of the tenant's agents, oldest first. ``page`` counts from 0; a team is a group of ours."""
    found = await core.store.for_tenant(identity.tenant.id).roster.find(read_criteria(request))
    return json_answer(AgentsAnswer(total_record=found.total, data=[agent_row(entry) for entry in found.rows]))


def read_criteria(request: Request) -> RosterFilter:
    """What the query asks for. A team that there is not has nobody in it. Raises InvalidInput, naming the parameter."""
    query = {name: value.strip() for name, value in request.query_params.items()}
    page = whole_number_of(query.get("page", ""), "page", default=0, least=0, most=MOST_PAGES)
    size = whole_number_of(query.get("size", ""), "size", default=SIZE, least=1, most=MOST_ROWS)
    team, queue = query.get("team_id", ""), query.get("queue_id", "")
    queue_id = read_id(queue) if queue else None
    if queue and queue_id is None:
        raise InvalidInput("queue_id", Reason.NOT_WHOLE_NUMBER)
    return RosterFilter(
        group_id=(read_id(team) or _NOBODYS_ID) if team else None,
        queue_id=queue_id,
        is_enabled=one_of(_STATUSES, query.get("status", ""), "status"),
        offset=page * size,
        limit=size,
    )


def agent_row(entry: RosterEntry) -> AgentRow:
    """An agent as it looks on this wire."""
    agent = entry.agent
    return AgentRow(
        agent_id=agent.id,
        user_name=agent.user_name,
        full_name=agent.full_name,
        email=agent.email,
        status=int(agent.is_enabled),
        extensions=list(entry.extensions),
        queues=list(entry.queue_ids),
    )
