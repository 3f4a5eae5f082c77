"""The moves that flows are made of. Each takes a Step and returns the next one, so that a flow reads as a list."""

from dataclasses import replace
from datetime import datetime, timedelta

from cordboard.domain import ids
from cordboard.domain.call_events import CallConnected, CallEnded, CallEvent
from cordboard.domain.call_state import (
    Call,
    CallPhase,
    Ending,
    Leg,
    Party,
    RecordingPhase,
    Step,
    Timer,
)
from cordboard.domain.commands import (
    CallerId,
    Command,
    CreateBridge,
    DestroyBridge,
    Dial,
    HangUp,
    HangUpReason,
    JoinBridge,
    PlayTone,
    StartRecording,
    StopTone,
    Target,
    TargetKind,
    Tone,
)

# The engine's own ring limit lies above the call's timer: it only matters when nobody is there to fire the timer.
BACKSTOP_SECONDS = 10


def then(step: Step, call: Call, *commands: Command, events: tuple[CallEvent, ...] = ()) -> Step:
    """The step that follows ``step``: a new call, more commands, more events."""
    return Step(call, (*step.commands, *commands), (*step.events, *events))


def change_leg(call: Call, leg: Leg) -> Call:
    """The call with ``leg`` in the place of the leg of the same id."""
    return replace(call, legs=tuple(leg if old.id == leg.id else old for old in call.legs))


def set_timer(call: Call, name: str, due_at: datetime) -> Call:
    """The call with timer ``name`` due at ``due_at``; a timer of that name is replaced."""
    others = tuple(timer for timer in call.timers if timer.name != name)
    return replace(call, timers=(*others, Timer(name=name, due_at=due_at)))


def clear_timer(call: Call, name: str) -> Call:
    """The call without timer ``name``."""
    return replace(call, timers=tuple(timer for timer in call.timers if timer.name != name))


def ring_timer(leg_id: str) -> str:
    """The name of the timer that limits how long a leg rings."""
    return f"ring:{leg_id}"


RELEASE_TIMER = "release"


def dial(step: Step, *, party: Party, target: Target, caller: CallerId, ring_seconds: int, at: datetime) -> Step:
    """Dial a new leg, into the bridge when there is one, and start its ring timer."""
    call = step.call
    leg = Leg(
        id=ids.leg_id(call.id, len(call.legs) + 1),
        party=party,
        target=target,
        caller=caller,
        ring_seconds=ring_seconds,
        dialled_at=at,
    )
    call = replace(call, legs=(*call.legs, leg))
    call = set_timer(call, ring_timer(leg.id), at + timedelta(seconds=ring_seconds))
    return then(step, call, dial_command(call, leg))


def dial_command(call: Call, leg: Leg) -> Dial:
    """The command that dials ``leg``; the same one each time, so that a lost one can be repeated."""
    return Dial(
        leg_id=leg.id,
        target=leg.target,
        caller=leg.caller,
        ring_seconds=leg.ring_seconds + BACKSTOP_SECONDS,
        bridge_id=ids.bridge_id(call.id) if call.has_bridge else None,
        is_auto_answered=leg.party is Party.AGENT and call.is_auto_answered,
    )


def recorded_leg(call: Call) -> Leg | None:
    """The leg that the recording is attached to: the trunk's, so that a transfer of the agent keeps the file."""
    return next((leg for leg in call.live_legs if leg.target.kind is TargetKind.TRUNK), None)


def bridge(step: Step, leg: Leg) -> Step:
    """Make the call's bridge and put an answered leg in it."""
    bridge_id = ids.bridge_id(step.call.id)
    call = replace(step.call, has_bridge=True)
    return then(step, call, CreateBridge(bridge_id=bridge_id), JoinBridge(bridge_id=bridge_id, leg_id=leg.id))


def play(step: Step, leg: Leg, tone: Tone) -> Step:
    """Play ``tone`` to an answered leg, unless it hears it already."""
    if (leg.id, tone) in step.call.tones or not leg.is_answered:
        return step
    call = replace(step.call, tones=(*step.call.tones, (leg.id, tone)))
    return then(step, call, PlayTone(leg_id=leg.id, tone=tone))


def stop_tones(step: Step) -> Step:
    """End every tone of the call."""
    commands = tuple(StopTone(leg_id=leg_id, tone=tone) for leg_id, tone in step.call.tones)
    return then(step, replace(step.call, tones=()), *commands)


def connect(step: Step, *, recorded: Leg, at: datetime) -> Step:
    """Both parties hear each other from now on: start the recording and say so."""
    call = replace(step.call, phase=CallPhase.CONNECTED, connected_at=at)
    if not call.is_recorded:
        return then(step, call, events=(CallConnected(at=at),))
    call = replace(call, recording=RecordingPhase.RUNNING)
    record = StartRecording(leg_id=recorded.id, name=call.recording_name)
    return then(step, call, record, events=(CallConnected(at=at),))


def settle(step: Step, ending: Ending) -> Step:
    """Fix why the call ends, once; what comes later cannot change it."""
    if step.call.ending is not None:
        return step
    return then(step, replace(step.call, ending=ending, phase=CallPhase.RELEASING))


def hang_up(step: Step, leg: Leg, reason: HangUpReason = HangUpReason.NORMAL) -> Step:
    """Hang up one leg."""
    return then(step, step.call, HangUp(leg_id=leg.id, reason=reason))


def release(step: Step) -> Step:
    """Hang up every leg that is left."""
    for leg in step.call.live_legs:
        step = hang_up(step, leg)
    return then(step, replace(step.call, timers=(), tones=()))


def finish(step: Step, *, at: datetime) -> Step:
    """The last leg is gone: take the bridge down and close the call."""
    # A clock that stepped back must not make a call end before it began.
    at = max(moment for moment in (at, step.call.requested_at, step.call.connected_at) if moment is not None)
    call = replace(step.call, phase=CallPhase.ENDED, ended_at=at, timers=(), tones=())
    commands = (DestroyBridge(bridge_id=ids.bridge_id(call.id)),) if call.has_bridge else ()
    return then(step, call, *commands, events=(CallEnded(at=at),))
