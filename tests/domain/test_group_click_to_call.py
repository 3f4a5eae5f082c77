"""Click-to-call with a group on the agent's side, told as stories; and what is so of it whatever happens."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cordboard.domain.call import advance
from cordboard.domain.call_facts import CallFacts, facts_of
from cordboard.domain.call_state import Call, CallPhase, EndedBy, EndReason, Party
from cordboard.domain.cause import Cause, Outcome
from cordboard.domain.commands import (
    Command,
    Dial,
    HangUp,
    HangUpReason,
    JoinBridge,
    PlayTone,
    StartRecording,
    TargetKind,
    Tone,
)
from cordboard.domain.leg_events import (
    CallInput,
    CallStarted,
    HangUpRequested,
    LegAnswered,
    LegHungUp,
    LegRinging,
    TimerFired,
)
from cordboard.domain.moves import ring_timer
from tests.support.calls import ALICE, BOB, BRIDGE, CALL_ID, CAROL, START, Story, at, ended, member, queued_call

LEGS = tuple(f"{CALL_ID.hex}-{ordinal}" for ordinal in range(1, 6))
BUSY, DECLINED, GONE = Cause(17, 486), Cause(21, 603), Cause(26, 487)
NAMES = {ALICE: "alice", BOB: "bob", CAROL: "carol"}


def group_call(first: Party = Party.AGENT, *, busy: tuple[int, ...] = (), **changes: object) -> Call:
    """Alice, Bob and Carol are the sales group."""
    members = tuple(member(one, is_busy=one in busy) for one in (ALICE, BOB, CAROL))
    values: dict[str, object] = {
        "first": first,
        "members": members,
        "agent_id": None,
        "agent_user_name": "",
        "agent_name": "sales",
        "agent_extension": "700",
    }
    return queued_call(**(values | changes))


def started(call: Call) -> Story:
    return Story(call).hear(CallStarted(at=at(0)))


def agent(call: Call) -> tuple[int | None, str, str]:
    facts = facts_of(call)
    return facts.agent_id, facts.agent_user_name, facts.agent_extension


def outcome(facts: CallFacts) -> tuple[object, ...]:
    return facts.outcome, facts.end_reason, facts.ended_by


def dialled(story: Story) -> list[str]:
    return [command.leg_id for command in story.told(Dial)]


def elsewhere(*legs: str) -> list[HangUp]:
    return [HangUp(leg_id=leg, reason=HangUpReason.ANSWERED_ELSEWHERE) for leg in legs]


def test_agent_first_all_ring_and_the_first_to_answer_has_the_call() -> None:
    story = started(group_call())
    assert dialled(story) == list(LEGS[:3])
    assert {command.caller.number for command in story.told(Dial)} == {"0912345678"}
    assert not any(command.is_auto_answered for command in story.told(Dial))
    assert agent(story.call) == (CAROL, "carol", "6690")  # rung last
    story.hear(LegRinging(leg_id=LEGS[0], at=at(1)), LegAnswered(leg_id=LEGS[1], at=at(3)))
    assert story.told(HangUp) == elsewhere(LEGS[0], LEGS[2])
    assert JoinBridge(bridge_id=BRIDGE, leg_id=LEGS[1]) in story.commands
    (customer,) = story.told(Dial)
    assert (customer.leg_id, customer.caller.number, customer.bridge_id) == (LEGS[3], "+842873000001", BRIDGE)
    assert agent(story.call) == (BOB, "bob", "6689")
    story.hear(ended(LEGS[0], 3.1, GONE), ended(LEGS[2], 3.1, GONE))
    assert story.commands == []
    story.hear(LegAnswered(leg_id=LEGS[3], at=at(9)))
    assert len(story.told(StartRecording)) == 1
    assert facts_of(story.call).connected_at == at(9)
    story.hear(LegHungUp(leg_id=LEGS[1], at=at(20))).released(20)
    facts = facts_of(story.call)
    assert outcome(facts) == (Outcome.ANSWERED, EndReason.AGENT_HUNG_UP, EndedBy.AGENT)
    assert (facts.ringing_at, facts.connected_at, facts.agent_name) == (at(9), at(9), "Bob Tran")


def test_contact_first_the_group_is_rung_when_the_contact_answers() -> None:
    story = started(group_call(Party.CUSTOMER))
    (customer,) = story.told(Dial)
    assert (customer.target.kind, customer.caller.number) == (TargetKind.TRUNK, "+842873000001")
    assert agent(story.call) == (None, "", "700")
    story.hear(LegAnswered(leg_id=LEGS[0], at=at(4)))
    assert dialled(story) == list(LEGS[1:4])
    assert agent(story.call) == (CAROL, "carol", "6690")
    story.hear(LegRinging(leg_id=LEGS[1], at=at(5)))
    assert story.told(PlayTone) == [PlayTone(leg_id=LEGS[0], tone=Tone.RINGBACK)]
    story.hear(LegAnswered(leg_id=LEGS[1], at=at(7)))
    assert story.told(HangUp) == elsewhere(LEGS[2], LEGS[3])
    assert facts_of(story.call).connected_at == at(7)
    assert agent(story.call) == (ALICE, "alice", "6688")
    story.hear(LegHungUp(leg_id=LEGS[0], at=at(15))).released(15)
    facts = facts_of(story.call)
    assert outcome(facts) == (Outcome.ANSWERED, EndReason.CUSTOMER_HUNG_UP, EndedBy.CUSTOMER)
    assert facts.connected_at == at(7)


def test_contact_first_nobody_is_rung_when_the_contact_declines() -> None:
    story = started(group_call(Party.CUSTOMER)).hear(ended(LEGS[0], 5, DECLINED))
    assert story.call.is_over
    facts = facts_of(story.call)
    assert outcome(facts) == (Outcome.REJECTED, EndReason.CUSTOMER_DECLINED, EndedBy.CUSTOMER)
    assert (facts.agent_id, facts.agent_user_name, facts.agent_name, facts.agent_extension) == (
        None,
        "",
        "sales",
        "700",
    )


@pytest.mark.parametrize("first", list(Party))
def test_members_who_are_busy_are_left_alone(first: Party) -> None:
    story = started(group_call(first, busy=(ALICE, CAROL)))
    if first is Party.CUSTOMER:
        story.hear(LegAnswered(leg_id=LEGS[0], at=at(4)))
    assert [command.target.address for command in story.told(Dial)] == ["6689-abc123"]
    assert agent(story.call) == (BOB, "bob", "6689")


def test_one_who_declines_is_out_and_the_others_ring_on() -> None:
    story = started(group_call()).hear(ended(LEGS[0], 2, DECLINED))
    assert (story.commands, story.call.phase) == ([], CallPhase.DIALLING)
    story.hear(ended(LEGS[2], 3, BUSY), LegAnswered(leg_id=LEGS[1], at=at(4)))
    assert agent(story.call) == (BOB, "bob", "6689")
    assert len(story.told(Dial)) == 1


@pytest.mark.parametrize(
    ("causes", "expected"),
    [
        ((BUSY, BUSY, BUSY), (Outcome.BUSY, EndReason.AGENT_BUSY, EndedBy.AGENT)),
        ((BUSY, DECLINED, BUSY), (Outcome.REJECTED, EndReason.AGENT_DECLINED, EndedBy.AGENT)),
        ((Cause(20, 480), BUSY, Cause(20, 480)), (Outcome.BUSY, EndReason.AGENT_BUSY, EndedBy.AGENT)),
    ],
)
def test_when_none_of_them_can_be_had_the_most_telling_reason_counts(
    causes: tuple[Cause, ...], expected: tuple[object, ...]
) -> None:
    story = started(group_call())
    for leg, cause in zip(LEGS, causes, strict=False):
        story.hear(ended(leg, 2, cause))
    assert story.call.is_over
    assert outcome(facts_of(story.call)) == expected
    assert agent(story.call) == (CAROL, "carol", "6690")


def test_a_contact_who_waits_in_vain_hears_why_and_is_released() -> None:
    story = started(group_call(Party.CUSTOMER)).hear(LegAnswered(leg_id=LEGS[0], at=at(4)))
    for leg in LEGS[1:4]:
        story.hear(ended(leg, 6, BUSY))
    assert story.told(PlayTone) == [PlayTone(leg_id=LEGS[0], tone=Tone.BUSY)]
    story.hear(TimerFired(name="release", at=at(8))).released(8)
    assert outcome(facts_of(story.call)) == (Outcome.BUSY, EndReason.AGENT_BUSY, EndedBy.AGENT)


@pytest.mark.parametrize("first", list(Party))
def test_when_they_ring_out_all_stop(first: Party) -> None:
    story = started(group_call(first))
    rung = LEGS[:3]
    if first is Party.CUSTOMER:
        rung = LEGS[1:4]
        story.hear(LegAnswered(leg_id=LEGS[0], at=at(4)))
    story.hear(TimerFired(name=ring_timer(rung[0]), at=at(34)))
    assert [command.leg_id for command in story.told(HangUp)] == list(rung)
    story.released(40)
    assert outcome(facts_of(story.call)) == (Outcome.MISSED, EndReason.AGENT_NO_ANSWER, EndedBy.SYSTEM)
    assert agent(story.call) == (CAROL, "carol", "6690")


def test_a_contact_who_gives_up_stops_them_all() -> None:
    story = started(group_call(Party.CUSTOMER)).hear(LegAnswered(leg_id=LEGS[0], at=at(4)))
    story.hear(LegHungUp(leg_id=LEGS[0], at=at(6)))
    assert {command.leg_id for command in story.told(HangUp)} == set(LEGS[:4])
    story.released(6)
    assert outcome(facts_of(story.call)) == (Outcome.MISSED, EndReason.CUSTOMER_GAVE_UP, EndedBy.CUSTOMER)


def test_the_answer_of_one_who_was_told_to_stop_changes_nothing() -> None:
    """Both phones had sent their 200 before either could be told."""
    story = started(group_call()).hear(LegAnswered(leg_id=LEGS[2], at=at(3)), LegAnswered(leg_id=LEGS[0], at=at(3)))
    assert story.commands == []
    story.hear(LegHungUp(leg_id=LEGS[0], at=at(3.2)), ended(LEGS[0], 3.2))
    assert story.commands == []
    assert agent(story.call) == (CAROL, "carol", "6690")


def test_an_answer_that_comes_after_its_own_hang_up_changes_nothing() -> None:
    story = started(group_call()).hear(LegHungUp(leg_id=LEGS[0], at=at(2)), LegAnswered(leg_id=LEGS[0], at=at(2)))
    assert story.commands == []
    story.hear(ended(LEGS[0], 2), LegAnswered(leg_id=LEGS[1], at=at(4)))
    assert agent(story.call) == (BOB, "bob", "6689")


EVENTS: st.SearchStrategy[CallInput] = st.one_of(
    st.builds(
        lambda kind, leg_id, seconds: kind(leg_id=leg_id, at=START + timedelta(seconds=seconds)),
        st.sampled_from([LegRinging, LegAnswered, LegAnswered, LegHungUp]),
        st.sampled_from(LEGS),
        st.integers(0, 60),
    ),
    st.builds(ended, st.sampled_from(LEGS), st.integers(0, 60), st.sampled_from([BUSY, DECLINED, GONE, Cause(16)])),
    st.builds(lambda leg_id: TimerFired(name=ring_timer(leg_id), at=at(60)), st.sampled_from(LEGS)),
    st.just(HangUpRequested(at=at(60))),
)
GROUP_CALLS = st.builds(
    lambda first, busy: group_call(first, busy=tuple(busy)),
    st.sampled_from(list(Party)),
    st.sets(st.sampled_from([ALICE, BOB, CAROL])),
)


@given(GROUP_CALLS, st.lists(EVENTS, max_size=25))
@settings(max_examples=500)
def test_whoever_is_on_the_line_is_the_agent_and_nobody_else_rings_on(call: Call, events: list[CallInput]) -> None:
    busy = {one.agent_id for one in call.members if one.is_busy}
    call = advance(call, CallStarted(at=START)).call
    for event in events:
        call = advance(call, event).call
        ours = [leg for leg in call.legs if leg.party is Party.AGENT]
        assert not busy & {leg.agent_id for leg in ours}
        on_the_line = call.line(Party.AGENT)
        if on_the_line is not None and call.ending is None:
            assert call.agent_id == on_the_line.agent_id
            assert not [leg for leg in ours if leg.is_alerting and not leg.is_dropped]
        # Who answered, else who was rung last, else nobody; the names are that agent's.
        assert call.agent_user_name == NAMES.get(call.agent_id or 0, "")
        answered = [leg.agent_id for leg in ours if leg.answered_at is not None and not leg.is_dropped]
        if answered and call.ending is None:
            assert call.agent_id == answered[0]
        elif ours and not answered:
            assert call.agent_id == ours[-1].agent_id
        elif not ours:
            assert (call.agent_id, call.agent_extension) == (None, "700")


@given(GROUP_CALLS, st.lists(EVENTS, max_size=25))
@settings(max_examples=500)
def test_each_is_dialled_once_and_the_contact_only_for_somebody(call: Call, events: list[CallInput]) -> None:
    commands: list[Command] = []
    for event in (CallStarted(at=START), *events):
        step = advance(call, event)
        call, commands = step.call, [*commands, *step.commands]
    dialled = [command for command in commands if isinstance(command, Dial)]
    addresses = [command.target.address for command in dialled]
    assert len(addresses) == len(set(addresses)) <= 4
    if call.first is Party.AGENT and any(command.target.kind is TargetKind.TRUNK for command in dialled):
        assert any(leg.party is Party.AGENT and leg.answered_at is not None for leg in call.legs)
