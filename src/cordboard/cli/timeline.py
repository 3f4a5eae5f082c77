"""The story of a call: what happened to it and when, read off its row, its record and its deliveries. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from cordboard.domain.call_facts import CallFacts
from cordboard.domain.call_state import Call, EndReason, FlowName, Leg, Party, RecordingPhase
from cordboard.domain.cause import sip_code
from cordboard.domain.commands import TargetKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Something that happened. ``event`` and ``leg`` together tell one moment of a call from another."""

    at: datetime
    event: str
    text: str
    leg: str = ""


_WHO = {Party.AGENT: "the agent", Party.CUSTOMER: "the customer"}
# Between two agents the one who calls counts as the agent (``domain.call_state.Party``).
_WHO_INTERNAL = {Party.AGENT: "the caller", Party.CUSTOMER: "the called agent"}

END_REASONS = {
    EndReason.AGENT_HUNG_UP: "{agent} hung up",
    EndReason.CUSTOMER_HUNG_UP: "{customer} hung up",
    EndReason.SYSTEM_HUNG_UP: "it was hung up from outside",
    EndReason.AGENT_GAVE_UP: "{agent} gave up",
    EndReason.CUSTOMER_GAVE_UP: "{customer} gave up",
    EndReason.AGENT_NO_ANSWER: "{agent} did not answer",
    EndReason.AGENT_BUSY: "{agent}'s phone is busy",
    EndReason.AGENT_DECLINED: "{agent} declined",
    EndReason.AGENT_UNREACHABLE: "{agent}'s phone is not reachable",
    EndReason.AGENT_FAILED: "{agent}'s phone could not be called",
    EndReason.CUSTOMER_NO_ANSWER: "{customer} did not answer",
    EndReason.CUSTOMER_BUSY: "{customer} is busy",
    EndReason.CUSTOMER_DECLINED: "{customer} declined",
    EndReason.CUSTOMER_UNREACHABLE: "{customer} is not reachable",
    EndReason.CUSTOMER_FAILED: "{customer} could not be called",
    EndReason.AGENT_TRANSFERRED: "{agent} transferred it",
    EndReason.CUSTOMER_TRANSFERRED: "{customer} transferred it",
    EndReason.QUEUE_EXPIRED: "it waited too long for its turn",
    EndReason.ENGINE_REFUSED: "the engine refused",
    EndReason.ENGINE_LOST: "the engine was lost",
}


def moments_of(call: Call, trunks: Mapping[int, str], names: Mapping[str, str]) -> list[Moment]:
    """What has happened to a live call so far, in order. ``trunks``: their names by id; ``names``: of legs, by id."""
    moments = [Moment(at=call.requested_at, event="accepted", text="accepted, waiting for its turn")]
    for leg in call.legs:
        moments += _moments_of_leg(call, leg, trunks, names[leg.id])
    if call.connected_at is not None:
        moments.append(_connected(call.connected_at))
    return sorted(moments, key=lambda moment: moment.at)


def changes_of(before: Call | None, call: Call, names: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """What can only be seen by comparing a live call with what it was: events and their texts. None: nothing yet."""
    if call.recording is not (before.recording if before else RecordingPhase.NONE):
        yield f"recording_{call.recording}", f"the recording is {call.recording}"
    for leg in call.live_legs:
        old = before.leg(leg.id) if before else None
        was_held = old is not None and old.held_at is not None
        if leg.held_at is not None and not was_held:
            yield f"{leg.party}_held", f"{names[leg.id]} put the call on hold"
        elif leg.held_at is None and was_held:
            yield f"{leg.party}_resumed", f"{names[leg.id]} took the call off hold"
    asked = before.transfer if before else None
    if call.transfer is not None and call.transfer != asked:
        who = _words(call.flow)[call.transfer.party]
        yield "transfer_asked", f"{who} asks for a transfer to {call.transfer.destination.number}"
    if call.transferred_to != (before.transferred_to if before else ""):
        yield "transferred", f"transferred to {call.transferred_to}"
    elif asked is not None and call.transfer is None and call.ending is None:
        yield "transfer_failed", f"no transfer: {asked.destination.number} cannot be had"


def moments_of_record(facts: CallFacts) -> list[Moment]:
    """What the record of an ended call tells: less than its row did, but however short the call was."""
    moments = []
    if facts.connected_at is not None:
        moments.append(_connected(facts.connected_at))
    if facts.ended_at is not None:
        moments.append(Moment(at=facts.ended_at, event="ended", text=f"ended, {_result(facts)}"))
    return moments


class Story:
    """What was told of one call: each moment comes out once, in the order in which it is seen."""

    def __init__(self, trunks: Mapping[int, str]) -> None:
        self._trunks = trunks
        self._told: set[tuple[str, str]] = set()
        self._seen: Call | None = None
        self._names: dict[str, str] = {}

    def live(self, call: Call, now: datetime) -> list[Moment]:
        """What is new of a live call; of what has no time in its row, it is ``now``."""
        for leg in call.legs:
            # Whom a transfer leads to is known only while it is under way.
            self._names.setdefault(leg.id, _who(call, leg))
        news = self.fresh(*moments_of(call, self._trunks, self._names))
        news += [Moment(at=now, event=event, text=text) for event, text in changes_of(self._seen, call, self._names)]
        self._seen = call
        return news

    def ended(self, facts: CallFacts) -> list[Moment]:
        """What is new now that it has ended."""
        return self.fresh(*moments_of_record(facts))

    def has_told(self, event: str, leg: str = "") -> bool:
        """Whether that moment came out already."""
        return (event, leg) in self._told

    def fresh(self, *moments: Moment) -> list[Moment]:
        """Those that were not told yet."""
        news = [moment for moment in moments if not self.has_told(moment.event, moment.leg)]
        self._told.update((moment.event, moment.leg) for moment in news)
        return news


def _moments_of_leg(call: Call, leg: Leg, trunks: Mapping[int, str], who: str) -> Iterator[Moment]:
    code = sip_code(leg.cause) if leg.answered_at is None else None
    gone = f"{who}'s phone is not rung any more" if leg.is_dropped and not leg.answered_at else f"{who}'s side is gone"
    begun = (
        (leg.dialled_at, "called", f"{who} calls {_dialled(call)}")
        if leg.is_incoming
        else (leg.dialled_at, "dialled", f"{who} is dialled{_through(leg, trunks)}"),
        (leg.progressed_at, "progressed", f"{who}'s network sends audio"),
        (leg.ringing_at, "ringing", f"{who}'s phone is ringing"),
        (leg.answered_at, "answered", f"{who} is answered" if leg.is_incoming else f"{who} answered"),
    )
    over = (
        (leg.hung_up_at, "hung_up", f"{who} hung up"),
        (leg.ended_at, "leg_ended", gone + (f" ({code})" if code else "")),
    )
    # What a leg of another call did before a transfer brought it here is that call's story.
    is_taken = leg is not call.legs[0] and not leg.id.startswith(call.id.hex)
    for at, event, text in over if is_taken else (*begun, *over):
        if at is not None:
            yield Moment(at=at, event=f"{leg.party}_{event}", text=text, leg=leg.id)


def _words(flow: FlowName) -> Mapping[Party, str]:
    return _WHO_INTERNAL if flow is FlowName.INTERNAL else _WHO


def _who(call: Call, leg: Leg) -> str:
    """Whose leg it is: the party; where several phones ring or a transfer leads to somebody, that one."""
    transfer = call.transfer
    is_led_to = transfer is not None and leg.id in {each.id for each in call.legs[transfer.first_leg :]}
    members = transfer.destination.members if transfer and is_led_to else call.members
    member = next((one for one in members if one.agent_id == leg.agent_id), None)
    has_choice = sum(len(one.phones) for one in members) > 1
    if member is not None and leg.target.kind is TargetKind.PHONE and not leg.is_incoming and (is_led_to or has_choice):
        is_one_of = len(member.phones) > 1 and leg.target in member.phones
        which = f", phone {member.phones.index(leg.target) + 1}" if is_one_of else ""
        return f"{member.user_name} ({member.extension}{which})"
    if transfer and is_led_to:
        return transfer.destination.number
    if member is None and leg.party is Party.AGENT and leg.agent_id != call.agent_id:
        is_outside = leg.target.kind is TargetKind.TRUNK
        return leg.target.address if is_outside else call.transferred_to or leg.target.address
    return _words(call.flow)[leg.party]


def _dialled(call: Call) -> str:
    """The number that a caller dialled."""
    return call.did_number if call.flow is FlowName.INBOUND else call.customer_number


def _through(leg: Leg, trunks: Mapping[int, str]) -> str:
    trunk_id = leg.target.trunk_id
    return "" if trunk_id is None else f" through {trunks.get(trunk_id, f'trunk {trunk_id}')}"


def _connected(at: datetime) -> Moment:
    return Moment(at=at, event="connected", text="connected: both hear each other")


def _result(facts: CallFacts) -> str:
    outcome = facts.outcome.value if facts.outcome else "live"
    words = _words(facts.flow)
    named = {"agent": words[Party.AGENT], "customer": words[Party.CUSTOMER]}
    reason = END_REASONS[facts.end_reason].format(**named) if facts.end_reason else ""
    code = f" ({facts.sip_code})" if facts.sip_code else ""
    talked = ""
    if facts.connected_at is not None and facts.ended_at is not None:
        talked = f" after {(facts.ended_at - facts.connected_at).total_seconds():.1f} s"
    return f"{outcome}{talked}: {reason}{code}"
