"""What is known of a call, live or ended: what lists show, webhooks say and dialects render."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

from cordboard.domain.call_state import Call, EndedBy, Ending, EndReason, FlowName, Party, RecordingPhase
from cordboard.domain.cause import Outcome, outcome_of, sip_code
from cordboard.domain.number import HIDDEN_NUMBER


class Direction(StrEnum):
    """Which way a call went, seen from the tenant."""

    OUTBOUND = "outbound"
    INBOUND = "inbound"
    INTERNAL = "internal"


class RecordingStatus(StrEnum):
    """What became of a call's recording."""

    NONE = "none"
    PENDING = "pending"
    READY = "ready"
    FAILED = "failed"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFacts:
    """One call as everybody else sees it. Numbers are canonical, times aware UTC; None = it never happened.

    ``outcome`` is None while the call is live and not connected. ``agent_id`` is None of an inbound call that nobody
    answered; ``agent_extension`` is then the one that was rung last. In an internal call the caller counts as the
    agent, and ``customer_number`` is the extension that was called. ``transferred_to`` is whom a party was replaced
    with, "" when none was. ``number`` is the record's numeric id, given when
    the record is final. ``recording_name`` is "" when there is no recording; how many parts it has is known only when
    the call has just ended.

    ``answered_at``: the first answer of anybody who was rung, of a click-to-call that of its first party.
    ``answerer_*``: who answered, of a call to the outside the other party; "" when nobody did. ``contact_id``: whom the
    tenant knew by the customer's number, with the name and the address that another system (CRM) has for it.
    ``rule_names``: the IVR rules it went through. ``sentiment_score`` is 0 to 100. ``transcription`` and ``summary``
    are long, and "" where they are not asked for. ``announced_at`` is the instant of the last event that concerned an
    agent.
    """

    tenant_id: int
    id: UUID
    reference: str
    flow: FlowName
    direction: Direction
    first: Party
    request_id: str
    agent_id: int | None
    agent_user_name: str
    agent_name: str
    agent_extension: str
    customer_number: str
    customer_name: str
    did_number: str
    requested_at: datetime
    ringing_at: datetime | None
    connected_at: datetime | None
    ended_at: datetime | None
    held_milliseconds: int
    outcome: Outcome | None
    ended_by: EndedBy | None
    end_reason: EndReason | None
    failed_party: Party | None
    sip_code: int | None
    recording_name: str
    recording_status: RecordingStatus
    recording_parts: int = 0
    transferred_to: str = ""
    answered_at: datetime | None = None
    answerer_name: str = ""
    answerer_number: str = ""
    did_label: str = ""
    contact_id: UUID | None = None
    contact_crm: str = ""
    contact_crm_url: str = ""
    is_archived: bool = False
    labels: tuple[str, ...] = ()
    rule_names: tuple[str, ...] = ()
    voicemail_name: str = ""
    sentiment_score: int | None = None
    announced_at: datetime | None = None
    number: int | None = None
    transcription: str = ""
    summary: str = ""

    @property
    def recorded_name(self) -> str:
        """The recording's name, also after its retention; "" until it is there, or when there is none."""
        return self.recording_name if self.recording_status in _WITH_FILE else ""

    @property
    def has_hidden_caller(self) -> bool:
        """Whether somebody called who withheld the number."""
        return self.direction is Direction.INBOUND and self.customer_number == HIDDEN_NUMBER


_WITH_FILE = frozenset({RecordingStatus.READY, RecordingStatus.EXPIRED})
_RECORDED = (RecordingPhase.RUNNING, RecordingPhase.PAUSED)
_DIRECTIONS = {
    FlowName.CLICK_TO_CALL: Direction.OUTBOUND,
    FlowName.OUTBOUND: Direction.OUTBOUND,
    FlowName.INBOUND: Direction.INBOUND,
    FlowName.INTERNAL: Direction.INTERNAL,
}


def facts_of(call: Call) -> CallFacts:
    """The facts of a call as it stands. Pure; safe at any moment of its life."""
    ending = call.ending
    has_recording = call.recording in _RECORDED
    answerer_name, answerer_number = _answerer(call)
    return CallFacts(
        tenant_id=call.tenant_id,
        id=call.id,
        reference=call.reference,
        flow=call.flow,
        direction=_DIRECTIONS[call.flow],
        first=call.first,
        request_id=call.request_id,
        agent_id=call.agent_id,
        agent_user_name=call.agent_user_name,
        agent_name=call.agent_name,
        agent_extension=call.agent_extension,
        customer_number=call.customer_number,
        customer_name=call.customer_name,
        did_number=call.did_number,
        requested_at=call.requested_at,
        ringing_at=_ringing_at(call),
        connected_at=call.connected_at,
        ended_at=call.ended_at,
        held_milliseconds=_held_milliseconds(call),
        outcome=_outcome(call),
        ended_by=ending.by if ending else None,
        end_reason=ending.reason if ending else None,
        failed_party=ending.party if ending and call.connected_at is None else None,
        sip_code=sip_code(ending.cause) if ending and call.connected_at is None else None,
        recording_name=call.recording_name if has_recording else "",
        recording_status=RecordingStatus.PENDING if has_recording else RecordingStatus.NONE,
        recording_parts=call.recording_parts,
        transferred_to=call.transferred_to,
        answered_at=_answered_at(call),
        answerer_name=answerer_name,
        answerer_number=answerer_number,
        did_label=call.did_label,
        contact_id=call.contact_id,
        contact_crm=call.contact_crm,
        contact_crm_url=call.contact_crm_url,
        announced_at=call.announced_at,
    )


def _ringing_at(call: Call) -> datetime | None:
    """First ringing of the customer, inbound of an agent; answered without ringing: the answer."""
    rung = Party.AGENT if call.flow is FlowName.INBOUND else Party.CUSTOMER
    legs = (leg for leg in call.legs if leg.party is rung and not leg.is_incoming)
    return min((at for leg in legs if (at := leg.ringing_at or leg.answered_at) is not None), default=None)


def _answered_at(call: Call) -> datetime | None:
    """The first answer; not that of a leg which a transfer brought from another call."""
    answers = (leg.answered_at for leg in call.legs if not leg.is_incoming and leg.answered_at is not None)
    latest = call.connected_at or datetime.max.replace(tzinfo=UTC)
    return min((at for at in answers if call.requested_at <= at <= latest), default=call.connected_at)


def _answerer(call: Call) -> tuple[str, str]:
    """Name and number of who answered. A group that a colleague calls is answered by one of its members."""
    if call.connected_at is None:
        return "", ""
    if call.flow is FlowName.INBOUND:
        return call.agent_name, call.agent_extension
    answered = (leg for leg in call.legs if leg.party is Party.CUSTOMER and leg.answered_at == call.connected_at)
    agent_id = next((leg.agent_id for leg in answered), None)
    member = next((member for member in call.members if member.agent_id == agent_id), None)
    if call.flow is FlowName.INTERNAL and member is not None:
        return member.name, member.extension
    return call.customer_name, call.customer_number


def _held_milliseconds(call: Call) -> int:
    return sum(leg.held_milliseconds for leg in call.legs)


def _outcome(call: Call) -> Outcome | None:
    if call.connected_at is not None:
        return Outcome.ANSWERED
    return None if call.ending is None else outcome_of_ending(call.ending)


_FIXED_OUTCOMES = {
    EndReason.AGENT_GAVE_UP: Outcome.MISSED,
    EndReason.CUSTOMER_GAVE_UP: Outcome.MISSED,
    EndReason.SYSTEM_HUNG_UP: Outcome.MISSED,
    EndReason.AGENT_NO_ANSWER: Outcome.MISSED,
    EndReason.CUSTOMER_NO_ANSWER: Outcome.MISSED,
    EndReason.QUEUE_EXPIRED: Outcome.FAILED,
    EndReason.ENGINE_REFUSED: Outcome.FAILED,
    EndReason.ENGINE_LOST: Outcome.FAILED,
}


def outcome_of_ending(ending: Ending) -> Outcome:
    """The outcome of a call that ended unconnected."""
    return _FIXED_OUTCOMES.get(ending.reason) or outcome_of(ending.cause)
