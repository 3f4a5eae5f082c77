"""The agents whom a call rings, with their phones. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from cordboard.domain.call_state import Member
from cordboard.domain.commands import Target, TargetKind
from cordboard.store import Line


def members_of(lines: Iterable[Line]) -> tuple[Member, ...]:
    """Each agent once, in the order of ``lines``, with the phones of all of the agent's extensions among them."""
    members: dict[int, Member] = {}
    for line in lines:
        agent, phones = line.agent, _phones_of(line)
        known = members.get(agent.id)
        if known is not None:
            members[agent.id] = replace(known, phones=known.phones + phones)
            continue
        members[agent.id] = Member(
            agent_id=agent.id,
            user_name=agent.user_name,
            name=agent.full_name,
            extension=agent.extension,
            phones=phones,
            is_busy=not line.has_room,
        )
    return tuple(members.values())


def members_besides(lines: Sequence[Line], caller: Line) -> tuple[Member, ...]:
    """All but the caller, whose phone is no use to ring; nobody else: the caller, who is busy with this very call."""
    others = [line for line in lines if line.agent.id != caller.agent.id]
    return members_of(others) if others else tuple(replace(member, is_busy=True) for member in members_of(lines))


def _phones_of(line: Line) -> tuple[Target, ...]:
    """One phone is dialled by its account, at whatever address it has by then; of several, each by its own."""
    if not line.agent.is_enabled:
        return ()
    contacts = line.contacts if len(line.contacts) != 1 else ("",)
    account = line.agent.sip_username
    return tuple(Target(kind=TargetKind.PHONE, address=account, contact=contact) for contact in contacts)
