"""The click-to-call flow, told as stories."""

import pytest

from cordboard.domain.call_facts import facts_of
from cordboard.domain.call_state import CallPhase, EndedBy, EndReason, Party, RecordingPhase
from cordboard.domain.cause import Cause, Outcome
from cordboard.domain.commands import (
    CreateBridge,
    DestroyBridge,
    Dial,
    HangUp,
    JoinBridge,
    PauseRecording,
    PlayTone,
    ResumeRecording,
    Side,
    StartRecording,
    StopTone,
    Tone,
)
from cordboard.domain.leg_events import (
    CallStarted,
    CommandFailed,
    EngineLost,
    HangUpRequested,
    LegAnswered,
    LegHeld,
    LegHungUp,
    LegProgressed,
    LegResumed,
    LegRinging,
    QueueExpired,
    RecordingPauseRequested,
    RecordingResumeRequested,
    TimerFired,
)
from tests.support.calls import AGENT_LEG, BRIDGE, CUSTOMER_LEG, START, at, ended, queued_call, route
from tests.support.calls import Story as CallStory

BUSY, DECLINED, NOT_FOUND, UNAVAILABLE_480, BROKEN = (
    Cause(17, 486), Cause(21, 603), Cause(1, 404), Cause(19, 480), Cause(34, 503),
)  # fmt: skip


class Story(CallStory):
    """A click-to-call."""

    def __init__(self, **changes: object) -> None:
        super().__init__(queued_call(**changes))

    def started(self) -> "Story":
        return self.hear(CallStarted(at=at(0)))

    def with_agent(self) -> "Story":
        return self.started().hear(LegRinging(leg_id=AGENT_LEG, at=at(1)), LegAnswered(leg_id=AGENT_LEG, at=at(3)))

    def connected(self) -> "Story":
        ringing, answered = LegRinging(leg_id=CUSTOMER_LEG, at=at(5)), LegAnswered(leg_id=CUSTOMER_LEG, at=at(9))
        return self.with_agent().hear(ringing, answered)


def test_the_agent_is_rung_first_and_sees_the_customers_number() -> None:
    story = Story().started()
    (dial,) = story.commands
    assert isinstance(dial, Dial)
    assert (dial.leg_id, dial.target.address, dial.caller.number) == (AGENT_LEG, "6688-abc123", "0912345678")
    assert dial.bridge_id is None
    assert story.call.phase is CallPhase.DIALLING


def test_the_customer_is_dialled_into_the_bridge_when_the_agent_answers() -> None:
    create, join, dial = Story().with_agent().commands
    assert create == CreateBridge(bridge_id=BRIDGE)
    assert join == JoinBridge(bridge_id=BRIDGE, leg_id=AGENT_LEG)
    assert isinstance(dial, Dial)
    assert (dial.leg_id, dial.bridge_id) == (CUSTOMER_LEG, BRIDGE)
    assert (dial.target.address, dial.caller.number) == ("+84912345678", "+842873000001")


def test_the_agent_hears_ringback_until_the_customer_answers() -> None:
    story = Story().with_agent().hear(LegRinging(leg_id=CUSTOMER_LEG, at=at(5)))
    assert story.commands == [PlayTone(leg_id=AGENT_LEG, tone=Tone.RINGBACK)]
    story.hear(LegAnswered(leg_id=CUSTOMER_LEG, at=at(9)))
    assert story.commands == [
        StopTone(leg_id=AGENT_LEG, tone=Tone.RINGBACK),
        StartRecording(leg_id=CUSTOMER_LEG, name=story.call.recording_name, part=1, side=Side.RIGHT),
    ]
    assert story.events == ["CallDialled", "CallConnected"]


def test_early_media_takes_the_place_of_ringback() -> None:
    story = Story().with_agent()
    story.hear(LegRinging(leg_id=CUSTOMER_LEG, at=at(4)), LegProgressed(leg_id=CUSTOMER_LEG, at=at(5)))
    assert story.commands == [StopTone(leg_id=AGENT_LEG, tone=Tone.RINGBACK)]


@pytest.mark.parametrize(("leaver", "other"), [(AGENT_LEG, CUSTOMER_LEG), (CUSTOMER_LEG, AGENT_LEG)])
def test_whoever_hangs_up_takes_the_other_along(leaver: str, other: str) -> None:
    story = Story().connected().hear(LegHungUp(leg_id=leaver, at=at(20)))
    assert HangUp(leg_id=other) in story.commands
    story.hear(ended(leaver, 20), ended(other, 20.1))
    facts = facts_of(story.call)
    party = "agent" if leaver == AGENT_LEG else "customer"
    assert facts.ended_by == EndedBy(party)
    assert facts.end_reason == EndReason(f"{party}_hung_up")
    assert facts.outcome is Outcome.ANSWERED
    assert (facts.ringing_at, facts.connected_at, facts.ended_at) == (at(5), at(9), at(20.1))
    assert story.commands == [DestroyBridge(bridge_id=BRIDGE)]
    assert story.events[-1] == "CallEnded"
    assert facts.sip_code is None


def test_a_hang_up_from_outside_ends_both_legs() -> None:
    story = Story().connected().hear(HangUpRequested(at=at(15)))
    assert story.commands == [HangUp(leg_id=AGENT_LEG), HangUp(leg_id=CUSTOMER_LEG)]
    story.hear(ended(AGENT_LEG, 15), ended(CUSTOMER_LEG, 15))
    assert (facts_of(story.call).ended_by, story.call.phase) == (EndedBy.SYSTEM, CallPhase.ENDED)


@pytest.mark.parametrize(
    ("cause", "outcome", "by", "reason"),
    [
        (BUSY, Outcome.BUSY, EndedBy.AGENT, EndReason.AGENT_BUSY),
        (DECLINED, Outcome.REJECTED, EndedBy.AGENT, EndReason.AGENT_DECLINED),
        (UNAVAILABLE_480, Outcome.MISSED, EndedBy.SYSTEM, EndReason.AGENT_UNREACHABLE),
        (NOT_FOUND, Outcome.FAILED, EndedBy.SYSTEM, EndReason.AGENT_FAILED),
    ],
)
def test_an_agent_who_does_not_answer_ends_the_call(
    cause: Cause, outcome: Outcome, by: EndedBy, reason: EndReason
) -> None:
    story = Story().started().hear(ended(AGENT_LEG, 4, cause))
    facts = facts_of(story.call)
    assert story.call.is_over
    assert (facts.outcome, facts.ended_by, facts.end_reason) == (outcome, by, reason)
    assert (facts.failed_party, facts.sip_code, facts.recording_name) == (Party.AGENT, cause.sip, "")
    assert facts.ringing_at is None


def test_an_agent_who_lets_it_ring_is_released_after_the_ring_time() -> None:
    story = Story().started().hear(LegRinging(leg_id=AGENT_LEG, at=at(1)))
    (timer,) = story.call.timers
    assert timer.due_at == at(30)
    story.hear(TimerFired(name=timer.name, at=at(30)))
    assert [type(command) for command in story.commands] == [HangUp]
    story.hear(ended(AGENT_LEG, 30.1, Cause(16, 487)))
    facts = facts_of(story.call)
    assert (facts.outcome, facts.ended_by, facts.end_reason) == (
        Outcome.MISSED, EndedBy.SYSTEM, EndReason.AGENT_NO_ANSWER,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("cause", "tone", "outcome", "by"),
    [
        (BUSY, Tone.BUSY, Outcome.BUSY, EndedBy.CUSTOMER),
        (DECLINED, Tone.UNAVAILABLE, Outcome.REJECTED, EndedBy.CUSTOMER),
        (NOT_FOUND, Tone.UNAVAILABLE, Outcome.FAILED, EndedBy.SYSTEM),
        (UNAVAILABLE_480, Tone.UNAVAILABLE, Outcome.MISSED, EndedBy.SYSTEM),
        (BROKEN, Tone.UNAVAILABLE, Outcome.FAILED, EndedBy.SYSTEM),
    ],
)
def test_the_agent_hears_a_tone_for_two_seconds_when_the_customer_fails(
    cause: Cause, tone: Tone, outcome: Outcome, by: EndedBy
) -> None:
    story = Story().with_agent().hear(ended(CUSTOMER_LEG, 6, cause))
    assert story.commands == [PlayTone(leg_id=AGENT_LEG, tone=tone)]
    (timer,) = story.call.timers
    assert timer.due_at == at(8)
    story.hear(TimerFired(name=timer.name, at=at(8)))
    assert HangUp(leg_id=AGENT_LEG) in story.commands
    story.hear(ended(AGENT_LEG, 8))
    facts = facts_of(story.call)
    assert (facts.outcome, facts.ended_by, facts.sip_code) == (outcome, by, cause.sip)


def test_an_agent_who_gives_up_cancels_the_customers_leg() -> None:
    story = Story().with_agent().hear(LegRinging(leg_id=CUSTOMER_LEG, at=at(5)), LegHungUp(leg_id=AGENT_LEG, at=at(7)))
    assert HangUp(leg_id=CUSTOMER_LEG) in story.commands
    story.hear(ended(AGENT_LEG, 7), ended(CUSTOMER_LEG, 7.1, Cause(16, 487)))
    facts = facts_of(story.call)
    assert (facts.outcome, facts.ended_by, facts.end_reason) == (
        Outcome.MISSED, EndedBy.AGENT, EndReason.AGENT_GAVE_UP,
    )  # fmt: skip


def test_an_answer_that_crosses_the_agents_hang_up_does_not_connect() -> None:
    story = Story().with_agent().hear(LegHungUp(leg_id=AGENT_LEG, at=at(7)), LegAnswered(leg_id=CUSTOMER_LEG, at=at(7)))
    assert story.call.connected_at is None
    assert story.call.phase is CallPhase.RELEASING
    story.hear(ended(AGENT_LEG, 7), ended(CUSTOMER_LEG, 7.2))
    assert facts_of(story.call).outcome is Outcome.MISSED


def test_the_next_trunk_is_tried_when_the_first_answers_503() -> None:
    story = Story(routes=(route(1), route(2))).with_agent().hear(ended(CUSTOMER_LEG, 4, BROKEN))
    (dial,) = story.commands
    assert isinstance(dial, Dial)
    assert (dial.leg_id, dial.target.trunk_id) == (f"{story.call.id.hex}-3", 2)
    story.hear(ended(dial.leg_id, 5, BROKEN))
    assert story.call.phase is CallPhase.RELEASING


@pytest.mark.parametrize("cause", [BUSY, NOT_FOUND, UNAVAILABLE_480])
def test_a_customers_own_answer_is_final_whatever_trunks_are_left(cause: Cause) -> None:
    story = Story(routes=(route(1), route(2))).with_agent().hear(ended(CUSTOMER_LEG, 4, cause))
    assert story.call.phase is CallPhase.RELEASING


def test_a_trunk_that_rang_is_not_replaced() -> None:
    story = Story(routes=(route(1), route(2))).with_agent()
    story.hear(LegRinging(leg_id=CUSTOMER_LEG, at=at(4)), ended(CUSTOMER_LEG, 6, BROKEN))
    assert story.call.phase is CallPhase.RELEASING


def test_the_contact_is_dialled_first_when_asked() -> None:
    story = Story(first=Party.CUSTOMER).started()
    (dial,) = story.commands
    assert isinstance(dial, Dial)
    assert dial.target.trunk_id == 1
    story.hear(LegAnswered(leg_id=AGENT_LEG, at=at(3)))  # the first leg, here the contact's
    assert [type(command) for command in story.commands] == [CreateBridge, JoinBridge, Dial]
    story.hear(LegAnswered(leg_id=CUSTOMER_LEG, at=at(6)))
    assert story.call.phase is CallPhase.CONNECTED
    assert story.commands == [
        JoinBridge(bridge_id=BRIDGE, leg_id=CUSTOMER_LEG),
        StartRecording(leg_id=AGENT_LEG, name=story.call.recording_name, part=1, side=Side.RIGHT),
    ]
    assert facts_of(story.call).ringing_at == at(3)


def test_the_recording_pauses_and_resumes_once() -> None:
    story = Story().connected().hear(RecordingPauseRequested(at=at(10)))
    assert story.commands == [PauseRecording(leg_id=CUSTOMER_LEG)]
    assert story.hear(RecordingPauseRequested(at=at(11))).commands == []
    story.hear(RecordingResumeRequested(at=at(12)))
    assert story.commands == [ResumeRecording(leg_id=CUSTOMER_LEG)]


def test_time_on_hold_adds_up() -> None:
    story = Story().connected()
    story.hear(LegHeld(leg_id=AGENT_LEG, at=at(10)), LegResumed(leg_id=AGENT_LEG, at=at(13)))
    story.hear(LegHeld(leg_id=AGENT_LEG, at=at(15)), ended(AGENT_LEG, 16.5), ended(CUSTOMER_LEG, 17))
    assert facts_of(story.call).held_milliseconds == 4500


def test_a_phone_that_cannot_be_dialled_ends_the_call() -> None:
    story = Story().started()
    (dial,) = story.commands
    assert isinstance(dial, Dial)
    story.hear(CommandFailed(at=at(0.1), command=dial, reason="no contact", is_unreachable=True))
    facts = facts_of(story.call)
    assert (facts.outcome, facts.failed_party, facts.sip_code) == (Outcome.MISSED, Party.AGENT, 480)


def test_a_recording_that_cannot_start_does_not_stop_the_call() -> None:
    story = Story().connected()
    command = StartRecording(leg_id=CUSTOMER_LEG, name=story.call.recording_name, part=1, side=Side.RIGHT)
    story.hear(CommandFailed(at=at(9.1), command=command, reason="disk full"))
    assert (story.call.phase, story.call.recording) == (CallPhase.CONNECTED, RecordingPhase.FAILED)
    assert facts_of(story.call).recording_name == ""


def test_a_bridge_that_cannot_be_made_releases_everybody() -> None:
    story = Story().with_agent()
    story.hear(CommandFailed(at=at(3.1), command=CreateBridge(bridge_id=BRIDGE), reason="refused"))
    assert HangUp(leg_id=AGENT_LEG) in story.commands
    assert story.call.ending is not None
    assert story.call.ending.reason is EndReason.ENGINE_REFUSED


def test_a_call_that_waited_too_long_fails_without_ringing_anybody() -> None:
    story = Story().hear(QueueExpired(at=at(6)))
    facts = facts_of(story.call)
    assert (facts.outcome, facts.ended_by, facts.ended_at) == (Outcome.FAILED, EndedBy.SYSTEM, at(6))


def test_a_lost_engine_closes_the_call_at_the_last_sign_of_life() -> None:
    story = Story().connected().hear(EngineLost(at=at(9)))
    facts = facts_of(story.call)
    assert (facts.outcome, facts.end_reason, facts.ended_at) == (Outcome.ANSWERED, EndReason.ENGINE_LOST, at(9))
    assert facts_of(Story().with_agent().hear(EngineLost(at=at(3))).call).outcome is Outcome.FAILED


def test_a_clock_that_steps_back_makes_no_negative_duration() -> None:
    story = Story().connected().hear(LegHungUp(leg_id=AGENT_LEG, at=at(-50)))
    story.hear(ended(AGENT_LEG, -50), ended(CUSTOMER_LEG, -50))
    facts = facts_of(story.call)
    assert facts.ended_at == at(9)
    assert facts.requested_at == START
