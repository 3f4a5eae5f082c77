"""What a call means to each of its agents: offered or started, then perhaps answered, then left.

Read off the call as it stands after every event, so that it holds for all flows and transfers alike, whatever comes
late or twice: who attends the call is kept with it, and only a difference is told.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from cordboard.domain.call_events import (
    AgentAnswered,
    AgentEvent,
    AgentLeft,
    AgentOffered,
    AgentStarted,
    CallConnected,
    CallDialled,
)
from cordboard.domain.call_state import Attendance, Call, CallPhase, FlowName, Leg, Step

_MILLISECOND = timedelta(milliseconds=1)

_News = tuple[type[AgentEvent], int]


def attend(before: Call, step: Step, at: datetime) -> Step:
    """``step`` with what it means to agents. ``before`` is the call that it began with."""
    attending = {attendance.agent_id: attendance for attendance in step.call.attendances}
    news = [*_begun(before, step, attending), *_rung(step.call, attending), *_answered(step, attending)]
    news += _left(step.call, attending)
    if not news:
        return step
    events = []
    last = step.call.announced_at
    for kind, agent_id in news:
        last = _later(last, at)
        events.append(kind(agent_id=agent_id, at=last))
    call = replace(step.call, attendances=tuple(attending.values()), announced_at=last)
    return replace(step, call=call, events=(*step.events, *events))


def _begun(before: Call, step: Step, attending: dict[int, Attendance]) -> Iterator[_News]:
    """Whose call it is, from the first leg on. Of a group's click-to-call nobody's: see ``_rung``."""
    owner = before.agent_id
    is_dialled = any(isinstance(event, CallDialled) for event in step.events)
    if is_dialled and owner is not None and step.call.flow is not FlowName.INBOUND:
        attending[owner] = Attendance(agent_id=owner, is_owner=True)
        yield AgentStarted, owner


def _rung(call: Call, attending: dict[int, Attendance]) -> Iterator[_News]:
    """Whose phones ring. One who is called by a colleague hears of it only by answering."""
    if call.phase not in (CallPhase.DIALLING, CallPhase.CONNECTED):
        return
    is_connected = call.phase is CallPhase.CONNECTED
    for leg in call.legs:
        if leg.agent_id is None or leg.agent_id in attending or leg.is_incoming or not _is_ringing(leg):
            continue
        if not is_connected and call.flow is FlowName.INTERNAL:
            continue
        attending[leg.agent_id] = Attendance(agent_id=leg.agent_id)
        is_own = not is_connected and call.flow is FlowName.CLICK_TO_CALL
        yield (AgentStarted if is_own else AgentOffered), leg.agent_id


def _answered(step: Step, attending: dict[int, Attendance]) -> Iterator[_News]:
    """Who talks. Whoever comes along with an attended transfer was not rung in this call."""
    call = step.call
    if call.phase is not CallPhase.CONNECTED:
        return
    is_internal = call.flow is FlowName.INTERNAL
    for leg in call.legs:
        if leg.agent_id is None or not leg.is_answered or leg.is_dropped:
            continue
        attendance = attending.get(leg.agent_id)
        if attendance is None:
            attendance = Attendance(agent_id=leg.agent_id)
            if not (is_internal and any(isinstance(event, CallConnected) for event in step.events)):
                yield AgentOffered, leg.agent_id
        if attendance.is_answered or (is_internal and attendance.is_owner):
            continue
        attending[leg.agent_id] = replace(attendance, is_answered=True)
        yield AgentAnswered, leg.agent_id


def _left(call: Call, attending: dict[int, Attendance]) -> Iterator[_News]:
    """Whose phones are gone. The owner of a call keeps it to its end, unless somebody else was put in the place."""
    present = {leg.agent_id for leg in call.live_legs if not leg.is_dropped}
    for agent_id, attendance in tuple(attending.items()):
        stays = agent_id in present or (attendance.is_owner and call.phase is not CallPhase.CONNECTED)
        if call.is_over or not stays:
            del attending[agent_id]
            yield AgentLeft, agent_id


def _is_ringing(leg: Leg) -> bool:
    return leg.is_alerting and not leg.is_dropped


def _later(last: datetime | None, at: datetime) -> datetime:
    """``at`` in whole milliseconds, but later than the last."""
    at = at.replace(microsecond=at.microsecond // 1000 * 1000)
    return at if last is None or at > last else last + _MILLISECOND
