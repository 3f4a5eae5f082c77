"""The story of a call: what happened to it and when, read off its row, its record and its deliveries. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from cordboard.domain.call_facts import CallFacts
from cordboard.domain.call_state import Call, EndReason, Leg, Party
from cordboard.domain.cause import sip_code


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Something that happened. ``event`` and ``leg`` together tell one moment of a call from another."""

    at: datetime
    event: str
    text: str
    leg: str = ""


WHO = {Party.AGENT: "the agent", Party.CUSTOMER: "the customer"}

END_REASONS = {
    EndReason.AGENT_HUNG_UP: "the agent hung up",
    EndReason.CUSTOMER_HUNG_UP: "the customer hung up",
    EndReason.SYSTEM_HUNG_UP: "it was hung up from outside",
    EndReason.AGENT_GAVE_UP: "the agent gave up",
    EndReason.CUSTOMER_GAVE_UP: "the customer gave up",
    EndReason.AGENT_NO_ANSWER: "the agent did not answer",
    EndReason.AGENT_BUSY: "the agent's phone is busy",
    EndReason.AGENT_DECLINED: "the agent declined",
    EndReason.AGENT_UNREACHABLE: "the agent's phone is not reachable",
    EndReason.AGENT_FAILED: "the agent's phone could not be called",
    EndReason.CUSTOMER_NO_ANSWER: "the customer did not answer",
    EndReason.CUSTOMER_BUSY: "the customer is busy",
    EndReason.CUSTOMER_DECLINED: "the customer declined",
    EndReason.CUSTOMER_UNREACHABLE: "the customer is not reachable",
    EndReason.CUSTOMER_FAILED: "the customer could not be called",
    EndReason.QUEUE_EXPIRED: "it waited too long for its turn",
    EndReason.ENGINE_REFUSED: "the engine refused",
    EndReason.ENGINE_LOST: "the engine was lost",
}


def moments_of(call: Call, trunks: Mapping[int, str]) -> list[Moment]:
    """What has happened to a live call so far, in order. ``trunks``: their names by id."""
    moments = [Moment(at=call.requested_at, event="accepted", text="accepted, waiting for its turn")]
    for leg in call.legs:
        moments += _moments_of_leg(leg, trunks)
    if call.connected_at is not None:
        moments.append(_connected(call.connected_at))
    return sorted(moments, key=lambda moment: moment.at)


def _moments_of_leg(leg: Leg, trunks: Mapping[int, str]) -> Iterator[Moment]:
    who = WHO[leg.party]
    trunk_id = leg.target.trunk_id
    trunk = "" if trunk_id is None else f" through {trunks.get(trunk_id, f'trunk {trunk_id}')}"
    code = sip_code(leg.cause) if leg.answered_at is None else None
    steps = (
        (leg.dialled_at, "dialled", f"{who} is dialled{trunk}"),
        (leg.progressed_at, "progressed", f"{who}'s network sends audio"),
        (leg.ringing_at, "ringing", f"{who}'s phone is ringing"),
        (leg.answered_at, "answered", f"{who} answered"),
        (leg.hung_up_at, "hung_up", f"{who} hung up"),
        (leg.ended_at, "leg_ended", f"{who}'s side is gone" + (f" ({code})" if code else "")),
    )
    for at, event, text in steps:
        if at is not None:
            yield Moment(at=at, event=f"{leg.party}_{event}", text=text, leg=leg.id)


def moments_of_record(facts: CallFacts) -> list[Moment]:
    """What the record of an ended call tells: less than its row did, but however short the call was."""
    moments = []
    if facts.connected_at is not None:
        moments.append(_connected(facts.connected_at))
    if facts.ended_at is not None:
        moments.append(Moment(at=facts.ended_at, event="ended", text=f"ended, {_result(facts)}"))
    return moments


def _connected(at: datetime) -> Moment:
    return Moment(at=at, event="connected", text="connected: both hear each other")


def _result(facts: CallFacts) -> str:
    outcome = facts.outcome.value if facts.outcome else "live"
    reason = END_REASONS[facts.end_reason] if facts.end_reason else ""
    code = f" ({facts.sip_code})" if facts.sip_code else ""
    talked = ""
    if facts.connected_at is not None and facts.ended_at is not None:
        talked = f" after {(facts.ended_at - facts.connected_at).total_seconds():.1f} s"
    return f"{outcome}{talked}: {reason}{code}"
