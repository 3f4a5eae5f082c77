"""Calls that somebody dials: from a phone to the outside, to a colleague, or from outside in. Told as stories."""

import pytest

from cordboard.domain.call_facts import Direction, facts_of
from cordboard.domain.call_state import Call, CallPhase, EndedBy, EndReason, Party
from cordboard.domain.cause import Cause, Outcome
from cordboard.domain.commands import (
    Alert,
    Answer,
    CreateBridge,
    Dial,
    HangUp,
    HangUpReason,
    JoinBridge,
    OpenAudio,
    Side,
    StartRecording,
)
from cordboard.domain.leg_events import (
    CallStarted,
    CommandFailed,
    HangUpRequested,
    LegAnswered,
    LegHungUp,
    LegProgressed,
    LegRinging,
    QueueExpired,
    TimerFired,
)
from cordboard.domain.moves import ring_timer
from tests.support.calls import (
    ALICE,
    BOB,
    BRIDGE,
    CALLER_LEG,
    CAROL,
    Story,
    at,
    ended,
    inbound_call,
    internal_call,
    member,
    outbound_call,
    route,
)

# The first legs that we dial: the caller's own is the first of the call.
SECOND, THIRD, FOURTH = (f"{outbound_call().id.hex}-{ordinal}" for ordinal in (2, 3, 4))
BUSY, DECLINED, BROKEN = Cause(17, 486), Cause(21, 603), Cause(34, 503)


def started(call: Call) -> Story:
    return Story(call).hear(CallStarted(at=at(0)))


def group(*, busy: bool = False) -> Call:
    return inbound_call(members=tuple(member(one, is_busy=busy) for one in (ALICE, BOB, CAROL)))


def test_a_number_dialled_on_a_phone_is_dialled_into_the_callers_bridge() -> None:
    story = started(outbound_call())
    create, join, dial = story.commands
    assert create == CreateBridge(bridge_id=BRIDGE)
    assert join == JoinBridge(bridge_id=BRIDGE, leg_id=CALLER_LEG)
    assert isinstance(dial, Dial)
    assert (dial.leg_id, dial.bridge_id, dial.caller.number) == (SECOND, BRIDGE, "+842873000001")
    story.hear(LegRinging(leg_id=SECOND, at=at(2)))
    assert story.commands == [Alert(leg_id=CALLER_LEG)]
    story.hear(LegProgressed(leg_id=SECOND, at=at(3)))
    assert story.commands == [OpenAudio(leg_id=CALLER_LEG)]
    story.hear(LegAnswered(leg_id=SECOND, at=at(6)))
    assert story.commands == [
        Answer(leg_id=CALLER_LEG),
        StartRecording(leg_id=SECOND, name=story.call.recording_name, part=1, side=Side.RIGHT),
    ]
    facts = facts_of(story.call)
    assert (facts.direction, facts.ringing_at, facts.connected_at) == (Direction.OUTBOUND, at(2), at(6))
    assert (facts.agent_user_name, facts.customer_number) == ("alice", "+84912345678")


def test_a_colleague_is_rung_and_joined_when_answering() -> None:
    story = started(internal_call())
    (dial,) = story.commands
    assert isinstance(dial, Dial)
    assert (dial.target.address, dial.caller.number, dial.caller.name) == ("6689-abc123", "6688", "Alice Nguyen")
    assert dial.bridge_id is None
    story.hear(LegRinging(leg_id=SECOND, at=at(1)), LegAnswered(leg_id=SECOND, at=at(4)))
    assert story.commands == [
        CreateBridge(bridge_id=BRIDGE),
        JoinBridge(bridge_id=BRIDGE, leg_id=CALLER_LEG),
        JoinBridge(bridge_id=BRIDGE, leg_id=SECOND),
        Answer(leg_id=CALLER_LEG),
        StartRecording(leg_id=CALLER_LEG, name=story.call.recording_name, part=1, side=Side.LEFT),
    ]
    story.hear(LegHungUp(leg_id=SECOND, at=at(20))).released(20)
    facts = facts_of(story.call)
    assert (facts.direction, facts.outcome, facts.ended_by) == (
        Direction.INTERNAL, Outcome.ANSWERED, EndedBy.CUSTOMER,
    )  # fmt: skip
    assert (facts.agent_extension, facts.customer_number) == ("6688", "6689")


def test_a_caller_from_outside_is_shown_to_the_agent_and_the_record_is_the_answerers() -> None:
    story = started(inbound_call())
    (dial,) = story.commands
    assert isinstance(dial, Dial)
    assert (dial.target.address, dial.caller.number) == ("6688-abc123", "0912345678")
    facts = facts_of(story.call)
    assert (facts.agent_id, facts.agent_user_name, facts.agent_extension) == (None, "", "6688")
    story.hear(LegRinging(leg_id=SECOND, at=at(1)), LegAnswered(leg_id=SECOND, at=at(4)))
    facts = facts_of(story.call)
    assert (facts.direction, facts.agent_id, facts.agent_name) == (Direction.INBOUND, ALICE, "Alice Nguyen")
    assert (facts.ringing_at, facts.connected_at) == (at(1), at(4))
    record = story.told(StartRecording)
    assert [(command.leg_id, command.side) for command in record] == [(CALLER_LEG, Side.RIGHT)]


def test_all_of_a_group_ring_and_the_losers_hear_that_it_was_answered_elsewhere() -> None:
    story = started(group())
    assert [command.target.address for command in story.told(Dial)] == ["6688-abc123", "6689-abc123", "6690-abc123"]
    assert story.call.busy_agents == {ALICE, BOB, CAROL}
    story.hear(LegRinging(leg_id=SECOND, at=at(1)))
    assert story.told(Alert) == [Alert(leg_id=CALLER_LEG)]
    story.hear(LegAnswered(leg_id=THIRD, at=at(5)))
    elsewhere = [HangUp(leg_id=leg, reason=HangUpReason.ANSWERED_ELSEWHERE) for leg in (SECOND, FOURTH)]
    assert story.told(HangUp) == elsewhere
    story.hear(ended(SECOND, 5.1), ended(FOURTH, 5.1))
    assert story.call.phase is CallPhase.CONNECTED
    assert story.call.busy_agents == {BOB}
    assert (facts_of(story.call).agent_user_name, facts_of(story.call).agent_extension) == ("bob", "6689")


def test_of_two_phones_that_answer_at_one_instant_one_talks() -> None:
    story = started(inbound_call(members=(member(phones=2),)))
    assert [command.target.contact for command in story.told(Dial)] == [
        "sip:phone@127.0.0.1:5070", "sip:phone@127.0.0.1:5071",
    ]  # fmt: skip
    story.hear(LegAnswered(leg_id=SECOND, at=at(3)), LegAnswered(leg_id=THIRD, at=at(3)))
    assert story.commands == []
    story.hear(ended(THIRD, 3.2))
    assert story.call.phase is CallPhase.CONNECTED
    assert story.commands == []


def test_a_decline_stops_all_phones_of_that_agent_and_nobody_elses() -> None:
    story = started(inbound_call(members=(member(ALICE, phones=2), member(BOB))))
    story.hear(ended(SECOND, 2, DECLINED))
    assert story.commands == [HangUp(leg_id=THIRD)]
    story.hear(ended(THIRD, 2.1), ended(FOURTH, 4, BUSY))
    assert story.commands == [HangUp(leg_id=CALLER_LEG, reason=HangUpReason.DECLINED)]
    story.released(4.1)
    facts = facts_of(story.call)
    assert (facts.outcome, facts.ended_by, facts.sip_code) == (Outcome.REJECTED, EndedBy.AGENT, 603)


def test_a_busy_phone_leaves_the_others_of_the_agent_ringing() -> None:
    story = started(inbound_call(members=(member(phones=2),)))
    assert story.hear(ended(SECOND, 1, BUSY)).commands == []
    story.hear(LegAnswered(leg_id=THIRD, at=at(3)))
    assert story.call.phase is CallPhase.CONNECTED


@pytest.mark.parametrize(
    ("call", "reason", "outcome"),
    [
        (inbound_call(members=(member(is_busy=True),)), HangUpReason.BUSY, Outcome.BUSY),
        (inbound_call(members=(member(phones=0),)), HangUpReason.UNREACHABLE, Outcome.MISSED),
        (group(busy=True), HangUpReason.BUSY, Outcome.BUSY),
        (internal_call(members=(member(BOB, is_busy=True),)), HangUpReason.BUSY, Outcome.BUSY),
    ],
)
def test_a_caller_hears_at_once_that_nobody_can_be_rung(call: Call, reason: HangUpReason, outcome: Outcome) -> None:
    story = started(call)
    assert story.commands == [HangUp(leg_id=CALLER_LEG, reason=reason)]
    story.released(0.1)
    facts = facts_of(story.call)
    assert (facts.outcome, facts.recording_name) == (outcome, "")


def test_a_callee_who_lets_it_ring_is_given_up_and_the_caller_told() -> None:
    story = started(group()).hear(TimerFired(name=ring_timer(SECOND), at=at(30)))
    assert story.told(HangUp)[-1] == HangUp(leg_id=CALLER_LEG, reason=HangUpReason.NO_ANSWER)
    assert len(story.told(HangUp)) == 4
    story.released(30.1)
    facts = facts_of(story.call)
    assert (facts.outcome, facts.end_reason, facts.agent_extension) == (
        Outcome.MISSED, EndReason.AGENT_NO_ANSWER, "6690",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("call", "by"),
    [(inbound_call(), EndedBy.CUSTOMER), (internal_call(), EndedBy.AGENT), (outbound_call(), EndedBy.AGENT)],
)
def test_a_caller_who_gives_up_cancels_all_that_rings(call: Call, by: EndedBy) -> None:
    story = started(call).hear(LegRinging(leg_id=SECOND, at=at(1)), ended(CALLER_LEG, 4, Cause(127)))
    assert story.commands == [HangUp(leg_id=SECOND)]
    story.released(4.1)
    facts = facts_of(story.call)
    assert (facts.outcome, facts.ended_by, facts.sip_code) == (Outcome.MISSED, by, 487)


def test_a_caller_who_gives_up_in_the_queue_leaves_a_record() -> None:
    story = Story(inbound_call()).hear(ended(CALLER_LEG, 0.2, Cause(127)))
    assert story.call.is_over
    assert facts_of(story.call).outcome is Outcome.MISSED


def test_a_caller_who_waited_too_long_for_us_is_told_that_we_are_overloaded() -> None:
    story = Story(inbound_call()).hear(QueueExpired(at=at(5)))
    assert story.commands == [HangUp(leg_id=CALLER_LEG, reason=HangUpReason.OVERLOADED)]
    assert facts_of(story.released(5.1).call).outcome is Outcome.FAILED


@pytest.mark.parametrize(
    ("cause", "reason", "outcome"),
    [
        (BUSY, HangUpReason.BUSY, Outcome.BUSY),
        (DECLINED, HangUpReason.DECLINED, Outcome.REJECTED),
        (Cause(1, 404), HangUpReason.UNKNOWN_NUMBER, Outcome.FAILED),
        (Cause(19, 480), HangUpReason.UNREACHABLE, Outcome.MISSED),
        (BROKEN, HangUpReason.OVERLOADED, Outcome.FAILED),
        (Cause(38, 500), HangUpReason.FAILED, Outcome.FAILED),
        (Cause(21, 403), HangUpReason.FORBIDDEN, Outcome.FAILED),
    ],
)
def test_the_caller_is_told_what_the_carrier_said(cause: Cause, reason: HangUpReason, outcome: Outcome) -> None:
    story = started(outbound_call()).hear(ended(SECOND, 2, cause))
    assert story.commands == [HangUp(leg_id=CALLER_LEG, reason=reason)]
    assert facts_of(story.released(2.1).call).outcome is outcome


def test_the_next_trunk_is_tried_for_a_dialled_number_too() -> None:
    story = started(outbound_call(routes=(route(1), route(2)))).hear(ended(SECOND, 1, BROKEN))
    (dial,) = story.commands
    assert isinstance(dial, Dial)
    assert (dial.leg_id, dial.target.trunk_id, dial.bridge_id) == (THIRD, 2, BRIDGE)


def test_a_caller_who_cannot_be_answered_is_given_up() -> None:
    story = started(inbound_call()).hear(LegAnswered(leg_id=SECOND, at=at(3)))
    gone = CommandFailed(at=at(3.1), command=Answer(leg_id=CALLER_LEG), reason="no such channel", is_gone=True)
    story.hear(gone)
    assert HangUp(leg_id=SECOND) in story.commands


def test_a_hang_up_from_outside_releases_a_caller_who_waits() -> None:
    story = started(inbound_call()).hear(HangUpRequested(at=at(2)))
    assert story.commands == [
        HangUp(leg_id=CALLER_LEG, reason=HangUpReason.UNREACHABLE), HangUp(leg_id=SECOND),
    ]  # fmt: skip


def test_the_engines_word_that_a_caller_was_answered_is_no_news() -> None:
    story = started(inbound_call()).hear(LegAnswered(leg_id=CALLER_LEG, at=at(1)))
    assert story.call.phase is CallPhase.DIALLING
    waiting = story.call.line(Party.CUSTOMER)
    assert waiting is not None
    assert not waiting.is_answered
