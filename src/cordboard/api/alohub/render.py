"""The facts of a call in Alohub's words: who is who, when (docs/dialects/common.md, Facts of a call)."""

from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec

from cordboard.api.alohub.schemas import CallRow, CallRowV1
from cordboard.api.common.clock_faces import ClockFaces, clock_faces
from cordboard.domain.call_facts import CallFacts, Direction
from cordboard.domain.call_state import EndedBy
from cordboard.domain.cause import Outcome
from cordboard.domain.number import national_form
from cordboard.domain.tenant import Tenant

SOURCE = "ipcc"
RINGING = "ringing"

_EPOCH = datetime.fromtimestamp(0, UTC)
# Before all that datetime knows.
_EARLIEST = -(1 << 40)
DIRECTIONS = {Direction.OUTBOUND: "OUTBOUND", Direction.INBOUND: "INBOUND", Direction.INTERNAL: "OUTBOUND"}
# An Enum's ``value`` costs twice a look-up.
_STATUSES = {one: one.value for one in Outcome}
_ENDED_BY = {None: ""} | {one: one.value for one in EndedBy}


# Structs: a tenth of what frozen dataclasses cost, and each row of a page takes one of both.
class ShownTimes(msgspec.Struct, frozen=True, kw_only=True):
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
        if self.connect is None or milliseconds < 1000:
            return 0
        return milliseconds // 1000 if self.end is None else min(milliseconds // 1000, self.end - self.connect)


def shown_times(facts: CallFacts) -> ShownTimes:
    """The times of a call for showing. Clocks of two machines may disagree by a little; what is shown never does."""
    start = latest = _second(facts.requested_at)
    ring = connect = end = None
    if facts.ringing_at is not None:
        latest = ring = _second(facts.ringing_at, latest)
    if facts.connected_at is not None:
        latest = connect = _second(facts.connected_at, latest)
    if facts.ended_at is not None:
        end = _second(facts.ended_at, latest)
    return ShownTimes(start=start, ring=ring, connect=connect, end=end)


def _second(at: datetime, least: int = _EARLIEST) -> int:
    """Unix time, in half of what ``timestamp`` takes; ``least`` when it is before that."""
    passed = at - _EPOCH
    second = passed.days * 86_400 + passed.seconds
    return second if second > least else least  # noqa: FURB136 - max() takes as long as all the rest


class Parties(msgspec.Struct, frozen=True, kw_only=True):
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
    return DIRECTIONS[facts.direction]


def call_status(facts: CallFacts) -> str:
    """``ringing`` until both parties are connected, then ``answered``; of an ended call its outcome."""
    if facts.connected_at is not None:
        return _STATUSES[Outcome.ANSWERED]
    if facts.ended_at is None:
        return RINGING
    return _STATUSES[facts.outcome or Outcome.FAILED]


def hangup_by(facts: CallFacts) -> str:
    """``customer``, ``agent`` or ``system``; "" while the call is live."""
    return "" if facts.ended_at is None else _ENDED_BY[facts.ended_by]


def seconds_text(seconds: int | None) -> str:
    """A duration as the string it is on this wire."""
    return "" if seconds is None else str(seconds)


def call_rows(tenant: Tenant, page: Iterable[CallFacts]) -> list[CallRow]:
    """Rows of searchCallV2."""
    faces = clock_faces(tenant.zone)
    return [_call_row(tenant, faces, facts) for facts in page]


def call_rows_v1(tenant: Tenant, page: Iterable[CallFacts]) -> list[CallRow]:
    """Rows of searchCallV1."""
    faces = clock_faces(tenant.zone)
    return [
        CallRowV1(**msgspec.structs.asdict(_call_row(tenant, faces, facts)), called=parties(tenant, facts).called)
        for facts in page
    ]


def _call_row(tenant: Tenant, faces: ClockFaces, facts: CallFacts) -> CallRow:
    who, times = parties(tenant, facts), shown_times(facts)
    return CallRow(
        call_id=facts.reference,
        source=SOURCE,
        direction=DIRECTIONS[facts.direction],
        call_status=call_status(facts),
        starttime=faces.year_first(times.start),
        answertime=faces.year_first(times.connect),
        endtime=faces.year_first(times.end),
        total_duration=seconds_text(times.total_seconds),
        holding_duration=str(times.held_seconds(facts.held_milliseconds)),
        hangup_by=hangup_by(facts),
        recording_url=facts.recorded_name,
        caller_number=who.caller_number,
        destination_number=who.destination_number,
        transaction_id=facts.request_id,
        agent=who.agent,
    )
