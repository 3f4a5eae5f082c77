"""While both parties talk: hold, blind and attended transfers, told as stories."""

from dataclasses import replace

from cordboard.domain.call_facts import facts_of
from cordboard.domain.call_state import Call, CallPhase, Destination, EndedBy, EndReason, LegPhase, Party
from cordboard.domain.cause import Cause, Outcome
from cordboard.domain.commands import (
    Dial,
    HangUp,
    HangUpReason,
    JoinBridge,
    LeaveBridge,
    PauseRecording,
    PlayTone,
    ReportTransfer,
    ResetAudio,
    Side,
    StartRecording,
    StopRecording,
    StopTone,
    Tone,
    TransferState,
)
from cordboard.domain.leg_events import (
    CallStarted,
    HangUpRequested,
    HoldRequested,
    LegAnswered,
    LegGiven,
    LegHeld,
    LegHungUp,
    LegProgressed,
    LegResumed,
    LegRinging,
    LegTaken,
    RecordingPauseRequested,
    ResumeRequested,
    TimerFired,
    TransferRequested,
)
from cordboard.domain.moves import RECORD_TIMER, RELEASE_TIMER, ring_timer
from tests.support.calls import (
    BOB,
    BRIDGE,
    CALL_ID,
    CALLER_LEG,
    CAROL,
    Story,
    at,
    ended,
    inbound_call,
    internal_call,
    member,
    route,
)

AGENT, TARGET, TARGET_2 = (f"{CALL_ID.hex}-{ordinal}" for ordinal in (2, 3, 4))
TO_BOB = Destination(number="6689", members=(member(BOB),))
OUTSIDE = Destination(number="+84987654321", routes=(route(1), route(2)))
BUSY = Cause(17, 486)


def talking(call: Call | None = None) -> Story:
    """A customer calls and Alice answers, unless another call is given; both talk since second 4."""
    story = Story(inbound_call() if call is None else call)
    return story.hear(CallStarted(at=at(0)), LegRinging(leg_id=AGENT, at=at(1)), LegAnswered(leg_id=AGENT, at=at(4)))


def transfer(to: Destination, leg_id: str = AGENT) -> TransferRequested:
    return TransferRequested(leg_id=leg_id, destination=to, at=at(10))


def test_hold_from_the_phone_counts_and_goes_on() -> None:
    story = talking().hear(LegHeld(leg_id=AGENT, at=at(6)), LegResumed(leg_id=AGENT, at=at(9.5)))
    assert story.commands == []
    assert facts_of(story.call).held_milliseconds == 3500


def test_hold_from_outside_takes_the_agent_out_and_plays_music_to_the_customer() -> None:
    story = talking().hear(HoldRequested(at=at(6)))
    assert story.commands == [
        LeaveBridge(bridge_id=BRIDGE, leg_id=AGENT), PlayTone(leg_id=CALLER_LEG, tone=Tone.MUSIC),
    ]  # fmt: skip
    assert story.hear(HoldRequested(at=at(7))).commands == []
    story.hear(ResumeRequested(at=at(8)))
    assert story.commands == [
        StopTone(leg_id=CALLER_LEG, tone=Tone.MUSIC), JoinBridge(bridge_id=BRIDGE, leg_id=AGENT),
    ]  # fmt: skip
    assert facts_of(story.call).held_milliseconds == 2000


def test_a_blind_transfer_rings_the_target_while_its_asker_steps_aside() -> None:
    story = talking().hear(transfer(TO_BOB))
    leave, dial = story.commands
    assert leave == LeaveBridge(bridge_id=BRIDGE, leg_id=AGENT)
    assert isinstance(dial, Dial)
    assert (dial.leg_id, dial.target.address, dial.caller.number) == (TARGET, "6689-abc123", "0912345678")
    assert dial.bridge_id is None
    story.hear(LegRinging(leg_id=TARGET, at=at(11)))
    assert story.commands == [
        ReportTransfer(leg_id=AGENT, state=TransferState.RINGING), PlayTone(leg_id=CALLER_LEG, tone=Tone.RINGBACK),
    ]  # fmt: skip
    story.hear(LegAnswered(leg_id=TARGET, at=at(13)))
    assert story.commands == [
        StopTone(leg_id=CALLER_LEG, tone=Tone.RINGBACK),
        JoinBridge(bridge_id=BRIDGE, leg_id=TARGET),
        ReportTransfer(leg_id=AGENT, state=TransferState.ANSWERED),
        HangUp(leg_id=AGENT),
        ResetAudio(leg_id=CALLER_LEG),
        StopRecording(leg_id=CALLER_LEG),
    ]
    story.hear(ended(AGENT, 13.1))
    assert story.call.phase is CallPhase.CONNECTED
    story.hear(LegHungUp(leg_id=TARGET, at=at(20))).released(20)
    facts = facts_of(story.call)
    assert (facts.agent_user_name, facts.transferred_to, facts.connected_at) == ("alice", "6689", at(4))
    assert (facts.ended_by, facts.ended_at) == (EndedBy.AGENT, at(20))


def test_a_transfer_to_a_busy_number_gives_the_call_back() -> None:
    story = talking().hear(transfer(OUTSIDE))
    (dial,) = story.told(Dial)
    assert dial.bridge_id == BRIDGE
    story.hear(LegProgressed(leg_id=TARGET, at=at(11)), ended(TARGET, 12, BUSY))
    assert story.commands == [
        ReportTransfer(leg_id=AGENT, state=TransferState.FAILED), JoinBridge(bridge_id=BRIDGE, leg_id=AGENT),
    ]  # fmt: skip
    assert story.call.phase is CallPhase.CONNECTED
    story.hear(LegHungUp(leg_id=AGENT, at=at(20))).released(20)
    facts = facts_of(story.call)
    assert (facts.transferred_to, facts.end_reason) == ("", EndReason.AGENT_HUNG_UP)


def test_a_transfer_outside_tries_the_next_trunk() -> None:
    story = talking().hear(transfer(OUTSIDE), ended(TARGET, 11, Cause(34, 503)))
    assert [command.target.trunk_id for command in story.told(Dial)] == [2]


def test_whoever_asks_need_not_wait_for_the_outcome() -> None:
    story = talking().hear(transfer(TO_BOB), LegHungUp(leg_id=AGENT, at=at(10.2)), ended(AGENT, 10.3))
    assert story.commands == []
    story.hear(LegAnswered(leg_id=TARGET, at=at(13)))
    assert story.told(JoinBridge) == [JoinBridge(bridge_id=BRIDGE, leg_id=TARGET)]
    assert not story.told(ReportTransfer)


def test_a_transfer_that_nobody_waits_for_and_fails_ends_with_a_tone() -> None:
    story = talking().hear(transfer(TO_BOB), LegHungUp(leg_id=AGENT, at=at(10.2)), ended(AGENT, 10.3))
    story.hear(ended(TARGET, 12, BUSY))
    assert story.commands == [PlayTone(leg_id=CALLER_LEG, tone=Tone.BUSY)]
    story.hear(TimerFired(name=RELEASE_TIMER, at=at(14)))
    assert story.commands == [HangUp(leg_id=CALLER_LEG)]
    facts = facts_of(story.released(14).call)
    assert (facts.outcome, facts.end_reason, facts.ended_by) == (
        Outcome.ANSWERED, EndReason.AGENT_TRANSFERRED, EndedBy.SYSTEM,
    )  # fmt: skip


def test_a_transfer_that_rings_out_gives_the_call_back() -> None:
    story = talking().hear(transfer(TO_BOB), TimerFired(name=ring_timer(TARGET), at=at(40)))
    assert story.commands[0] == HangUp(leg_id=TARGET, reason=HangUpReason.NO_ANSWER)
    assert story.told(JoinBridge) == [JoinBridge(bridge_id=BRIDGE, leg_id=AGENT)]
    assert story.hear(ended(TARGET, 40.1)).commands == []


def test_a_transfer_to_nobody_fails_at_once() -> None:
    nobody = Destination(number="6689", members=(member(BOB, is_busy=True),))
    story = talking().hear(transfer(nobody))
    assert story.told(ReportTransfer) == [ReportTransfer(leg_id=AGENT, state=TransferState.FAILED)]
    assert story.call.transfer is None


def test_the_customer_who_hangs_up_during_a_transfer_ends_it_all() -> None:
    story = talking().hear(transfer(TO_BOB), LegHungUp(leg_id=CALLER_LEG, at=at(11)))
    assert {command.leg_id for command in story.told(HangUp)} == {AGENT, TARGET, CALLER_LEG}
    facts = facts_of(story.released(11).call)
    assert (facts.ended_by, facts.transferred_to) == (EndedBy.CUSTOMER, "")


def test_a_hang_up_from_outside_ends_a_transfer_too() -> None:
    story = talking().hear(transfer(TO_BOB), HangUpRequested(at=at(11)))
    assert {command.leg_id for command in story.told(HangUp)} == {AGENT, TARGET, CALLER_LEG}


def test_only_one_transfer_at_a_time() -> None:
    story = talking().hear(transfer(TO_BOB))
    assert story.hear(transfer(OUTSIDE)).commands == []
    assert story.hear(transfer(OUTSIDE, CALLER_LEG)).commands == []


def test_the_command_line_transfers_the_agents_party() -> None:
    story = talking().hear(HoldRequested(at=at(6)), transfer(TO_BOB, ""))
    assert story.commands[0] == StopTone(leg_id=CALLER_LEG, tone=Tone.MUSIC)
    assert not story.told(LeaveBridge)
    story.hear(ended(TARGET, 12, BUSY))
    assert story.told(JoinBridge) == [JoinBridge(bridge_id=BRIDGE, leg_id=AGENT)]


def test_the_recording_goes_on_with_another_leg_when_its_own_steps_aside() -> None:
    story = talking(internal_call(members=(member(BOB),)))
    name = story.call.recording_name
    assert story.call.recorded_leg_id == CALLER_LEG
    story.hear(
        RecordingPauseRequested(at=at(6)), transfer(Destination(number="6690", members=(member(CAROL),)), CALLER_LEG)
    )
    assert story.told(StopRecording) == [StopRecording(leg_id=CALLER_LEG)]
    assert story.told(StartRecording) == [StartRecording(leg_id=AGENT, name=name, part=2, side=Side.RIGHT)]
    assert story.told(PauseRecording) == [PauseRecording(leg_id=AGENT)]


def test_the_recording_begins_another_part_when_somebody_else_talks() -> None:
    story = talking().hear(transfer(TO_BOB), LegAnswered(leg_id=TARGET, at=at(13)))
    (timer,) = story.call.timers
    assert (timer.name, timer.due_at) == (RECORD_TIMER, at(13.06))
    story.hear(RecordingPauseRequested(at=at(13.01)))
    assert story.commands == []
    story.hear(TimerFired(name=RECORD_TIMER, at=at(13.06)))
    assert story.commands == [
        StartRecording(leg_id=CALLER_LEG, name=story.call.recording_name, part=2, side=Side.RIGHT),
        PauseRecording(leg_id=CALLER_LEG),
    ]


def consultation() -> tuple[Story, Story]:
    """A customer talks with Alice, who holds him and asks Bob; the second call's leg ids do not clash."""
    other = replace(internal_call(), id=CALL_ID.__class__(int=CALL_ID.int + 1))
    second = Story(replace(other, legs=(replace(other.legs[0], id="node-2.1"),)))
    bob = f"{second.call.id.hex}-2"
    second.hear(CallStarted(at=at(8)), LegAnswered(leg_id=bob, at=at(9)))
    return talking(), second


def test_an_attended_transfer_joins_the_leg_of_the_other_call() -> None:
    first, second = consultation()
    bob = second.call.line(Party.CUSTOMER)
    assert bob is not None
    second.hear(LegGiven(leg_id=bob.id, at=at(12)))
    assert second.commands == [HangUp(leg_id="node-2.1")]
    assert bob.id not in {leg.id for leg in second.call.live_legs}
    first.hear(LegTaken(replaced_leg_id=AGENT, leg=bob, number="6689", at=at(12)))
    assert first.commands == [
        LeaveBridge(bridge_id=BRIDGE, leg_id=AGENT),
        JoinBridge(bridge_id=BRIDGE, leg_id=bob.id),
        ReportTransfer(leg_id=AGENT, state=TransferState.ANSWERED),
        HangUp(leg_id=AGENT),
        ResetAudio(leg_id=CALLER_LEG),
        StopRecording(leg_id=CALLER_LEG),
    ]
    first.hear(ended(AGENT, 12.1), LegHungUp(leg_id=bob.id, at=at(20))).released(20)
    facts = facts_of(first.call)
    assert (facts.outcome, facts.transferred_to, facts.ended_by) == (Outcome.ANSWERED, "6689", EndedBy.AGENT)
    asked = facts_of(second.released(12.1).call)
    assert (asked.outcome, asked.end_reason, asked.ended_by) == (
        Outcome.ANSWERED, EndReason.AGENT_TRANSFERRED, EndedBy.AGENT,
    )  # fmt: skip


def test_a_leg_that_goes_on_in_another_call_is_no_longer_recorded_for_this_one() -> None:
    _, second = consultation()
    bob = second.call.line(Party.CUSTOMER)
    assert bob is not None
    second = Story(replace(second.call, recorded_leg_id=bob.id)).hear(LegGiven(leg_id=bob.id, at=at(12)))
    assert second.told(StopRecording) == [StopRecording(leg_id=bob.id)]
    assert not second.told(StartRecording)
    assert facts_of(second.call).recording_name != ""


def test_a_leg_that_is_not_answered_cannot_be_given() -> None:
    _, second = consultation()
    bob = second.call.line(Party.CUSTOMER)
    assert bob is not None
    ringing = Story(replace(second.call, legs=(second.call.legs[0], replace(bob, phase=LegPhase.RINGING))))
    assert ringing.hear(LegGiven(leg_id=bob.id, at=at(12))).commands == []
