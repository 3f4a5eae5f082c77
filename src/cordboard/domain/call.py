"""The call as a state machine: ``advance(call, event) -> Step``. No I/O, no clock.

An event that comes late, twice or out of order changes nothing: legs only ever move forward, the reason of an ending
is fixed once, and an ended call is final.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from cordboard.domain import talk
from cordboard.domain.attendance import attend
from cordboard.domain.call_events import CallDialled
from cordboard.domain.call_state import Call, CallPhase, EndedBy, Ending, EndReason, Leg, LegPhase, RecordingPhase, Step
from cordboard.domain.cause import Cause
from cordboard.domain.commands import (
    Answer,
    CreateBridge,
    Dial,
    HangUp,
    JoinBridge,
    PauseRecording,
    ResumeRecording,
    StartRecording,
    TargetKind,
)
from cordboard.domain.flows import FLOWS
from cordboard.domain.leg_events import (
    CallInput,
    CallStarted,
    CommandFailed,
    EngineLost,
    HangUpRequested,
    HoldRequested,
    LegAnswered,
    LegEnded,
    LegEvent,
    LegGiven,
    LegHeld,
    LegHungUp,
    LegProgressed,
    LegResumed,
    LegRinging,
    LegTaken,
    QueueExpired,
    RecordingPauseRequested,
    RecordingResumeRequested,
    ResumeRequested,
    TimerFired,
    TransferRequested,
)
from cordboard.domain.moves import (
    RECORD_TIMER,
    RELEASE_TIMER,
    change_leg,
    clear_timer,
    finish,
    record,
    release,
    ring_timer,
    settle,
    then,
)


def advance(call: Call, event: CallInput) -> Step:
    """What ``event`` makes of ``call``. An event that changes nothing gives back the very same call."""
    if call.is_over:
        return Step(call)
    step = _react(call, event)
    if step.call is call:
        return step
    if not step.call.live_legs and step.call.ending is not None:
        step = finish(step, at=event.at)
    step = attend(call, step, event.at)
    last_event_at = max(event.at, call.last_event_at or event.at)
    return replace(step, call=replace(step.call, last_event_at=last_event_at))


def _react(call: Call, event: CallInput) -> Step:
    match event:
        case LegEvent():
            return _leg_event(call, event)
        case CommandFailed():
            return _command_failed(call, event)
        case TimerFired():
            return _timer_fired(call, event)
        case _:
            return _OTHERS[type(event)](call, event)


def _leg_event(call: Call, event: LegEvent) -> Step:
    before = call.leg(event.leg_id)
    if before is None:
        return Step(call)
    leg = _moved(before, event)
    if leg is before:
        return Step(call)
    call = change_leg(call, leg)
    if leg.phase in (LegPhase.ANSWERED, LegPhase.ENDED):
        call = clear_timer(call, ring_timer(leg.id))
    if leg.phase is LegPhase.ENDED:
        call = replace(call, tones=tuple(pair for pair in call.tones if pair[0] != leg.id))
    if leg.is_dropped:
        return Step(call)
    if call.phase is CallPhase.CONNECTED:
        return talk.leg_changed(Step(call), before, leg, event.at)
    if call.phase in (CallPhase.QUEUED, CallPhase.DIALLING):
        return FLOWS[call.flow].leg_changed(Step(call), before, leg, event.at)
    return Step(call)


def _moved(leg: Leg, event: LegEvent) -> Leg:
    """The leg after ``event``; the very same leg when the event is late or repeated."""
    match event:
        case LegRinging() if leg.phase is LegPhase.DIALLING:
            return replace(leg, phase=LegPhase.RINGING, ringing_at=event.at)
        case LegProgressed() if leg.is_alerting and leg.progressed_at is None:
            return replace(leg, progressed_at=event.at)
        case LegAnswered() if leg.is_alerting and not leg.is_incoming and leg.hung_up_at is None:
            return replace(leg, phase=LegPhase.ANSWERED, answered_at=event.at)
        case LegHeld() if leg.is_answered and leg.held_at is None:
            return replace(leg, held_at=event.at)
        case LegResumed() if leg.is_answered and leg.held_at is not None:
            return talk.resumed(leg, event.at)
        case LegHungUp() if leg.is_live and leg.hung_up_at is None:
            return replace(leg, hung_up_at=event.at)
        case LegEnded() if leg.is_live:
            return replace(talk.resumed(leg, event.at), phase=LegPhase.ENDED, ended_at=event.at, cause=event.cause)
        case _:
            return leg


def _started(call: Call, event: CallStarted) -> Step:
    if call.phase is not CallPhase.QUEUED:
        return Step(call)
    call = replace(call, phase=CallPhase.DIALLING)
    return FLOWS[call.flow].start(Step(call, events=(CallDialled(at=event.at),)), event.at)


def _queue_expired(call: Call) -> Step:
    if call.phase is not CallPhase.QUEUED:
        return Step(call)
    return release(settle(Step(call), Ending(reason=EndReason.QUEUE_EXPIRED, by=EndedBy.SYSTEM)))


def _hang_up_requested(call: Call) -> Step:
    if call.phase is CallPhase.RELEASING:
        return Step(call)
    return release(settle(Step(call), Ending(reason=EndReason.SYSTEM_HUNG_UP, by=EndedBy.SYSTEM)))


def _pause_requested(call: Call) -> Step:
    if call.recording is not RecordingPhase.RUNNING or call.phase is not CallPhase.CONNECTED:
        return Step(call)
    # Between two parts nothing is recorded: the next one begins paused.
    command = (PauseRecording(leg_id=call.recorded_leg_id),) if call.recorded_leg_id else ()
    return Step(replace(call, recording=RecordingPhase.PAUSED), command)


def _resume_requested(call: Call) -> Step:
    if call.recording is not RecordingPhase.PAUSED or call.phase is not CallPhase.CONNECTED:
        return Step(call)
    command = (ResumeRecording(leg_id=call.recorded_leg_id),) if call.recorded_leg_id else ()
    return Step(replace(call, recording=RecordingPhase.RUNNING), command)


def _timer_fired(call: Call, event: TimerFired) -> Step:
    if all(timer.name != event.name for timer in call.timers):
        return Step(call)
    call = clear_timer(call, event.name)
    if event.name == RELEASE_TIMER:
        return release(Step(call))
    if event.name == RECORD_TIMER:
        return record(Step(call))
    leg = next((leg for leg in call.live_legs if ring_timer(leg.id) == event.name), None)
    if leg is None or leg.is_answered:
        return Step(call)
    if call.phase is CallPhase.CONNECTED:
        return talk.ring_timed_out(Step(call), event.at)
    return FLOWS[call.flow].ring_timed_out(Step(call), leg, event.at)


def _engine_lost(call: Call, event: EngineLost) -> Step:
    """Nothing of the call is left in the engine: close it as it stood at the last sign of life."""
    for leg in call.live_legs:
        ended = LegEnded(leg_id=leg.id, at=event.at, cause=Cause())
        call = change_leg(call, _moved(leg, ended))
    return settle(Step(call), Ending(reason=EndReason.ENGINE_LOST, by=EndedBy.SYSTEM))


def _command_failed(call: Call, event: CommandFailed) -> Step:
    match event.command:
        case Dial(leg_id=leg_id, target=target):
            return _leg_event(call, LegEnded(leg_id=leg_id, at=event.at, cause=_undialled(target.kind, event)))
        case HangUp(leg_id=leg_id) | Answer(leg_id=leg_id) if event.is_gone:
            return _leg_event(call, LegEnded(leg_id=leg_id, at=event.at, cause=Cause()))
        case Answer() | CreateBridge() | JoinBridge() if call.phase in (CallPhase.DIALLING, CallPhase.CONNECTED):
            return release(settle(Step(call), Ending(reason=EndReason.ENGINE_REFUSED, by=EndedBy.SYSTEM)))
        case StartRecording(part=1) if call.recording is RecordingPhase.RUNNING:
            return then(Step(call), replace(call, recording=RecordingPhase.FAILED))
        case _:
            return Step(call)


def _undialled(kind: TargetKind, event: CommandFailed) -> Cause:
    """The cause of a leg that the engine would not dial: 480 for a phone that is nowhere, 503 for a trunk."""
    if not event.is_unreachable:
        return Cause(sip=500) if kind is TargetKind.PHONE else Cause(sip=503)
    return Cause(sip=480) if kind is TargetKind.PHONE else Cause(sip=503)


# Each function takes its own kind of event; mypy cannot say so of a table.
_OTHERS: dict[type[CallInput], Callable[[Call, Any], Step]] = {
    CallStarted: _started,
    QueueExpired: lambda call, _: _queue_expired(call),
    EngineLost: _engine_lost,
    HangUpRequested: lambda call, _: _hang_up_requested(call),
    RecordingPauseRequested: lambda call, _: _pause_requested(call),
    RecordingResumeRequested: lambda call, _: _resume_requested(call),
    HoldRequested: lambda call, event: talk.hold_requested(Step(call), event.at),
    ResumeRequested: lambda call, event: talk.resume_requested(Step(call), event.at),
    TransferRequested: lambda call, event: talk.transfer_requested(Step(call), event),
    LegTaken: lambda call, event: talk.leg_taken(Step(call), event),
    LegGiven: lambda call, event: talk.leg_given(Step(call), event),
}
