"""What holds for every flow, whatever comes, how often and in which order."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from cordboard.domain.call import advance
from cordboard.domain.call_facts import facts_of
from cordboard.domain.call_state import Call, CallPhase, Destination, FlowName, LegPhase, Party, Step
from cordboard.domain.cause import Cause
from cordboard.domain.commands import Dial, HangUp, StartRecording
from cordboard.domain.flows import FLOWS
from cordboard.domain.leg_events import (
    CallInput,
    CallStarted,
    CommandFailed,
    EngineLost,
    HangUpRequested,
    HoldRequested,
    LegAnswered,
    LegEnded,
    LegGiven,
    LegHeld,
    LegHungUp,
    LegProgressed,
    LegResumed,
    LegRinging,
    LegTaken,
    RecordingPauseRequested,
    RecordingResumeRequested,
    ResumeRequested,
    TimerFired,
    TransferRequested,
)
from cordboard.domain.moves import RECORD_TIMER, RELEASE_TIMER, bridged, ring_timer
from cordboard.domain.reconcile import reconcile
from cordboard.domain.snapshot import EngineSnapshot, LegSnapshot
from tests.support.calls import (
    ALICE,
    BOB,
    CALLER_LEG,
    CAROL,
    START,
    at,
    inbound_call,
    incoming_leg,
    internal_call,
    member,
    outbound_call,
    queued_call,
    route,
)

LEGS = st.one_of(
    st.integers(min_value=1, max_value=6).map(lambda ordinal: f"{queued_call().id.hex}-{ordinal}"),
    st.just(CALLER_LEG),
)
TIMES = st.integers(min_value=-5_000, max_value=120_000).map(lambda ms: START + timedelta(milliseconds=ms))
CAUSES = st.builds(Cause, st.sampled_from([0, 1, 16, 17, 19, 21, 34, 127]), st.sampled_from([None, 200, 404, 486, 503]))
PLAIN = st.sampled_from([
    CallStarted, HangUpRequested, RecordingPauseRequested, RecordingResumeRequested, HoldRequested, ResumeRequested,
])  # fmt: skip
OF_LEG = st.sampled_from([LegRinging, LegProgressed, LegAnswered, LegHeld, LegResumed, LegHungUp])
DESTINATIONS = (
    Destination(number="6689", members=(member(BOB),)),
    Destination(number="6690", members=(member(CAROL, phones=0),)),
    Destination(number="+84987654321", routes=(route(1), route(2))),
)
TAKEN = replace(incoming_leg(Party.AGENT), id="node-9.9", phase=LegPhase.ANSWERED, answered_at=START)
HAPPENINGS: st.SearchStrategy[CallInput] = st.one_of(
    st.builds(lambda kind, at: kind(at=at), PLAIN, TIMES),
    st.builds(lambda kind, leg_id, at: kind(leg_id=leg_id, at=at), OF_LEG, LEGS, TIMES),
    st.builds(LegEnded, leg_id=LEGS, at=TIMES, cause=CAUSES),
    st.builds(
        TimerFired, at=TIMES, name=st.one_of(LEGS.map(ring_timer), st.sampled_from([RELEASE_TIMER, RECORD_TIMER]))
    ),
    st.builds(EngineLost, at=TIMES),
    st.builds(
        TransferRequested, leg_id=st.one_of(LEGS, st.just("")), destination=st.sampled_from(DESTINATIONS), at=TIMES
    ),
    st.builds(LegGiven, leg_id=LEGS, at=TIMES),
    st.builds(LegTaken, replaced_leg_id=LEGS, leg=st.just(TAKEN), number=st.just("6690"), at=TIMES),
)
MEMBERS = st.lists(
    st.builds(lambda agent, phones, is_busy: member(agent, phones=phones, is_busy=is_busy),
              st.sampled_from([ALICE, BOB, CAROL]), st.integers(min_value=0, max_value=2), st.booleans()),
    min_size=1, max_size=3, unique_by=lambda member: member.agent_id,
).map(tuple)  # fmt: skip
ROUTES = st.integers(min_value=1, max_value=3).map(lambda routes: tuple(map(route, range(1, routes + 1))))
CALLS: st.SearchStrategy[Call] = st.one_of(
    st.builds(
        lambda members, first, routes: queued_call(members=members, first=first, routes=routes),
        MEMBERS, st.sampled_from(list(Party)), ROUTES,
    ),
    st.builds(lambda routes: outbound_call(routes=routes), ROUTES),
    st.builds(lambda members: inbound_call(members=members), MEMBERS),
    st.builds(lambda members: internal_call(members=members), MEMBERS),
)  # fmt: skip


def steps(call: Call, happenings: list[CallInput]) -> Iterator[Step]:
    for happening in happenings:
        step = advance(call, happening)
        call = step.call
        yield step


def test_every_flow_is_covered() -> None:
    assert set(FLOWS) == {make().flow for make in (queued_call, outbound_call, inbound_call, internal_call)}
    assert set(FLOWS) == set(FlowName)


@given(CALLS, st.lists(HAPPENINGS, max_size=40))
@settings(max_examples=500)
def test_an_event_told_again_at_once_changes_nothing(call: Call, happenings: list[CallInput]) -> None:
    for happening in happenings:
        call = advance(call, happening).call
        again = advance(call, happening)
        assert again.call is call
        assert (again.commands, again.events) == ((), ())


@given(CALLS, st.lists(HAPPENINGS, max_size=60))
@settings(max_examples=500)
def test_a_call_only_goes_forward_and_ends_once(call: Call, happenings: list[CallInput]) -> None:
    order = list(CallPhase)
    ends = 0
    for step in steps(call, happenings):
        assert order.index(step.call.phase) >= order.index(call.phase)
        assert call.ending is None or step.call.ending == call.ending
        assert call.connected_at is None or step.call.connected_at == call.connected_at
        ends += sum(type(event).__name__ == "CallEnded" for event in step.events)
        call = step.call
    assert ends == int(call.is_over)


@given(CALLS, st.lists(HAPPENINGS, max_size=60))
@settings(max_examples=500)
def test_each_leg_is_dialled_once_and_no_more_than_the_flow_needs(call: Call, happenings: list[CallInput]) -> None:
    commands = [command for step in steps(call, happenings) for command in step.commands]
    dialled = [command.leg_id for command in commands if isinstance(command, Dial)]
    transfers = sum(isinstance(happening, TransferRequested) for happening in happenings)
    phones = sum(len(member.phones) for member in call.members)
    assert len(dialled) == len(set(dialled)) <= phones + len(call.routes) + 2 * transfers
    parts = [command.part for command in commands if isinstance(command, StartRecording)]
    assert parts == list(range(1, len(parts) + 1))


@given(CALLS, st.lists(HAPPENINGS, max_size=40))
@settings(max_examples=500)
def test_no_duration_is_ever_negative(call: Call, happenings: list[CallInput]) -> None:
    for step in steps(call, happenings):
        call = step.call
    facts = facts_of(call)
    assert facts.held_milliseconds >= 0
    if facts.ended_at is not None:
        assert facts.ended_at >= facts.requested_at
        assert facts.connected_at is None or facts.ended_at >= facts.connected_at


@given(CALLS, st.lists(HAPPENINGS, max_size=40))
@settings(max_examples=500)
def test_once_every_leg_is_gone_the_call_is_over(call: Call, happenings: list[CallInput]) -> None:
    """No call is left behind: after anything at all, taking every leg down ends it."""
    for step in steps(advance(call, CallStarted(at=START)).call, happenings):
        call = step.call
    for _ in range(12):
        for leg in call.live_legs:
            call = advance(call, LegEnded(leg_id=leg.id, at=at(200), cause=Cause(16))).call
    assert call.is_over or call.phase is CallPhase.QUEUED


@given(CALLS, st.lists(HAPPENINGS, max_size=40))
@settings(max_examples=500)
def test_an_empty_engine_ends_any_call(call: Call, happenings: list[CallInput]) -> None:
    """Adoption: whatever a call went through, one that the engine knows nothing of is closed by reconciling."""
    for step in steps(advance(call, CallStarted(at=START)).call, happenings):
        call = step.call
    for later in range(1, 8):
        call = reconcile(call, EngineSnapshot(taken_at=at(1_000 * later))).call
    assert call.is_over or call.phase is CallPhase.QUEUED


@given(CALLS, st.lists(HAPPENINGS, max_size=40))
@settings(max_examples=500)
def test_commands_that_fail_leave_no_party_alone_for_ever(call: Call, happenings: list[CallInput]) -> None:
    for happening in (CallStarted(at=START), *happenings):
        step = advance(call, happening)
        call = step.call
        for command in step.commands:
            is_gone = isinstance(command, HangUp)
            call = advance(call, CommandFailed(at=at(0), command=command, reason="refused", is_gone=is_gone)).call
    assert call.is_over or call.phase is not CallPhase.CONNECTED or len(call.live_legs) >= 1


@given(CALLS, st.lists(HAPPENINGS, max_size=40))
@settings(max_examples=300)
def test_reconciling_with_an_engine_that_agrees_changes_nothing(call: Call, happenings: list[CallInput]) -> None:
    for step in steps(call, happenings):
        call = step.call
    call = replace(call, timers=())
    legs = {
        leg.id: LegSnapshot(
            leg_id=leg.id, is_answered=leg.is_answered, is_ringing=leg.ringing_at is not None, created_at=leg.dialled_at
        )
        for leg in call.live_legs
    }
    members = frozenset(leg.id for leg in bridged(call))
    bridges = {f"{call.id.hex}-bridge": members} if call.has_bridge else {}
    step = reconcile(call, EngineSnapshot(taken_at=at(500), legs=legs, bridges=bridges))
    assert step.call is call
    assert all(isinstance(command, HangUp) for command in step.commands)


@given(CALLS, st.lists(HAPPENINGS, max_size=40))
@settings(max_examples=500)
def test_a_connected_call_has_both_parties_or_looks_for_one(call: Call, happenings: list[CallInput]) -> None:
    for step in steps(advance(call, CallStarted(at=START)).call, happenings):
        call = step.call
        if call.phase is CallPhase.CONNECTED:
            missing = {party for party in Party if call.line(party) is None}
            assert not missing or (call.transfer is not None and missing == {call.transfer.party})
