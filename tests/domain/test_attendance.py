"""What each agent is told of a call: the sequences of every kind of call, and what holds whatever comes."""

import itertools
import re
from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from typing import Self

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cordboard.domain.call import advance
from cordboard.domain.call_events import AgentAnswered, AgentEvent, AgentLeft, AgentOffered, AgentStarted
from cordboard.domain.call_state import Call, CallPhase, Destination, LegPhase, Party
from cordboard.domain.cause import Cause
from cordboard.domain.leg_events import (
    CallInput,
    CallStarted,
    EngineLost,
    HangUpRequested,
    LegAnswered,
    LegEnded,
    LegGiven,
    LegHungUp,
    LegRinging,
    LegTaken,
    QueueExpired,
    TimerFired,
    TransferRequested,
)
from cordboard.domain.moves import RELEASE_TIMER, ring_timer
from tests.domain.test_call_properties import CALLS, HAPPENINGS, steps
from tests.support.calls import (
    AGENT_LEG,
    ALICE,
    BOB,
    CALL_ID,
    CALLER_LEG,
    CAROL,
    CUSTOMER_LEG,
    START,
    Story,
    at,
    ended,
    inbound_call,
    incoming_leg,
    internal_call,
    member,
    outbound_call,
    queued_call,
)

BUSY = Cause(17, 486)
LETTERS = {AgentOffered: "O", AgentStarted: "S", AgentAnswered: "A", AgentLeft: "L"}
NAMES = {ALICE: "alice", BOB: "bob", CAROL: "carol"}
WORDS = {"O": "offered", "S": "started", "A": "answered", "L": "left"}
# Told anew each time that the call comes back to the agent; whom a colleague calls hears of it by answering.
SEQUENCE = re.compile(r"([OS]A?L|AL)*([OS]A?|A)?")


class Told(Story):
    """A story of what agents are told."""

    def started(self) -> Self:
        return self.hear(CallStarted(at=at(0)))

    def taken(self) -> list[str]:
        """What was told since it was last asked, as ``alice started``."""
        told, self.agent_events = self.agent_events, []
        return [f"{NAMES[event.agent_id]} {WORDS[LETTERS[type(event)]]}" for event in told]


def leg(number: int) -> str:
    return f"{CALL_ID.hex}-{number}"


def answered(leg_id: str, seconds: float) -> LegAnswered:
    return LegAnswered(leg_id=leg_id, at=at(seconds))


GROUP = (member(ALICE), member(BOB), member(CAROL))


@pytest.mark.parametrize("first", list(Party))
def test_a_click_to_call_is_its_agents_whoever_is_dialled_first(first: Party) -> None:
    story = Told(queued_call(first=first)).started()
    assert story.taken() == ["alice started"]
    story.hear(LegRinging(leg_id=leg(1), at=at(1)), answered(leg(1), 2), LegRinging(leg_id=leg(2), at=at(3)))
    assert story.taken() == []
    story.hear(answered(leg(2), 4))
    assert story.taken() == ["alice answered"]
    story.hear(LegHungUp(leg_id=leg(1), at=at(9)), ended(leg(1), 9))
    assert story.taken() == []
    story.hear(ended(leg(2), 9))
    assert story.taken() == ["alice left"]


@pytest.mark.parametrize("first", list(Party))
def test_a_click_to_call_whose_first_party_is_not_reached(first: Party) -> None:
    story = Told(queued_call(first=first)).started().hear(ended(leg(1), 5, BUSY))
    assert story.taken() == ["alice started", "alice left"]


def test_a_call_that_nobody_took_up_in_time_concerned_nobody() -> None:
    for happening in (QueueExpired(at=at(30)), HangUpRequested(at=at(1))):
        for call in (queued_call(), outbound_call(), inbound_call()):
            assert Told(call).hear(happening).released(31).agent_events == []


def test_a_groups_click_to_call_is_of_everybody_who_is_rung() -> None:
    nobody = {"agent_id": None, "agent_user_name": "", "agent_extension": "700"}
    story = Told(queued_call(members=GROUP, **nobody)).started()
    assert story.taken() == ["alice started", "bob started", "carol started"]
    story.hear(answered(leg(2), 2))
    assert story.taken() == ["alice left", "carol left"]
    story.hear(answered(leg(4), 5))
    assert story.taken() == ["bob answered"]
    assert story.released(9).taken() == ["bob left"]


def test_a_groups_click_to_call_whose_contact_is_dialled_first() -> None:
    nobody = {"agent_id": None, "agent_user_name": "", "agent_extension": "700"}
    story = Told(queued_call(members=GROUP[:2], first=Party.CUSTOMER, **nobody)).started()
    assert story.taken() == []
    story.hear(answered(leg(1), 2))
    assert story.taken() == ["alice started", "bob started"]
    story.hear(answered(leg(2), 5))
    assert story.taken() == ["alice answered", "bob left"]


def test_a_call_dialled_to_the_outside() -> None:
    story = Told(outbound_call()).started().hear(LegRinging(leg_id=leg(2), at=at(1)))
    assert story.taken() == ["alice started"]
    assert story.hear(answered(leg(2), 5)).taken() == ["alice answered"]
    assert story.hear(LegHungUp(leg_id=leg(2), at=at(9))).released(9).taken() == ["alice left"]


def test_an_internal_call_is_told_to_the_called_one_who_answers() -> None:
    story = Told(internal_call()).started().hear(LegRinging(leg_id=leg(2), at=at(1)))
    assert story.taken() == ["alice started"]
    assert story.hear(answered(leg(2), 5)).taken() == ["bob answered"]
    assert story.hear(LegHungUp(leg_id=leg(2), at=at(9)), ended(leg(2), 9)).taken() == ["bob left"]
    assert story.released(9).taken() == ["alice left"]


def test_an_internal_call_that_is_not_answered_concerns_its_caller_alone() -> None:
    for members in ((member(BOB),), (member(BOB, is_busy=True),), (member(BOB), member(CAROL, phones=2))):
        story = Told(internal_call(members=members)).started()
        assert story.hear(HangUpRequested(at=at(5))).released(6).taken() == ["alice started", "alice left"]


def test_a_call_to_a_group_is_offered_to_each_once_however_many_phones() -> None:
    members = (member(ALICE, phones=2), member(BOB), member(CAROL, is_busy=True))
    story = Told(inbound_call(members=members)).started()
    assert story.taken() == ["alice offered", "bob offered"]
    story.hear(*(LegRinging(leg_id=leg(number), at=at(1)) for number in (2, 3, 4)))
    story.hear(ended(leg(2), 2, BUSY))
    assert story.taken() == []
    story.hear(answered(leg(3), 5))
    assert story.taken() == ["alice answered", "bob left"]
    story.hear(ended(leg(4), 5), LegHungUp(leg_id=CALLER_LEG, at=at(9)))
    assert story.taken() == []
    assert story.released(9).taken() == ["alice left"]


def test_whoever_declines_a_call_to_a_group_is_out_of_it_at_once() -> None:
    story = Told(inbound_call(members=GROUP)).started()
    story.taken()
    assert story.hear(ended(leg(3), 2, Cause(21, 603))).taken() == ["bob left"]
    assert story.hear(TimerFired(name=ring_timer(leg(2)), at=at(30))).taken() == ["alice left", "carol left"]
    assert story.released(31).taken() == []


def test_a_caller_who_gives_up_leaves_nobody_ringing() -> None:
    story = Told(inbound_call(members=GROUP)).started().hear(LegHungUp(leg_id=CALLER_LEG, at=at(4)))
    story.taken()
    assert sorted(story.released(4).taken()) == ["alice left", "bob left", "carol left"]


def test_a_blind_transfer_is_offered_to_whom_it_leads() -> None:
    bob = Destination(number="6689", members=(member(BOB),))
    story = Told(inbound_call()).started().hear(answered(leg(2), 2))
    story.taken()
    story.hear(TransferRequested(leg_id=leg(2), destination=bob, at=at(5)))
    assert story.taken() == ["bob offered"]
    assert story.hear(answered(leg(3), 8)).taken() == ["bob answered", "alice left"]
    back = Destination(number="6688", members=(member(ALICE),))
    story.hear(TransferRequested(leg_id=leg(3), destination=back, at=at(9)), answered(leg(4), 10))
    assert story.taken() == ["alice offered", "alice answered", "bob left"]
    assert story.released(12).taken() == ["alice left"]


def test_a_blind_transfer_that_fails_leaves_the_call_where_it_was() -> None:
    bob = Destination(number="6689", members=(member(BOB),))
    story = Told(outbound_call()).started().hear(answered(leg(2), 2))
    story.taken()
    story.hear(TransferRequested(leg_id=CALLER_LEG, destination=bob, at=at(5)), ended(leg(3), 6, BUSY))
    assert story.taken() == ["bob offered", "bob left"]
    assert story.hear(HangUpRequested(at=at(9))).released(9).taken() == ["alice left"]


def test_an_attended_transfer_brings_somebody_who_was_never_rung() -> None:
    story = Told(inbound_call()).started().hear(answered(leg(2), 2))
    story.taken()
    taken = replace(incoming_leg(Party.AGENT), id="node-9.9", agent_id=BOB, phase=LegPhase.ANSWERED, answered_at=at(6))
    story.hear(LegTaken(replaced_leg_id=leg(2), leg=taken, number="6689", at=at(9)))
    assert story.taken() == ["bob offered", "bob answered", "alice left"]
    assert story.released(12).taken() == ["bob left"]


def test_the_other_half_of_an_attended_transfer_is_over_for_both() -> None:
    story = Told(internal_call()).started().hear(answered(leg(2), 2))
    story.taken()
    assert story.hear(LegGiven(leg_id=leg(2), at=at(5))).taken() == ["bob left"]
    assert story.released(5).taken() == ["alice left"]


def test_an_agent_who_transferred_the_call_to_the_outside_is_out_of_it() -> None:
    outside = Destination(number="+84987654321", routes=queued_call().routes)
    story = Told(queued_call()).started().hear(answered(AGENT_LEG, 1), answered(CUSTOMER_LEG, 2))
    story.taken()
    story.hear(TransferRequested(leg_id=AGENT_LEG, destination=outside, at=at(5)), answered(leg(3), 8))
    assert story.taken() == ["alice left"]
    assert story.released(12).taken() == []


def test_everybody_is_told_of_an_engine_that_was_lost() -> None:
    story = Told(inbound_call(members=GROUP)).started()
    story.taken()
    assert story.hear(EngineLost(at=at(1))).taken() == ["alice left", "bob left", "carol left"]
    before_it_began = Told(inbound_call(members=GROUP)).started().hear(EngineLost(at=at(-5)))
    assert [event.at for event in before_it_began.agent_events] == [
        START + timedelta(milliseconds=number) for number in range(6)
    ]


def test_a_reconciled_release_tells_nothing_twice() -> None:
    story = Told(queued_call()).started().hear(answered(AGENT_LEG, 1))
    story.hear(ended(CUSTOMER_LEG, 4, BUSY), TimerFired(name=RELEASE_TIMER, at=at(6)), ended(AGENT_LEG, 7))
    assert story.taken() == ["alice started", "alice left"]
    assert story.hear(ended(AGENT_LEG, 7), LegHungUp(leg_id=AGENT_LEG, at=at(8))).taken() == []


@given(CALLS, st.lists(HAPPENINGS, max_size=60))
@settings(max_examples=500)
def test_each_agents_events_are_in_order_and_in_time(call: Call, happenings: list[CallInput]) -> None:
    told: list[AgentEvent] = []
    for step in steps(call, [CallStarted(at=START), *happenings]):
        told += [event for event in step.events if isinstance(event, AgentEvent)]
        call = step.call
    for live in call.live_legs:
        step = advance(call, LegEnded(leg_id=live.id, at=at(200), cause=Cause(16)))
        told += [event for event in step.events if isinstance(event, AgentEvent)]
        call = step.call
    instants = [event.at for event in told]
    assert all(before < after for before, after in itertools.pairwise(instants))
    assert all(instant.microsecond % 1000 == 0 for instant in instants)
    assert call.announced_at == (instants[-1] if instants else None)
    letters: dict[int, str] = defaultdict(str)
    for event in told:
        letters[event.agent_id] += LETTERS[type(event)]
    for word in letters.values():
        assert SEQUENCE.fullmatch(word), letters
    if call.is_over:
        assert call.attendances == ()
        assert all(word.endswith("L") for word in letters.values()), letters
    if call.phase is not CallPhase.CONNECTED and call.connected_at is None:
        assert "A" not in "".join(letters.values())


@given(CALLS, st.lists(HAPPENINGS, max_size=40))
@settings(max_examples=300)
def test_whoever_is_on_the_line_of_a_connected_call_was_told_so(call: Call, happenings: list[CallInput]) -> None:
    for step in steps(advance(call, CallStarted(at=START)).call, happenings):
        call = step.call
        attending = {attendance.agent_id for attendance in call.attendances}
        if call.phase is CallPhase.CONNECTED:
            on_line = {leg.agent_id for leg in call.live_legs if leg.is_answered and not leg.is_dropped}
            assert on_line - {None} <= attending
