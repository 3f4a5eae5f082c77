"""How a party is brought on the line: all phones of its agents at once, or one trunk after the other."""

from dataclasses import dataclass, replace
from datetime import datetime

from cordboard.domain.call_state import Call, Leg, Member, Party, Route, Step
from cordboard.domain.cause import Cause, is_trunk_failure, sip_code
from cordboard.domain.commands import CallerId, HangUpReason
from cordboard.domain.endings import most_telling
from cordboard.domain.moves import dial, drop

# A refusal for all phones of whoever was called (RFC 3261 21.6).
FIRST_GLOBAL_FAILURE = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """Whom to ring for ``party``, and the legs that were dialled for it so far."""

    party: Party
    members: tuple[Member, ...]
    routes: tuple[Route, ...]
    legs: tuple[Leg, ...]

    @property
    def alerting(self) -> tuple[Leg, ...]:
        """The legs that may still be answered."""
        return tuple(leg for leg in self.legs if leg.is_alerting and not leg.is_dropped)


def attempt_for(call: Call, party: Party) -> Attempt:
    """The attempt to bring ``party`` on the line; during a transfer, whoever shall take its place."""
    transfer = call.transfer
    if transfer is not None:
        members, routes = transfer.destination.members, transfer.destination.routes
        return Attempt(party=transfer.party, members=members, routes=routes, legs=call.legs[transfer.first_leg :])
    is_outside = party is Party.CUSTOMER and bool(call.routes)
    legs = tuple(leg for leg in call.legs if leg.party is party and not leg.is_incoming)
    return Attempt(
        party=party,
        members=() if is_outside else call.members,
        routes=call.routes if is_outside else (),
        legs=legs,
    )


def ring(step: Step, party: Party, at: datetime) -> Step:
    """Dial ``party``: the phones of all members who are free, or the next trunk. Perhaps nobody: see ``alerting``."""
    attempt = attempt_for(step.call, party)
    if attempt.routes:
        return _ring_route(step, attempt, at)
    return _ring_members(step, attempt, at)


def try_again(step: Step, before: Leg, leg: Leg, at: datetime) -> Step | None:
    """After ``leg`` ended unanswered: the step with which its party may still be had, or None."""
    for other in attempt_for(step.call, leg.party).alerting:
        if _was_refused_for_all(leg) and other.agent_id == leg.agent_id:
            step = drop(step, other)
    attempt = attempt_for(step.call, leg.party)
    if attempt.alerting:
        return step
    has_more = len(attempt.legs) < len(attempt.routes)
    if has_more and is_trunk_failure(leg.cause, has_progressed=before.has_progressed):
        return _ring_route(step, attempt, at)
    return None


def why_not(call: Call, party: Party) -> Cause:
    """Why nobody could be had for ``party``."""
    attempt = attempt_for(call, party)
    if attempt.routes:
        return attempt.legs[-1].cause
    if not attempt.legs and any(member.is_busy for member in attempt.members):
        return Cause(sip=486)
    return most_telling(leg for leg in attempt.legs if not leg.is_dropped or sip_code(leg.cause) is not None)


def stop_ringing(step: Step, party: Party, reason: HangUpReason) -> Step:
    """Hang up the phones that still ring for ``party``."""
    for leg in attempt_for(step.call, party).alerting:
        step = drop(step, leg, reason)
    return step


def took_over(call: Call, leg: Leg) -> Call:
    """The call with the agent as its own whose phone ``leg`` is: who answered, of several that were rung."""
    member = next((member for member in call.members if member.agent_id == leg.agent_id), None)
    if member is None or leg.party is not Party.AGENT:
        return call
    return replace(
        call,
        agent_id=member.agent_id,
        agent_user_name=member.user_name,
        agent_name=member.name,
        agent_extension=member.extension,
    )


def shown_to(call: Call, party: Party) -> CallerId:
    """Whom the phones of ``party`` show: the other one."""
    if party is Party.AGENT:
        return CallerId(number=call.shown_to_agent, name=call.customer_name)
    return CallerId(number=call.agent_extension, name=call.agent_name)


def _ring_members(step: Step, attempt: Attempt, at: datetime) -> Step:
    for member in attempt.members:
        if member.is_busy:
            continue
        for phone in member.phones:
            step = dial(
                step,
                party=attempt.party,
                target=phone,
                caller=shown_to(step.call, attempt.party),
                ring_seconds=step.call.agent_ring_seconds,
                at=at,
                agent_id=member.agent_id,
                is_auto_answered=member.is_auto_answered,
            )
    return step


def _ring_route(step: Step, attempt: Attempt, at: datetime) -> Step:
    route = attempt.routes[len(attempt.legs)]
    return dial(
        step,
        party=attempt.party,
        target=route.target,
        caller=CallerId(number=route.caller_number),
        ring_seconds=step.call.customer_ring_seconds,
        at=at,
    )


def _was_refused_for_all(leg: Leg) -> bool:
    return (sip_code(leg.cause) or 0) >= FIRST_GLOBAL_FAILURE
