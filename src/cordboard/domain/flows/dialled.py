"""Dialled calls, whoever dialled: an agent's phone (outbound, internal) or somebody outside (inbound).

The caller is on the line from the start and waits, unanswered, until the called party answers; where there is nobody
to have, the refusal is the caller's own.
"""

from datetime import datetime

from cordboard.domain.call_state import Leg, LegPhase, Step
from cordboard.domain.cause import Cause
from cordboard.domain.endings import ending_of
from cordboard.domain.moves import release, settle
from cordboard.domain.reaching import give_up, reach, second_changed


def start(step: Step, at: datetime) -> Step:
    """Dial the called party."""
    return reach(step, at)


def leg_changed(step: Step, before: Leg, leg: Leg, at: datetime) -> Step:
    """Go on after one leg moved from ``before`` to ``leg``."""
    if not leg.is_incoming:
        return second_changed(step, before, leg, at)
    if leg.phase is LegPhase.ENDED or leg.hung_up_at is not None:
        return release(settle(step, ending_of(leg.party, "gave_up", Cause(sip=487))))
    return step


def ring_timed_out(step: Step, leg: Leg, at: datetime) -> Step:
    """A leg rang as long as it may."""
    return give_up(step, leg.party, Cause(sip=408), at)
