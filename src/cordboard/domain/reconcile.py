"""The other half of commit-first: compare what we think an engine has with what it really has, and mend the difference.

A command may be lost between the commit and the engine, and events may be lost while the connection is down. Both
show here. Pure, and harmless when nothing is wrong.
"""

from collections.abc import Container, Iterable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from cordboard.domain import ids
from cordboard.domain.call import advance
from cordboard.domain.call_state import Call, CallPhase, Leg, LegPhase, RecordingPhase, Step
from cordboard.domain.cause import Cause
from cordboard.domain.commands import Answer, Command, CreateBridge, DestroyBridge, HangUp, JoinBridge
from cordboard.domain.leg_events import CallInput, LegAnswered, LegEnded, LegRinging, TimerFired
from cordboard.domain.moves import RELEASE_TIMER, bridged, dial_command, start_recording
from cordboard.domain.snapshot import EngineSnapshot

# A leg dialled this shortly before the snapshot may not have been in the engine yet when it was taken.
SETTLING = timedelta(seconds=2)
# A leg of which no sign ever came is dialled again within this time of its first dialling; later it counts as gone.
REDIAL_WITHIN = timedelta(seconds=10)
# A snapshot does not show recordings. Starting one that runs is harmless, but not worth a request every 5 s for ever.
REPEAT_RECORDING_WITHIN = timedelta(seconds=30)


def reconcile(call: Call, snapshot: EngineSnapshot) -> Step:
    """What it takes to make ``call`` and the engine agree again: missed events first, then lost commands."""
    if call.phase in (CallPhase.QUEUED, CallPhase.ENDED):
        return Step(call)
    step = Step(call)
    for leg in call.live_legs:
        for event in _missed_events(leg, snapshot):
            step = _follow(step, event)
    for timer in step.call.timers:
        if timer.due_at <= snapshot.taken_at:
            step = _follow(step, TimerFired(name=timer.name, at=snapshot.taken_at))
    hung_up = {command.leg_id for command in step.commands if isinstance(command, HangUp)}
    repeated = tuple(
        command
        for command in _lost_commands(step.call, snapshot)
        if command not in step.commands and not (isinstance(command, HangUp) and command.leg_id in hung_up)
    )
    return replace(step, commands=(*step.commands, *repeated))


def orphans(snapshot: EngineSnapshot, known: Iterable[UUID], known_legs: Container[str]) -> tuple[Command, ...]:
    """Commands that take down legs and bridges of no call that we know, unless they are too young to judge.

    ``known_legs``: a leg that came in, or that was taken from another call, does not have its call's id.
    """
    calls = set(known)
    old = snapshot.taken_at - SETTLING
    legs = (
        leg
        for leg in snapshot.legs.values()
        if leg.leg_id not in known_legs and ids.call_id_of(leg.leg_id) not in calls and leg.created_at < old
    )
    bridges = (bridge for bridge in snapshot.bridges if ids.call_id_of(bridge) not in calls)
    return (*(HangUp(leg_id=leg.leg_id) for leg in legs), *(DestroyBridge(bridge_id=bridge) for bridge in bridges))


def _follow(step: Step, event: CallInput) -> Step:
    after = advance(step.call, event)
    return Step(after.call, (*step.commands, *after.commands), (*step.events, *after.events))


def _missed_events(leg: Leg, snapshot: EngineSnapshot) -> Iterable[CallInput]:
    seen = snapshot.legs.get(leg.id)
    at = snapshot.taken_at
    if seen is None:
        if leg.dialled_at <= at - SETTLING and not _is_redialled(leg, snapshot):
            yield LegEnded(leg_id=leg.id, at=at, cause=Cause())
    elif seen.is_answered and not leg.is_answered and not leg.is_incoming:
        yield LegAnswered(leg_id=leg.id, at=at)
    elif seen.is_ringing and leg.phase is LegPhase.DIALLING:
        yield LegRinging(leg_id=leg.id, at=at)


def _is_redialled(leg: Leg, snapshot: EngineSnapshot) -> bool:
    is_silent = leg.phase is LegPhase.DIALLING and not leg.has_progressed and not leg.is_incoming and not leg.is_dropped
    return is_silent and snapshot.taken_at - leg.dialled_at < REDIAL_WITHIN


def _lost_commands(call: Call, snapshot: EngineSnapshot) -> Iterable[Command]:
    if call.phase is CallPhase.RELEASING:
        if all(timer.name != RELEASE_TIMER for timer in call.timers):
            yield from (HangUp(leg_id=leg.id) for leg in call.live_legs)
        return
    if call.phase not in (CallPhase.DIALLING, CallPhase.CONNECTED):
        return
    yield from _lost_bridge(call, snapshot)
    for leg in call.live_legs:
        seen = snapshot.legs.get(leg.id)
        if seen is None and _is_redialled(leg, snapshot):
            yield dial_command(call, leg)
        elif seen is not None and leg.is_dropped:
            yield HangUp(leg_id=leg.id)
        elif seen is not None and leg.is_incoming and leg.is_answered and not seen.is_answered:
            yield Answer(leg_id=leg.id)
    if call.recorded_leg_id and call.recording is RecordingPhase.RUNNING and _is_fresh(call, snapshot):
        yield start_recording(call)


def _is_fresh(call: Call, snapshot: EngineSnapshot) -> bool:
    return call.connected_at is not None and snapshot.taken_at - call.connected_at < REPEAT_RECORDING_WITHIN


def _lost_bridge(call: Call, snapshot: EngineSnapshot) -> Iterable[Command]:
    if not call.has_bridge:
        return
    bridge_id = ids.bridge_id(call.id)
    members = snapshot.bridges.get(bridge_id)
    if members is None:
        yield CreateBridge(bridge_id=bridge_id)
    for leg in bridged(call):
        if leg.id in snapshot.legs and leg.id not in (members or ()):
            yield JoinBridge(bridge_id=bridge_id, leg_id=leg.id)
