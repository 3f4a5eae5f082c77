"""Click-to-call: one party is rung, and when it answers the other is dialled and joined to it.

Agent first is what makeCall does; contact first is a choice of the other dialect. The flow is the same both ways. The
agent's side may be a group: its phones ring together, and the first to answer is the agent of the call.
"""

from datetime import datetime

from cordboard.domain.call_state import Leg, LegPhase, Step
from cordboard.domain.cause import Cause
from cordboard.domain.commands import HangUpReason
from cordboard.domain.endings import ending_of
from cordboard.domain.moves import join, release, settle, then
from cordboard.domain.reaching import give_up, reach, second_changed, with_rung
from cordboard.domain.ringing import attempt_for, ring, stop_ringing, took_over, try_again, why_not


def start(step: Step, at: datetime) -> Step:
    """Dial the first party."""
    first = step.call.first
    step = ring(step, first, at)
    alerting = attempt_for(step.call, first).alerting
    if alerting:
        return then(step, with_rung(step.call, alerting[-1]))
    return give_up(step, first, why_not(step.call, first), at)


def leg_changed(step: Step, before: Leg, leg: Leg, at: datetime) -> Step:
    """Go on after one leg moved from ``before`` to ``leg``."""
    if leg.party is not step.call.first:
        return second_changed(step, before, leg, at)
    has_left = leg.phase is LegPhase.ENDED or leg.hung_up_at is not None
    if before.is_answered and has_left:
        return release(settle(step, ending_of(leg.party, "gave_up", Cause(sip=487))))
    if has_left:
        again = try_again(step, before, leg, at)
        return again or give_up(step, leg.party, why_not(step.call, leg.party), at)
    if leg.is_answered and not before.is_answered:
        step = stop_ringing(step, leg.party, HangUpReason.ANSWERED_ELSEWHERE)
        step = then(step, took_over(step.call, leg))
        return reach(join(step, leg), at)
    return step


def ring_timed_out(step: Step, leg: Leg, at: datetime) -> Step:
    """A leg rang as long as it may."""
    return give_up(step, leg.party, Cause(sip=408), at)
