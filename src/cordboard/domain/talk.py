"""While both parties talk, whatever flow connected them: hang-ups, hold, and transfers.

A transfer puts somebody else in the place of the party who asks for it. Blind (RFC 5589 6): its leg steps aside and
stays until the new one answers, so that a transfer that fails can give the call back. Attended (RFC 5589 7): the new
leg comes, already answered, from another call of the same party. Either way it stays one call, with one recording.
"""

from dataclasses import replace
from datetime import datetime

from cordboard.domain.call_state import CallPhase, EndedBy, Ending, EndReason, Leg, LegPhase, Party, Step, Transfer
from cordboard.domain.cause import NORMAL_CLEARING, Cause
from cordboard.domain.commands import HangUpReason, ReportTransfer, TargetKind, Tone, TransferState
from cordboard.domain.endings import OTHER_PARTY, ending_of
from cordboard.domain.leg_events import LegGiven, LegTaken, TransferRequested
from cordboard.domain.moves import (
    change_leg,
    change_source,
    drop,
    join,
    leave,
    play,
    record_without,
    release,
    settle,
    stop_recording,
    stop_tones,
    then,
)
from cordboard.domain.reaching import let_down
from cordboard.domain.ringing import attempt_for, ring, stop_ringing, try_again, why_not


def leg_changed(step: Step, before: Leg, leg: Leg, at: datetime) -> Step:
    """Go on after one leg of a connected call moved from ``before`` to ``leg``."""
    transfer = step.call.transfer
    if transfer is not None and leg in step.call.legs[transfer.first_leg :]:
        return _candidate_changed(step, before, leg, at)
    if leg.phase is not LegPhase.ENDED and leg.hung_up_at is None:
        return step
    if transfer is not None and leg.id == transfer.leg_id:
        return step  # it need not wait for the outcome
    was_asked = leg.hung_up_at is not None or leg.cause.q850 == NORMAL_CLEARING
    return release(settle(step, ending_of(leg.party, "hung_up" if was_asked else "failed", leg.cause)))


def ring_timed_out(step: Step, at: datetime) -> Step:
    """Whom a transfer leads to rang as long as may be."""
    return step if step.call.transfer is None else _transfer_failed(step, Cause(sip=408), at)


def transfer_requested(step: Step, event: TransferRequested) -> Step:
    """Ring whom a blind transfer leads to. Only one at a time, and only while the parties talk."""
    call = step.call
    leg = call.leg(event.leg_id) if event.leg_id else call.line(Party.AGENT)
    if call.phase is not CallPhase.CONNECTED or call.transfer is not None or leg is None or leg.is_dropped:
        return step
    if not leg.is_answered:
        return step
    transfer = Transfer(leg_id=leg.id, party=leg.party, destination=event.destination, first_leg=len(call.legs))
    step = stop_tones(then(step, replace(call, transfer=transfer, is_held=False)))
    if not call.is_held or leg.party is not Party.AGENT:
        step = leave(step, leg)
    step = record_without(step, leg)
    step = ring(step, leg.party, event.at)
    if not attempt_for(step.call, leg.party).alerting:
        return _transfer_failed(step, why_not(step.call, leg.party), event.at)
    return step


def leg_taken(step: Step, event: LegTaken) -> Step:
    """An attended transfer: join the leg of the other call, and let the one who brought it go."""
    call = step.call
    replaced = call.leg(event.replaced_leg_id)
    is_here = call.leg(event.leg.id) is not None
    if call.phase is not CallPhase.CONNECTED or replaced is None or replaced.is_dropped or is_here:
        return step
    leg = replace(event.leg, party=replaced.party, is_dropped=False, hung_up_at=None, held_at=None, held_milliseconds=0)
    step = then(stop_tones(step), replace(call, legs=(*call.legs, leg), transferred_to=event.number, is_held=False))
    step = join(leave(step, replaced), leg)
    step = _let_go(step, replaced)
    staying = step.call.line(OTHER_PARTY[replaced.party])
    return step if staying is None else change_source(step, staying, event.at)


def leg_given(step: Step, event: LegGiven) -> Step:
    """The other half: the leg is no longer ours, and the call that brought it about is over."""
    call = step.call
    leg = call.leg(event.leg_id)
    if leg is None or not leg.is_answered or call.phase is not CallPhase.CONNECTED:
        return step
    step = stop_recording(step, leg)
    gone = replace(leg, phase=LegPhase.ENDED, ended_at=event.at, cause=Cause(q850=NORMAL_CLEARING))
    step = then(step, change_leg(step.call, gone))
    return release(settle(step, ending_of(OTHER_PARTY[leg.party], "transferred", Cause())))


def hold_requested(step: Step, at: datetime) -> Step:
    """The customer waits and hears music."""
    agent, customer = step.call.line(Party.AGENT), step.call.line(Party.CUSTOMER)
    is_free = step.call.phase is CallPhase.CONNECTED and step.call.transfer is None and not step.call.is_held
    if not is_free or agent is None or customer is None:
        return step
    step = then(step, change_leg(replace(step.call, is_held=True), replace(agent, held_at=agent.held_at or at)))
    return play(leave(step, agent), customer, Tone.MUSIC)


def resume_requested(step: Step, at: datetime) -> Step:
    """Both hear each other again."""
    agent = step.call.line(Party.AGENT)
    if not step.call.is_held or agent is None or step.call.phase is not CallPhase.CONNECTED:
        return step
    step = then(step, change_leg(replace(step.call, is_held=False), resumed(agent, at)))
    return join(stop_tones(step), agent)


def resumed(leg: Leg, at: datetime) -> Leg:
    """The leg, no longer on hold: how long it was counts."""
    if leg.held_at is None:
        return leg
    held = max(0, round((at - leg.held_at).total_seconds() * 1000))
    return replace(leg, held_at=None, held_milliseconds=leg.held_milliseconds + held)


def _candidate_changed(step: Step, before: Leg, leg: Leg, at: datetime) -> Step:
    if leg.phase is LegPhase.ENDED or leg.hung_up_at is not None:
        again = try_again(step, before, leg, at)
        return again or _transfer_failed(step, why_not(step.call, leg.party), at)
    if leg.is_answered and not before.is_answered:
        return _transferred(step, leg, at)
    waiting = step.call.line(OTHER_PARTY[leg.party])
    if waiting is None:
        return step
    if leg.progressed_at is not None and leg.target.kind is TargetKind.TRUNK:
        return stop_tones(step)
    return play(_reported(step, TransferState.RINGING), waiting, Tone.RINGBACK)


def _transferred(step: Step, leg: Leg, at: datetime) -> Step:
    transfer = step.call.transfer
    if transfer is None:
        return step
    step = stop_ringing(stop_tones(step), leg.party, HangUpReason.ANSWERED_ELSEWHERE)
    asker = step.call.leg(transfer.leg_id)
    step = then(step, replace(step.call, transfer=None, transferred_to=transfer.destination.number))
    if leg.target.kind is TargetKind.PHONE:
        step = join(step, leg)
    if asker is not None:
        step = _let_go(step, asker)
    staying = step.call.line(OTHER_PARTY[leg.party])
    return step if staying is None else change_source(step, staying, at)


def _let_go(step: Step, asker: Leg) -> Step:
    """The phone that asked for a transfer has it, and is on the line no longer."""
    if not asker.is_live:
        return step
    step = then(step, step.call, ReportTransfer(leg_id=asker.id, state=TransferState.ANSWERED))
    return drop(step, asker)


def _transfer_failed(step: Step, cause: Cause, at: datetime) -> Step:
    """The call goes back to who asked for the transfer; without one, it ends."""
    transfer = step.call.transfer
    if transfer is None:
        return step
    step = stop_tones(stop_ringing(step, transfer.party, HangUpReason.NO_ANSWER))
    asker = step.call.leg(transfer.leg_id)
    if asker is not None and asker.is_answered and asker.hung_up_at is None:
        step = _reported(step, TransferState.FAILED)
        return join(then(step, replace(step.call, transfer=None)), asker)
    step = then(step, replace(step.call, transfer=None))
    reason = EndReason(f"{transfer.party.value}_transferred")
    step = settle(step, Ending(reason=reason, by=EndedBy.SYSTEM, cause=cause, party=transfer.party))
    waiting = step.call.line(OTHER_PARTY[transfer.party])
    return release(step) if waiting is None else let_down(step, waiting, cause, at)


def _reported(step: Step, state: TransferState) -> Step:
    transfer = step.call.transfer
    asker = step.call.leg(transfer.leg_id) if transfer else None
    if asker is None or not asker.is_answered or asker.hung_up_at is not None:
        return step
    return then(step, step.call, ReportTransfer(leg_id=asker.id, state=state))
