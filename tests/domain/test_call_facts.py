"""Who answered, and when first: by flow, and whatever a transfer does later."""

from dataclasses import replace
from datetime import timedelta

from cordboard.domain.call_facts import RecordingStatus, facts_of
from cordboard.domain.call_state import Call, Leg, LegPhase, Party
from cordboard.domain.commands import CallerId, Target, TargetKind
from cordboard.domain.leg_events import CallStarted, LegAnswered, LegTaken
from tests.support.calls import (
    AGENT_LEG,
    ALICE,
    BOB,
    CALLER_LEG,
    CAROL,
    CUSTOMER_LEG,
    START,
    Story,
    at,
    ended,
    inbound_call,
    internal_call,
    member,
    outbound_call,
    phone,
    queued_call,
)

FIRST_DIALLED, SECOND_DIALLED = (f"{outbound_call().id.hex}-{ordinal}" for ordinal in (2, 3))


def answered(call: Call, *answers: tuple[str, float]) -> Story:
    story = Story(call).hear(CallStarted(at=at(0)))
    for leg_id, seconds in answers:
        story.hear(LegAnswered(leg_id=leg_id, at=at(seconds)))
    return story


def answerer(story: Story) -> tuple[str, str]:
    facts = facts_of(story.call)
    return facts.answerer_name, facts.answerer_number


def test_a_click_to_call_is_first_answered_by_its_first_party_and_answered_by_the_customer() -> None:
    for first in Party:
        story = answered(queued_call(first=first, customer_name="Mai"), (AGENT_LEG, 4))
        facts = facts_of(story.call)
        assert (facts.answered_at, facts.connected_at) == (at(4), None)
        assert answerer(story) == ("", "")
        story.hear(LegAnswered(leg_id=CUSTOMER_LEG, at=at(9)))
        facts = facts_of(story.call)
        assert (facts.answered_at, facts.connected_at) == (at(4), at(9))
        assert answerer(story) == ("Mai", "+84912345678")


def test_a_call_that_was_dialled_is_answered_by_the_other_party() -> None:
    story = answered(outbound_call(customer_name="Mai"), (FIRST_DIALLED, 7))
    assert facts_of(story.call).answered_at == at(7)
    assert answerer(story) == ("Mai", "+84912345678")


def test_a_call_that_came_in_is_answered_by_an_agent() -> None:
    story = answered(inbound_call(members=(member(ALICE), member(BOB))), (SECOND_DIALLED, 7))
    assert facts_of(story.call).answered_at == at(7)
    assert answerer(story) == ("Bob Tran", "6689")


def test_a_group_that_a_colleague_calls_is_answered_by_one_of_its_members() -> None:
    group = internal_call(members=(member(BOB), member(CAROL)), customer_number="600", customer_name="Sales")
    story = answered(group, (SECOND_DIALLED, 7))
    facts = facts_of(story.call)
    assert (facts.customer_name, facts.customer_number) == ("Sales", "600")
    assert answerer(story) == ("Carol Le", "6690")


def test_nobody_answered() -> None:
    story = answered(outbound_call()).hear(ended(FIRST_DIALLED, 30)).released(31)
    facts = facts_of(story.call)
    assert (facts.answered_at, facts.answerer_name, facts.answerer_number) == (None, "", "")


def test_a_transfer_changes_neither_who_answered_nor_when() -> None:
    story = answered(inbound_call(members=(member(ALICE),)), (FIRST_DIALLED, 7))
    before = answerer(story)
    brought = Leg(
        id="of-another-call",
        party=Party.AGENT,
        target=Target(kind=TargetKind.PHONE, address=phone("6690").address),
        caller=CallerId(number=""),
        ring_seconds=30,
        dialled_at=START - timedelta(minutes=2),
        agent_id=CAROL,
        phase=LegPhase.ANSWERED,
        answered_at=START - timedelta(minutes=1),
    )
    story.hear(LegTaken(replaced_leg_id=FIRST_DIALLED, leg=brought, number="6690", at=at(20)))
    facts = facts_of(story.call)
    assert facts.transferred_to == "6690"
    assert (answerer(story), facts.answered_at) == (before, at(7))


def test_a_recordings_name_is_told_once_it_is_there() -> None:
    facts = replace(facts_of(queued_call()), recording_name="abc.mp3")
    shown = {status: replace(facts, recording_status=status).recorded_name for status in RecordingStatus}
    assert {status for status, name in shown.items() if name} == {RecordingStatus.READY, RecordingStatus.EXPIRED}


def test_a_caller_is_hidden_only_when_coming_in() -> None:
    call = inbound_call(customer_number="anonymous", legs=(replace(inbound_call().legs[0], id=CALLER_LEG),))
    assert facts_of(call).has_hidden_caller
    assert not facts_of(inbound_call()).has_hidden_caller
    assert not facts_of(outbound_call(customer_number="anonymous")).has_hidden_caller
