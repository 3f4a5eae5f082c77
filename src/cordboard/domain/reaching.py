"""Reaching the second party while the first is on the line: what click-to-call and dialled calls have in common.

The first party talks to nobody yet: it was rung and answered, or it called and waits unanswered.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from cordboard.domain.call_state import Call, FlowName, Leg, LegPhase, Party, Step
from cordboard.domain.cause import BUSY_CODES, Cause, sip_code
from cordboard.domain.commands import Alert, HangUpReason, OpenAudio, TargetKind, Tone
from cordboard.domain.endings import OTHER_PARTY, ending_of, word_of
from cordboard.domain.moves import (
    RELEASE_TIMER,
    answer,
    connect,
    join,
    play,
    release,
    set_timer,
    settle,
    stop_tones,
    then,
)
from cordboard.domain.ringing import attempt_for, ring, stop_ringing, took_over, try_again, why_not

# How long a party who waits in vain hears the busy or unavailable tone before it is released.
TONE_SECONDS = 2


def reach(step: Step, at: datetime) -> Step:
    """Dial the second party."""
    second = OTHER_PARTY[step.call.first]
    waiting = step.call.line(step.call.first)
    if attempt_for(step.call, second).routes and not step.call.has_bridge and waiting is not None:
        step = join(step, waiting)  # so that it hears the carrier's announcements
    step = ring(step, second, at)
    alerting = attempt_for(step.call, second).alerting
    if not alerting:
        return give_up(step, second, why_not(step.call, second), at)
    return then(step, with_rung(step.call, alerting[-1]))


def second_changed(step: Step, before: Leg, leg: Leg, at: datetime) -> Step:
    """Go on after a leg of the second party moved from ``before`` to ``leg``."""
    if leg.phase is LegPhase.ENDED:
        again = try_again(step, before, leg, at)
        if again is not None:
            return again if again.call is step.call else _another_trunk(again)
        return give_up(step, leg.party, why_not(step.call, leg.party), at)
    if leg.is_answered and not before.is_answered:
        return _answered(step, leg, at)
    return _alerted(step, before, leg)


def give_up(step: Step, party: Party, cause: Cause, at: datetime) -> Step:
    """``party`` cannot be had: whoever waits is told, and the call ends."""
    step = settle(step, ending_of(party, word_of(cause), cause))
    step = stop_ringing(step, party, HangUpReason.NO_ANSWER)
    waiting = step.call.line(OTHER_PARTY[party])
    if waiting is None or not waiting.is_answered:
        return release(step)
    return let_down(step, waiting, cause, at)


def let_down(step: Step, leg: Leg, cause: Cause, at: datetime) -> Step:
    """Play why not to a party who waited in vain, then release it."""
    is_busy = sip_code(cause) in BUSY_CODES
    step = play(stop_tones(step), leg, Tone.BUSY if is_busy else Tone.UNAVAILABLE)
    return then(step, set_timer(step.call, RELEASE_TIMER, at + timedelta(seconds=TONE_SECONDS)))


def _answered(step: Step, leg: Leg, at: datetime) -> Step:
    waiting = step.call.line(step.call.first)
    if waiting is None:
        return step
    step = stop_ringing(stop_tones(step), leg.party, HangUpReason.ANSWERED_ELSEWHERE)
    step = then(step, took_over(step.call, leg))
    if not step.call.has_bridge:
        step = join(step, waiting)
    if leg.target.kind is TargetKind.PHONE:
        step = join(step, leg)
    # Last: a caller who is told 200 speaks and presses keys at once, and a bridge with nobody else in it drops both.
    step = answer(step, waiting, at)
    return connect(step, at)


def _alerted(step: Step, before: Leg, leg: Leg) -> Step:
    """Whoever waits hears the other's own audio when there is some (183), else that it rings (180)."""
    waiting = step.call.line(step.call.first)
    if waiting is None:
        return step
    if leg.progressed_at is not None and leg.target.kind is TargetKind.TRUNK:
        step = stop_tones(step)
        is_told = waiting.is_answered or before.progressed_at is not None
        return step if is_told else then(step, step.call, OpenAudio(leg_id=waiting.id))
    if waiting.is_answered:
        return play(step, waiting, Tone.RINGBACK)
    is_first = leg.ringing_at is not None and before.ringing_at is None
    return then(step, step.call, Alert(leg_id=waiting.id)) if is_first else step


def _another_trunk(step: Step) -> Step:
    """What the first one let the waiting party hear has ended."""
    return stop_tones(step)


def with_rung(call: Call, leg: Leg) -> Call:
    """Until somebody answers, the record shows who was rung last: of an inbound call no more than the extension."""
    if call.flow is FlowName.CLICK_TO_CALL:
        return took_over(call, leg)
    if call.flow is not FlowName.INBOUND:
        return call
    extension = next((member.extension for member in call.members if member.agent_id == leg.agent_id), "")
    return replace(call, agent_extension=extension)
