"""Click-to-call: one party is rung, and when it answers the other is dialled and joined to it.

Agent first is what makeCall does; contact first is a choice of the other dialect. The flow is the same both ways.
"""

from datetime import datetime, timedelta

from cordboard.domain.call_state import Call, CallPhase, EndedBy, Ending, EndReason, Leg, LegPhase, Party, Step
from cordboard.domain.cause import BUSY_CODES, NORMAL_CLEARING, REJECTED_CODES, Cause, is_trunk_failure, sip_code
from cordboard.domain.commands import CallerId, HangUpReason, Tone
from cordboard.domain.moves import (
    RELEASE_TIMER,
    bridge,
    connect,
    dial,
    hang_up,
    play,
    release,
    set_timer,
    settle,
    stop_tones,
    then,
)

# How long a party who waits in vain hears the busy or unavailable tone before it is released.
TONE_SECONDS = 2

_OTHER = {Party.AGENT: Party.CUSTOMER, Party.CUSTOMER: Party.AGENT}
_WORD_OF_CODE = (
    (BUSY_CODES, "busy"),
    (REJECTED_CODES, "declined"),
    (frozenset({408, 487}), "no_answer"),
    (frozenset({480}), "unreachable"),
)
_OWN_DOING = frozenset({"busy", "declined", "hung_up", "gave_up"})


def start(step: Step, at: datetime) -> Step:
    """Dial the first party."""
    return _dial_party(step, step.call.first, at)


def leg_changed(step: Step, before: Leg, leg: Leg, at: datetime) -> Step:
    """Go on after one leg moved from ``before`` to ``leg``."""
    phase = step.call.phase
    if phase not in (CallPhase.DIALLING, CallPhase.CONNECTED):
        return step
    if leg.phase is LegPhase.ENDED or (leg.is_answered and leg.hung_up_at is not None):
        return _party_left(step, before, leg, at)
    if phase is CallPhase.CONNECTED:
        return step
    if leg.is_answered and not before.is_answered:
        return _party_answered(step, leg, at)
    return _party_alerted(step, leg)


def ring_timed_out(step: Step, leg: Leg, at: datetime) -> Step:
    """A leg rang as long as it may."""
    return _give_up(settle(step, _ending(leg.party, "no_answer", Cause(sip=408))), leg, at)


def _dial_party(step: Step, party: Party, at: datetime) -> Step:
    call = step.call
    if party is Party.AGENT:
        target, seconds = call.agent_target, call.agent_ring_seconds
        caller = CallerId(number=call.shown_to_agent, name=call.customer_name)
    else:
        route = call.routes[_trunks_tried(call)]
        target, seconds = route.target, call.customer_ring_seconds
        caller = CallerId(number=route.caller_number)
    return dial(step, party=party, target=target, caller=caller, ring_seconds=seconds, at=at)


def _trunks_tried(call: Call) -> int:
    return sum(leg.party is Party.CUSTOMER for leg in call.legs)


def _party_answered(step: Step, leg: Leg, at: datetime) -> Step:
    if leg.party is step.call.first:
        return _dial_party(bridge(step, leg), _OTHER[leg.party], at)
    customer = step.call.live_leg(Party.CUSTOMER)
    if customer is None:
        return step
    return connect(stop_tones(step), recorded=customer, at=at)


def _party_alerted(step: Step, leg: Leg) -> Step:
    """Whoever waits hears the other's own audio when there is some (183), else ringback of ours (180)."""
    waiting = step.call.live_leg(step.call.first)
    if leg.party is step.call.first or waiting is None:
        return step
    if leg.progressed_at is not None:
        return stop_tones(step)
    return play(step, waiting, Tone.RINGBACK)


def _party_left(step: Step, before: Leg, leg: Leg, at: datetime) -> Step:
    call = step.call
    if call.phase is CallPhase.CONNECTED:
        was_asked = leg.hung_up_at is not None or leg.cause.q850 == NORMAL_CLEARING
        return release(settle(step, _ending(leg.party, "hung_up" if was_asked else "failed", leg.cause)))
    if before.is_answered:
        return release(settle(step, _ending(leg.party, "gave_up", Cause(sip=487))))
    if _has_another_trunk(call, before, leg):
        return _dial_party(stop_tones(step), Party.CUSTOMER, at)
    return _give_up(settle(step, _ending(leg.party, _word(leg.cause), leg.cause)), leg, at)


def _has_another_trunk(call: Call, before: Leg, leg: Leg) -> bool:
    if leg.party is not Party.CUSTOMER or _trunks_tried(call) >= len(call.routes):
        return False
    return is_trunk_failure(leg.cause, has_progressed=before.has_progressed)


def _word(cause: Cause) -> str:
    """What it means that a leg ended by ``cause`` before it was answered."""
    code = sip_code(cause)
    return next((word for codes, word in _WORD_OF_CODE if code in codes), "failed")


def _ending(party: Party, word: str, cause: Cause) -> Ending:
    by = EndedBy(party.value) if word in _OWN_DOING else EndedBy.SYSTEM
    return Ending(reason=EndReason(f"{party.value}_{word}"), by=by, cause=cause, party=party)


def _give_up(step: Step, failed: Leg, at: datetime) -> Step:
    """The failed party cannot be had: whoever waits for it hears a tone for a moment and is released."""
    waiting = step.call.live_leg(_OTHER[failed.party])
    if waiting is None or not waiting.is_answered:
        return release(step)
    step = stop_tones(step)
    if failed.is_live:
        step = hang_up(step, failed, HangUpReason.NO_ANSWER)
    is_busy = step.call.ending is not None and sip_code(step.call.ending.cause) in BUSY_CODES
    step = play(step, waiting, Tone.BUSY if is_busy else Tone.UNAVAILABLE)
    return then(step, set_timer(step.call, RELEASE_TIMER, at + timedelta(seconds=TONE_SECONDS)))
