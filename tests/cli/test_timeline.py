"""What is told of each kind of call, and in which words."""

from dataclasses import replace

from cordboard.cli.call_rows import row_of
from cordboard.cli.timeline import Story
from cordboard.domain.call_facts import facts_of
from cordboard.domain.call_state import Call, Destination
from cordboard.domain.cause import Cause
from cordboard.domain.leg_events import (
    CallInput,
    CallStarted,
    HangUpRequested,
    HoldRequested,
    LegAnswered,
    LegHeld,
    LegHungUp,
    LegProgressed,
    LegResumed,
    LegRinging,
    LegTaken,
    RecordingPauseRequested,
    RecordingResumeRequested,
    ResumeRequested,
    TransferRequested,
)
from tests.support import calls
from tests.support.calls import (
    ALICE,
    BOB,
    CALL_ID,
    CALLER_LEG,
    CAROL,
    at,
    ended,
    inbound_call,
    internal_call,
    member,
    outbound_call,
    queued_call,
    route,
)

FIRST, SECOND, THIRD, FOURTH = (f"{CALL_ID.hex}-{ordinal}" for ordinal in (1, 2, 3, 4))
BUSY = Cause(17, 486)


class Told:
    """A call, watched after each happening."""

    def __init__(self, call: Call) -> None:
        self._story = Story({1: "carrier"})
        self.happenings = calls.Story(call)
        self.events: list[str] = []

    def hear(self, *happenings: CallInput) -> list[str]:
        """What is told of happenings, one after the other."""
        texts = []
        for happening in happenings:
            call = self.happenings.hear(happening).call
            news = self._story.ended(facts_of(call)) if call.is_over else self._story.live(call, happening.at)
            texts += [moment.text for moment in news]
            self.events += [moment.event for moment in news]
        return texts

    @property
    def row(self) -> dict[str, object]:
        """The call as it is listed now."""
        return row_of(facts_of(self.happenings.call), self.happenings.call)


def test_click_to_call() -> None:
    told = Told(queued_call())
    assert told.hear(
        CallStarted(at=at(1)), LegRinging(at=at(2), leg_id=FIRST), LegAnswered(at=at(3), leg_id=FIRST)
    ) == [
        "accepted, waiting for its turn",
        "the agent is dialled",
        "the agent's phone is ringing",
        "the agent answered",
        "the customer is dialled through carrier",
    ]
    assert told.row["ringing"] == ["+84912345678"]
    assert told.hear(LegProgressed(at=at(4), leg_id=SECOND), LegAnswered(at=at(5), leg_id=SECOND)) == [
        "the customer's network sends audio",
        "the customer answered",
        "connected: both hear each other",
        "the recording is running",
    ]
    assert told.events[0] == "accepted"
    assert told.events[-3:] == ["customer_answered", "connected", "recording_running"]


def test_a_call_that_an_agent_dialled() -> None:
    told = Told(outbound_call())
    assert told.hear(CallStarted(at=at(0)), LegAnswered(at=at(5), leg_id=SECOND))[:3] == [
        "accepted, waiting for its turn",
        "the agent calls +84912345678",
        "the customer is dialled through carrier",
    ]
    assert told.events[:3] == ["accepted", "agent_called", "customer_dialled"]
    assert told.row["direction"] == "outbound"


def test_a_call_from_outside_that_several_phones_ring_for() -> None:
    told = Told(inbound_call(members=(member(ALICE), member(BOB, phones=2), member(CAROL, is_busy=True))))
    assert told.hear(
        CallStarted(at=at(0)), LegRinging(at=at(1), leg_id=SECOND), LegRinging(at=at(2), leg_id=FOURTH)
    ) == [
        "accepted, waiting for its turn",
        "the customer calls +842873000001",
        "alice (6688) is dialled",
        "bob (6689, phone 1) is dialled",
        "bob (6689, phone 2) is dialled",
        "alice (6688)'s phone is ringing",
        "bob (6689, phone 2)'s phone is ringing",
    ]
    assert (told.row["ringing"], told.row["agent"], told.row["extension"]) == (["6688", "6689"], "", "6689")
    assert told.hear(LegAnswered(at=at(3), leg_id=FOURTH)) == [
        "the customer is answered",
        "bob (6689, phone 2) answered",
        "connected: both hear each other",
        "the recording is running",
    ]
    assert told.hear(ended(SECOND, 4)) == ["alice (6688)'s phone is not rung any more"]
    assert (told.row["ringing"], told.row["agent"]) == ([], "bob")


def test_an_internal_call_speaks_of_a_caller_and_a_called_agent() -> None:
    told = Told(internal_call())
    assert told.hear(CallStarted(at=at(0)), LegRinging(at=at(1), leg_id=SECOND)) == [
        "accepted, waiting for its turn",
        "the caller calls 6689",
        "the called agent is dialled",
        "the called agent's phone is ringing",
    ]
    told.hear(ended(SECOND, 2, BUSY))
    assert told.hear(ended(CALLER_LEG, 3)) == ["ended, busy: the called agent is busy (486)"]


def test_hold_and_the_recording_are_told_each_time() -> None:
    told = Told(outbound_call())
    told.hear(CallStarted(at=at(0)), LegAnswered(at=at(5), leg_id=SECOND))
    assert told.hear(LegHeld(at=at(6), leg_id=SECOND)) == ["the customer put the call on hold"]
    assert told.row["is_held"]
    assert told.hear(LegResumed(at=at(7), leg_id=SECOND)) == ["the customer took the call off hold"]
    assert not told.row["is_held"]
    for second in (10, 20):
        assert told.hear(HoldRequested(at=at(second)), ResumeRequested(at=at(second + 1))) == [
            "the agent put the call on hold",
            "the agent took the call off hold",
        ]
        assert told.hear(RecordingPauseRequested(at=at(second + 2)), RecordingResumeRequested(at=at(second + 3))) == [
            "the recording is paused",
            "the recording is running",
        ]


def talking() -> Told:
    """Alice answered a call from outside."""
    told = Told(inbound_call())
    told.hear(CallStarted(at=at(0)), LegAnswered(at=at(4), leg_id=SECOND))
    return told


def test_a_transfer_to_a_colleague() -> None:
    told = talking()
    to_bob = TransferRequested(leg_id=SECOND, at=at(10), destination=Destination(number="6689", members=(member(BOB),)))
    assert told.hear(to_bob, LegRinging(at=at(11), leg_id=THIRD)) == [
        "bob (6689) is dialled",
        "the agent asks for a transfer to 6689",
        "bob (6689)'s phone is ringing",
    ]
    assert (told.row["ringing"], told.row["transferred_to"]) == (["6689"], "")
    assert told.hear(LegAnswered(at=at(12), leg_id=THIRD), ended(SECOND, 13), LegHungUp(at=at(20), leg_id=THIRD)) == [
        "bob (6689) answered",
        "transferred to 6689",
        "the agent's side is gone",
        "bob (6689) hung up",
    ]
    assert told.row["transferred_to"] == "6689"


def test_a_transfer_that_fails() -> None:
    told = talking()
    outside = Destination(number="+84987654321", routes=(route(1),))
    assert told.hear(TransferRequested(leg_id=SECOND, at=at(10), destination=outside), ended(THIRD, 11, BUSY)) == [
        "+84987654321 is dialled through carrier",
        "the agent asks for a transfer to +84987654321",
        "+84987654321's side is gone (486)",
        "no transfer: +84987654321 cannot be had",
    ]
    quick = (
        calls.Story(inbound_call())
        .hear(CallStarted(at=at(0)), LegAnswered(at=at(4), leg_id=SECOND))
        .hear(TransferRequested(leg_id=SECOND, at=at(10), destination=outside), ended(THIRD, 11, BUSY))
    )
    assert "+84912345678's side is gone (486)" in [one.text for one in Story({}).live(quick.call, at(12))]
    again = TransferRequested(leg_id=SECOND, at=at(20), destination=outside)
    assert "the agent asks for a transfer to +84987654321" in told.hear(again)
    assert "no transfer: +84987654321 cannot be had" not in told.hear(HangUpRequested(at=at(21)))


def test_a_leg_that_comes_from_another_call_brings_no_old_news() -> None:
    told = talking()
    bob = calls.incoming_leg(internal_call().first)
    leg = replace(bob, id="node-2.1", agent_id=BOB, answered_at=at(9))
    assert told.hear(LegTaken(replaced_leg_id=SECOND, leg=leg, number="6689", at=at(12))) == ["transferred to 6689"]
    assert told.hear(LegHungUp(at=at(20), leg_id=leg.id)) == ["6689 hung up"]
