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
    LegPhase,
    Party,
    RecordingPhase,
    Step,
    Timer,
)
from cordboard.domain.commands import (
    Answer,
    CallerId,
    Command,
    CreateBridge,
    DestroyBridge,
    Dial,
    HangUp,
    HangUpReason,
    JoinBridge,
    LeaveBridge,
    PauseRecording,
    PlayTone,
    ResetAudio,
    Side,
    StartRecording,
    StopRecording,
    StopTone,
    Target,
    TargetKind,
    Tone,
)
from cordboard.domain.endings import reason_for_caller

# The engine's own ring limit lies above the call's timer: it only matters when nobody is there to fire the timer.
BACKSTOP_SECONDS = 10

_SIDES = {Party.AGENT: Side.LEFT, Party.CUSTOMER: Side.RIGHT}


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
RECORD_TIMER = "record"

# A recorder that begins anew forgets whom it heard before only if it was gone for longer than a packet (20 ms).
RECORDER_GAP = timedelta(milliseconds=60)


def dial(
    step: Step,
    *,
    party: Party,
    target: Target,
    caller: CallerId,
    ring_seconds: int,
    at: datetime,
    agent_id: int | None = None,
    is_auto_answered: bool = False,
) -> Step:
    """Dial a new leg and start its ring timer."""
    call = step.call
    leg = Leg(
        id=ids.leg_id(call.id, len(call.legs) + 1),
        party=party,
        target=target,
        caller=caller,
        ring_seconds=ring_seconds,
        dialled_at=at,
        agent_id=agent_id,
        is_auto_answered=is_auto_answered,
    )
    call = replace(call, legs=(*call.legs, leg))
    call = set_timer(call, ring_timer(leg.id), at + timedelta(seconds=ring_seconds))
    return then(step, call, dial_command(call, leg))


def dial_command(call: Call, leg: Leg) -> Dial:
    """The command that dials ``leg``; the same one each time, so that a lost one can be repeated.

    A trunk's leg is dialled into the bridge, when there is one: whoever waits hears what the carrier announces.
    Phones announce nothing, and several may ring: they are joined when they answer.
    """
    is_early = call.has_bridge and leg.target.kind is TargetKind.TRUNK
    return Dial(
        leg_id=leg.id,
        target=leg.target,
        caller=leg.caller,
        ring_seconds=leg.ring_seconds + BACKSTOP_SECONDS,
        bridge_id=ids.bridge_id(call.id) if is_early else None,
        is_auto_answered=leg.is_auto_answered,
    )


def answer(step: Step, leg: Leg, at: datetime) -> Step:
    """Answer a caller. From then on it talks, as far as we are concerned: its phone's word for it is no news."""
    if not leg.is_incoming or leg.is_answered:
        return step
    answered = replace(leg, phase=LegPhase.ANSWERED, answered_at=at)
    return then(step, change_leg(step.call, answered), Answer(leg_id=leg.id))


def join(step: Step, leg: Leg) -> Step:
    """Put a leg in the call's bridge, which is made if there is none."""
    bridge_id = ids.bridge_id(step.call.id)
    if not step.call.has_bridge:
        step = then(step, replace(step.call, has_bridge=True), CreateBridge(bridge_id=bridge_id))
    return then(step, step.call, JoinBridge(bridge_id=bridge_id, leg_id=leg.id))


def leave(step: Step, leg: Leg) -> Step:
    """Take a leg out of the bridge: it hears nobody and nobody hears it."""
    return then(step, step.call, LeaveBridge(bridge_id=ids.bridge_id(step.call.id), leg_id=leg.id))


def bridged(call: Call) -> tuple[Leg, ...]:
    """The legs that belong in the call's bridge now."""
    if not call.has_bridge:
        return ()
    apart = {call.transfer.leg_id} if call.transfer else set()
    agent = call.line(Party.AGENT)
    if call.is_held and agent is not None:
        apart.add(agent.id)
    return tuple(
        leg
        for leg in call.live_legs
        if (leg.is_answered or leg.is_incoming) and not leg.is_dropped and leg.id not in apart
    )


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


def connect(step: Step, at: datetime) -> Step:
    """Both parties hear each other from now on: start the recording and say so."""
    step = then(step, replace(step.call, phase=CallPhase.CONNECTED, connected_at=at), events=(CallConnected(at=at),))
    return record(step) if step.call.is_recorded else step


def record(step: Step) -> Step:
    """Record, from one leg, the call that it has with the others; a trunk's, which no transfer is likely to end."""
    call = step.call
    legs = [leg for leg in bridged(call) if leg.is_answered]
    leg = next((leg for leg in legs if leg.target.kind is TargetKind.TRUNK), legs[0] if legs else None)
    if leg is None:
        return step
    phase = RecordingPhase.RUNNING if call.recording is RecordingPhase.NONE else call.recording
    call = replace(call, recording=phase, recorded_leg_id=leg.id, recording_parts=call.recording_parts + 1)
    paused = (PauseRecording(leg_id=leg.id),) if phase is RecordingPhase.PAUSED else ()
    return then(step, call, start_recording(call), *paused)


def start_recording(call: Call) -> StartRecording:
    """The command that starts the recording's latest part; the same one each time."""
    leg = call.leg(call.recorded_leg_id)
    return StartRecording(
        leg_id=call.recorded_leg_id,
        name=call.recording_name,
        part=call.recording_parts,
        side=_SIDES[leg.party if leg else Party.CUSTOMER],
    )


def stop_recording(step: Step, leg: Leg) -> Step:
    """Take the recording from ``leg`` no longer, if it was."""
    call = step.call
    if call.recorded_leg_id != leg.id or call.recording not in (RecordingPhase.RUNNING, RecordingPhase.PAUSED):
        return step
    return then(step, replace(call, recorded_leg_id=""), StopRecording(leg_id=leg.id))


def record_without(step: Step, leg: Leg) -> Step:
    """``leg`` is out of the bridge: if the recording was taken from it, go on with another leg's."""
    stopped = stop_recording(step, leg)
    return step if stopped is step else record(stopped)


def change_source(step: Step, staying: Leg, at: datetime) -> Step:
    """Somebody else is on the line with ``staying``: begin its audio anew, and the recording with another part."""
    step = then(step, step.call, ResetAudio(leg_id=staying.id))
    recorded = step.call.leg(step.call.recorded_leg_id)
    stopped = stop_recording(step, recorded) if recorded is not None else step
    if stopped is step:
        return step
    return then(stopped, set_timer(stopped.call, RECORD_TIMER, at + RECORDER_GAP))


def settle(step: Step, ending: Ending) -> Step:
    """Fix why the call ends, once; what comes later cannot change it."""
    if step.call.ending is not None:
        return step
    return then(step, replace(step.call, ending=ending, phase=CallPhase.RELEASING))


def drop(step: Step, leg: Leg, reason: HangUpReason = HangUpReason.NORMAL) -> Step:
    """Hang up one leg; the call goes on without it."""
    if leg.is_dropped:
        return step
    call = clear_timer(change_leg(step.call, replace(leg, is_dropped=True)), ring_timer(leg.id))
    call = replace(call, tones=tuple(pair for pair in call.tones if pair[0] != leg.id))
    return then(step, call, HangUp(leg_id=leg.id, reason=reason))


def release(step: Step) -> Step:
    """Hang up every leg that is left."""
    call = step.call
    for leg in call.live_legs:
        if leg.is_dropped:
            continue
        reason = HangUpReason.NORMAL
        if leg.is_incoming and not leg.is_answered and call.ending is not None:
            reason = reason_for_caller(call.ending)
        step = then(step, step.call, HangUp(leg_id=leg.id, reason=reason))
    return then(step, replace(step.call, timers=(), tones=(), transfer=None))


def finish(step: Step, *, at: datetime) -> Step:
    """The last leg is gone: take the bridge down and close the call."""
    # A clock that stepped back must not make a call end before it began.
    at = max(moment for moment in (at, step.call.requested_at, step.call.connected_at) if moment is not None)
    call = replace(step.call, phase=CallPhase.ENDED, ended_at=at, timers=(), tones=(), transfer=None)
    commands = (DestroyBridge(bridge_id=ids.bridge_id(call.id)),) if call.has_bridge else ()
    return then(step, call, *commands, events=(CallEnded(at=at),))
