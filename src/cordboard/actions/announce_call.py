"""Tell the subscribers of a tenant what goes on in a live call."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from cordboard.actions.core import Core
from cordboard.actions.release_record import notify
from cordboard.domain.agent import Agent
from cordboard.domain.call_events import (
    AgentAnswered,
    AgentEvent,
    AgentLeft,
    AgentOffered,
    AgentStarted,
    CallConnected,
    CallDialled,
    CallEvent,
)
from cordboard.domain.call_facts import facts_of
from cordboard.domain.call_state import Call, Step
from cordboard.domain.webhook import EventKind, Notice
from cordboard.store import TenantRows

# A call that has ended is told by its record.
KINDS: Mapping[type[CallEvent], EventKind] = MappingProxyType(
    {
        CallDialled: EventKind.CALL_CHANGED,
        CallConnected: EventKind.CALL_CHANGED,
        AgentOffered: EventKind.CALL_OFFERED,
        AgentStarted: EventKind.CALL_STARTED,
        AgentAnswered: EventKind.CALL_ANSWERED,
        AgentLeft: EventKind.CALL_LEFT,
    }
)


def kinds_of(events: Iterable[CallEvent]) -> frozenset[EventKind]:
    """What somebody may want to hear of a step with these events."""
    return frozenset(KINDS[type(event)] for event in events if type(event) in KINDS)


async def announce_call(core: Core, rows: TenantRows, step: Step) -> None:
    """Write the deliveries of a step's events, in their order. Call it in a transaction, once for each step."""
    facts = facts_of(step.call)
    told = [event for event in step.events if type(event) in KINDS]
    concerned = {event.agent_id for event in told if isinstance(event, AgentEvent)}
    agents = await rows.agents.some(concerned) if concerned else {}
    notices = []
    for event in told:
        agent = None
        if isinstance(event, AgentEvent):
            agent = agents.get(event.agent_id) or _as_the_call_knows(step.call, event.agent_id)
        notices.append(Notice(kind=KINDS[type(event)], at=event.at, facts=facts, agent=agent))
    await notify(core, rows, await rows.tenants.get(), notices)


def _as_the_call_knows(call: Call, agent_id: int) -> Agent:
    """An agent who was removed in the middle of the call."""
    member = next((member for member in call.members if member.agent_id == agent_id), None)
    phone = next((leg.target.address for leg in call.legs if leg.agent_id == agent_id), "")
    is_own = call.agent_id == agent_id
    return Agent(
        id=agent_id,
        tenant_id=call.tenant_id,
        user_name=member.user_name if member else call.agent_user_name if is_own else "",
        extension=member.extension if member else call.agent_extension if is_own else "",
        sip_username=phone,
        first_name=member.name if member else call.agent_name if is_own else "",
    )
