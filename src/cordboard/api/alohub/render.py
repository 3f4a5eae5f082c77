"""The facts of a call in Alohub's words: who is who, when (docs/dialects/common.md, Facts of a call)."""

from datetime import datetime, tzinfo
from typing import NamedTuple

from cordboard.api.alohub.schemas import CallRow, CallRowV1
from cordboard.api.common.clock_faces import year_first
from cordboard.domain.call_facts import CallFacts, Direction
from cordboard.domain.cause import Outcome
from cordboard.domain.number import national_form
from cordboard.domain.tenant import Tenant

SOURCE = "ipcc"
RINGING = "ringing"

_DIRECTIONS = {Direction.OUTBOUND: "OUTBOUND", Direction.INBOUND: "INBOUND", Direction.INTERNAL: "OUTBOUND"}


# Tuples: half of what frozen dataclasses cost, and each row of a page takes one of both.
class ShownTimes(NamedTuple):
    """A call's times as they are shown: cut to whole seconds (Unix time), none before the one it follows."""

    start: int
    ring: int | None
    connect: int | None
    end: int | None

    @property
    def total_seconds(self) -> int | None:
        """From start to end; None while the call is live."""
        return None if self.end is None else self.end - self.start

    @property
    def waiting_seconds(self) -> int:
        """How long the other party was rung, or the call lasted before that; 0 while neither has an end."""
        until = self.end if self.connect is None else self.connect
        return 0 if until is None else until - (self.start if self.ring is None else self.ring)

    @property
    def answer_seconds(self) -> int:
        """From the first ringing to the answer, at least 1; 0 when nobody answered."""
        return 0 if self.connect is None else max(1, self.waiting_seconds)

    @property
    def talk_seconds(self) -> int:
        """From connected to the end; 0 when it never was, or still is."""
        return 0 if self.connect is None or self.end is None else self.end - self.connect

    def held_seconds(self, milliseconds: int) -> int:
        """Whole seconds on hold; of an ended call never more than it was connected."""
        seconds = max(0, milliseconds // 1000)
        if self.connect is None:
            return 0
        return seconds if self.end is None else min(seconds, self.end - self.connect)


def shown_times(facts: CallFacts) -> ShownTimes:
    """The times of a call for showing. Clocks of two machines may disagree by a little; what is shown never does."""
    start = _whole(facts.requested_at)
    ring = _not_before(start, facts.ringing_at)
    connect = _not_before(start if ring is None else ring, facts.connected_at)
    latest = connect if connect is not None else ring if ring is not None else start
    return ShownTimes(start=start, ring=ring, connect=connect, end=_not_before(latest, facts.ended_at))


def _whole(at: datetime) -> int:
    return int(at.timestamp() // 1)


def _not_before(earliest: int, at: datetime | None) -> int | None:
    return None if at is None else max(earliest, _whole(at))


def shown(second: int | None, zone: tzinfo) -> str:
    """``YYYY-MM-DD HH:mm:ss`` in a zone, "" for None."""
    return "" if second is None else year_first(second, zone)


class Parties(NamedTuple):
    """Whose number stands where. Home numbers in national form, others as ``+`` E.164, extensions as they are."""

    caller_number: str
    destination_number: str
    caller: str
    called: str
    hotline: str
    agent: str


def parties(tenant: Tenant, facts: CallFacts) -> Parties:
    """Who is who, by the call's direction. In an internal call caller and callee stand for agent and customer."""
    customer = national_form(facts.customer_number, tenant.country)
    did = national_form(facts.did_number, tenant.country)
    is_inbound = facts.direction is Direction.INBOUND
    is_answered = facts.connected_at is not None
    return Parties(
        caller_number=customer,
        destination_number=facts.agent_extension,
        caller=customer if is_inbound else facts.agent_extension,
        called=did if is_inbound else customer,
        hotline="" if facts.direction is Direction.INTERNAL else did,
        agent="" if is_inbound and not is_answered else facts.agent_user_name,
    )


def direction(facts: CallFacts) -> str:
    """OUTBOUND or INBOUND; internal calls count as outbound."""
    return _DIRECTIONS[facts.direction]


def call_status(facts: CallFacts) -> str:
    """``ringing`` until both parties are connected, then ``answered``; of an ended call its outcome."""
    if facts.connected_at is not None:
        return Outcome.ANSWERED.value
    if facts.ended_at is None:
        return RINGING
    return (facts.outcome or Outcome.FAILED).value


def hangup_by(facts: CallFacts) -> str:
    """``customer``, ``agent`` or ``system``; "" while the call is live."""
    return "" if facts.ended_at is None or facts.ended_by is None else facts.ended_by.value


def seconds_text(seconds: int | None) -> str:
    """A duration as the string it is on this wire."""
    return "" if seconds is None else str(seconds)


def call_row(tenant: Tenant, facts: CallFacts) -> CallRow:
    """A row of searchCallV2."""
    return CallRow(**_row_fields(tenant, facts, parties(tenant, facts)))


def call_row_v1(tenant: Tenant, facts: CallFacts) -> CallRow:
    """A row of searchCallV1."""
    who = parties(tenant, facts)
    return CallRowV1(**_row_fields(tenant, facts, who), called=who.called)


def _row_fields(tenant: Tenant, facts: CallFacts, who: Parties) -> dict[str, str]:
    times = shown_times(facts)
    zone = tenant.zone
    return {
        "call_id": facts.reference,
        "source": SOURCE,
        "direction": direction(facts),
        "call_status": call_status(facts),
        "starttime": shown(times.start, zone),
        "answertime": shown(times.connect, zone),
        "endtime": shown(times.end, zone),
        "total_duration": seconds_text(times.total_seconds),
        "holding_duration": seconds_text(times.held_seconds(facts.held_milliseconds)),
        "hangup_by": hangup_by(facts),
        "recording_url": facts.recorded_name,
        "caller_number": who.caller_number,
        "destination_number": who.destination_number,
        "transaction_id": facts.request_id,
        "agent": who.agent,
    }
