"""Lost commands are repeated, lost events made up for, leftovers taken down."""

from datetime import datetime
from uuid import uuid4

from cordboard.domain.call import advance
from cordboard.domain.call_state import Call, CallPhase, EndReason
from cordboard.domain.commands import (
    CreateBridge,
    DestroyBridge,
    Dial,
    HangUp,
    HangUpReason,
    JoinBridge,
    Side,
    StartRecording,
)
from cordboard.domain.leg_events import CallInput, CallStarted, HangUpRequested, LegAnswered, LegRinging
from cordboard.domain.reconcile import orphans, reconcile
from cordboard.domain.snapshot import EngineSnapshot, LegSnapshot
from tests.support.calls import AGENT_LEG, BRIDGE, CALLER_LEG, CUSTOMER_LEG, at, queued_call


def after(*happenings: CallInput) -> Call:
    call = queued_call()
    for happening in happenings:
        call = advance(call, happening).call
    return call


def seen(leg_id: str, *, answered: bool = False, ringing: bool = False, since: float = 0) -> LegSnapshot:
    return LegSnapshot(leg_id=leg_id, is_answered=answered, is_ringing=ringing, created_at=at(since))


def snapshot(taken: float, *legs: LegSnapshot, bridges: dict[str, frozenset[str]] | None = None) -> EngineSnapshot:
    return EngineSnapshot(taken_at=at(taken), legs={leg.leg_id: leg for leg in legs}, bridges=bridges or {})


STARTED = CallStarted(at=at(0))
AGENT_UP = LegAnswered(leg_id=AGENT_LEG, at=at(3))
CUSTOMER_UP = LegAnswered(leg_id=CUSTOMER_LEG, at=at(9))


def test_a_dial_that_never_arrived_is_repeated() -> None:
    (command,) = reconcile(after(STARTED), snapshot(3)).commands
    assert isinstance(command, Dial)
    assert command.leg_id == AGENT_LEG


def test_a_leg_without_any_sign_is_given_up_after_a_while() -> None:
    step = reconcile(after(STARTED), snapshot(12))
    assert step.call.is_over


def test_a_leg_that_rang_and_vanished_is_not_rung_again() -> None:
    step = reconcile(after(STARTED, LegRinging(leg_id=AGENT_LEG, at=at(1))), snapshot(4))
    assert step.call.is_over
    assert not any(isinstance(command, Dial) for command in step.commands)


def test_an_answer_that_was_missed_goes_on_with_the_flow() -> None:
    step = reconcile(after(STARTED), snapshot(5, seen(AGENT_LEG, answered=True)))
    kinds = [type(command) for command in step.commands]
    assert kinds == [CreateBridge, JoinBridge, Dial]


def test_a_connection_that_was_missed_starts_the_recording() -> None:
    both = (seen(AGENT_LEG, answered=True), seen(CUSTOMER_LEG, answered=True))
    bridges = {BRIDGE: frozenset({AGENT_LEG, CUSTOMER_LEG})}
    step = reconcile(after(STARTED, AGENT_UP), snapshot(12, *both, bridges=bridges))
    assert step.call.connected_at == at(12)
    assert [type(command) for command in step.commands] == [StartRecording]


def test_a_recording_that_may_not_have_started_is_started_again() -> None:
    both = (seen(AGENT_LEG, answered=True), seen(CUSTOMER_LEG, answered=True))
    bridges = {BRIDGE: frozenset({AGENT_LEG, CUSTOMER_LEG})}
    call = after(STARTED, AGENT_UP, CUSTOMER_UP)
    again = StartRecording(leg_id=CUSTOMER_LEG, name=call.recording_name, part=1, side=Side.RIGHT)
    assert reconcile(call, snapshot(20, *both, bridges=bridges)).commands == (again,)
    assert reconcile(call, snapshot(60, *both, bridges=bridges)).commands == ()


def test_a_lost_bridge_is_made_again() -> None:
    both = (seen(AGENT_LEG, answered=True), seen(CUSTOMER_LEG, answered=True))
    step = reconcile(after(STARTED, AGENT_UP, CUSTOMER_UP), snapshot(20, *both))
    assert step.commands == (
        CreateBridge(bridge_id=BRIDGE),
        JoinBridge(bridge_id=BRIDGE, leg_id=AGENT_LEG),
        JoinBridge(bridge_id=BRIDGE, leg_id=CUSTOMER_LEG),
        StartRecording(leg_id=CUSTOMER_LEG, name=queued_call().recording_name, part=1, side=Side.RIGHT),
    )


def test_a_party_that_vanished_takes_the_other_along() -> None:
    bridges = {BRIDGE: frozenset({AGENT_LEG})}
    step = reconcile(
        after(STARTED, AGENT_UP, CUSTOMER_UP), snapshot(20, seen(AGENT_LEG, answered=True), bridges=bridges)
    )
    assert HangUp(leg_id=AGENT_LEG) in step.commands
    assert step.call.ending is not None
    assert step.call.ending.reason is EndReason.CUSTOMER_FAILED


def test_a_lost_hang_up_is_repeated() -> None:
    call = after(STARTED, AGENT_UP, CUSTOMER_UP, HangUpRequested(at=at(15)))
    step = reconcile(call, snapshot(26, seen(AGENT_LEG, answered=True), seen(CUSTOMER_LEG, answered=True)))
    assert step.commands == (HangUp(leg_id=AGENT_LEG), HangUp(leg_id=CUSTOMER_LEG))
    assert step.call.phase is CallPhase.RELEASING


def test_a_timer_that_nobody_kept_fires() -> None:
    call = after(STARTED, LegRinging(leg_id=AGENT_LEG, at=at(1)))
    step = reconcile(call, snapshot(31, seen(AGENT_LEG, ringing=True)))
    assert step.commands == (HangUp(leg_id=AGENT_LEG, reason=HangUpReason.NO_ANSWER),)
    assert step.call.ending is not None
    assert step.call.ending.reason is EndReason.AGENT_NO_ANSWER


def test_a_leg_dialled_a_moment_before_the_snapshot_is_not_judged() -> None:
    call = after(STARTED, LegRinging(leg_id=AGENT_LEG, at=at(0.5)))
    assert reconcile(call, snapshot(1)).call is call


def test_leftovers_of_unknown_calls_are_taken_down() -> None:
    stray, young = uuid4(), uuid4()
    taken: datetime = at(30)
    engine = EngineSnapshot(
        taken_at=taken,
        legs={
            leg.leg_id: leg
            for leg in (
                seen(f"{stray.hex}-1"),
                seen(f"{young.hex}-1", since=29.5),
                seen(AGENT_LEG, answered=True),
                seen(CALLER_LEG),
                seen("node-1.2"),
            )
        },
        bridges={f"{stray.hex}-bridge": frozenset(), BRIDGE: frozenset({AGENT_LEG})},
    )
    assert orphans(engine, [queued_call().id], {CALLER_LEG}) == (
        HangUp(leg_id=f"{stray.hex}-1"),
        HangUp(leg_id="node-1.2"),
        DestroyBridge(bridge_id=f"{stray.hex}-bridge"),
    )
