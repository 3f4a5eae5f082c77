import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.domain.call_state import Call, CallPhase, Leg, Party, Route
from cordboard.domain.instruction import InstructionKind
from cordboard.store.calls import decode_call, encode_call
from tests.store.conftest import NOW, Office
from tests.support.calls import ALICE, BOB, CAROL, incoming_leg, member

_times = st.datetimes(timezones=st.just(NOW.tzinfo))
_text = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
_calls = st.builds(
    Call,
    legs=st.lists(st.builds(Leg, dialled_at=_times, id=_text), max_size=3).map(tuple),
    routes=st.lists(st.builds(Route, caller_number=_text), max_size=2).map(tuple),
    requested_at=_times,
    customer_name=_text,
)


@given(call=_calls)
def test_a_call_comes_out_of_its_json_as_it_went_in(call: Call) -> None:
    assert decode_call(encode_call(call)) == call


async def test_a_call_is_kept_found_changed_and_removed(office: Office) -> None:
    rows, call = office.rows, office.call()
    await rows.calls.insert(call)
    assert await rows.calls.get(call.id) == call
    assert await rows.calls.by_reference(call.reference) == call
    assert await rows.calls.live() == [call]
    changed = office.call(
        id=call.id, phase=CallPhase.DIALLING, last_event_at=NOW + timedelta(microseconds=1), customer_name="Trần 'é'"
    )
    assert await rows.calls.save(changed)
    assert await rows.calls.get(call.id) == changed
    assert await rows.calls.delete(call.id)
    assert not await rows.calls.delete(call.id)
    assert not await rows.calls.save(changed)
    assert await rows.calls.get(call.id) is None
    assert await rows.calls.by_reference(call.reference) is None


async def test_a_node_finds_its_queued_and_open_calls_of_all_tenants(office: Office, other_office: Office) -> None:
    calls = office.store.system.calls
    first, second = office.call(), other_office.call(requested_at=NOW + timedelta(seconds=1))
    started = office.call(phase=CallPhase.CONNECTED, requested_at=NOW + timedelta(seconds=2))
    elsewhere = await office.store.system.nodes.upsert("node-2")
    away = office.call(node_id=elsewhere.id)
    for one, call in ((office, first), (other_office, second), (office, started), (office, away)):
        await one.rows.calls.insert(call)
    assert await calls.queued(office.node.id) == [first, second]
    assert await calls.open(office.node.id) == [first, second, started]
    assert await calls.open(elsewhere.id) == [away]
    assert await calls.get(second.id) == second
    assert await calls.get(uuid4()) is None


async def test_a_new_call_is_announced_when_it_is_committed_and_not_before(office: Office) -> None:
    committed, rolled_back = office.call(), office.call()
    async with office.store.listen("call_queued") as notifications:
        with pytest.raises(ZeroDivisionError):
            async with office.rows.transaction() as rows:
                await rows.calls.insert(rolled_back)
                raise ZeroDivisionError
        async with office.rows.transaction() as rows:
            await rows.calls.insert(committed)
        assert await anext(notifications) == ("call_queued", f"{office.tenant.id}:{committed.id.hex}")


async def occupied(office: Office) -> set[tuple[int, UUID]]:
    """Agent and call of every slot that is taken."""
    rows = await office.rows.calls._door.fetch("SELECT agent_id, call_id FROM call_agents")
    return {(row[0], row[1]) for row in rows}


def ringing(office: Office, call: Call, *agent_ids: int) -> Call:
    """The call while it rings these agents' phones."""
    legs = tuple(
        replace(incoming_leg(Party.AGENT), id=f"{call.id.hex}-{agent_id}", agent_id=agent_id) for agent_id in agent_ids
    )
    return office.call(id=call.id, phase=CallPhase.DIALLING, legs=legs)


async def test_a_call_takes_its_agents_slots_and_gives_them_back(office: Office) -> None:
    rows, call = office.rows, office.call(members=(member(ALICE), member(BOB), member(CAROL, is_busy=True)))
    await rows.calls.insert(call)
    assert await occupied(office) == {(ALICE, call.id), (BOB, call.id)}
    assert await rows.calls.save(ringing(office, call, BOB, CAROL), with_agents=False)
    assert await occupied(office) == {(ALICE, call.id), (BOB, call.id)}
    assert await rows.calls.save(ringing(office, call, BOB, CAROL))
    assert await occupied(office) == {(BOB, call.id), (CAROL, call.id)}
    assert await rows.calls.save(ringing(office, call))
    assert await occupied(office) == set()
    await rows.calls.save(ringing(office, call, ALICE))
    assert await rows.calls.delete(call.id)
    assert await occupied(office) == set()
    assert not await rows.calls.save(ringing(office, call, ALICE))
    assert await occupied(office) == set()


async def test_more_slots_are_taken_until_the_call_is_saved_with_others(office: Office) -> None:
    rows, call = office.rows, office.call(members=(member(ALICE),))
    await rows.calls.insert(call)
    assert await rows.calls.occupy(call.id, {ALICE, BOB})
    assert await rows.calls.occupy(call.id, ())
    assert await occupied(office) == {(ALICE, call.id), (BOB, call.id)}
    await rows.calls.save(ringing(office, call, ALICE))
    assert await occupied(office) == {(ALICE, call.id)}
    await rows.calls.delete(call.id)
    assert not await rows.calls.occupy(call.id, {BOB})
    assert await occupied(office) == set()


async def test_slots_of_a_call_that_ends_at_the_same_time_are_not_left_behind(office: Office) -> None:
    calls = [office.call(members=(member(ALICE),)) for _ in range(20)]
    for call in calls:
        await office.rows.calls.insert(call)
    both = [coroutine for call in calls for coroutine in (office.rows.calls.occupy(call.id, {BOB}),
                                                          office.rows.calls.delete(call.id))]  # fmt: skip
    done = await asyncio.gather(*both)
    assert all(done[1::2])
    assert await occupied(office) == set()


async def test_a_call_whose_node_has_it_in_hand_is_not_announced(office: Office) -> None:
    in_hand, announced = office.call(), office.call()
    async with office.store.listen("call_queued") as notifications:
        await office.rows.calls.insert(in_hand, is_announced=False)
        await office.rows.calls.insert(announced)
        assert await anext(notifications) == ("call_queued", f"{office.tenant.id}:{announced.id.hex}")


async def test_an_instruction_reaches_the_calls_node_once(office: Office) -> None:
    call, store = office.call(), office.store
    await office.rows.calls.insert(call)
    async with store.listen("call_instruction") as notifications:
        assert await office.rows.instructions.insert(call.id, InstructionKind.PAUSE_RECORDING, NOW)
        later = NOW + timedelta(seconds=1)
        assert await office.rows.instructions.insert(call.id, InstructionKind.TRANSFER, later, "101")
        assert await anext(notifications) == ("call_instruction", f"{office.tenant.id}:{call.id.hex}")
    elsewhere = await store.system.nodes.upsert("node-2")
    assert await store.system.instructions.take(elsewhere.id) == []
    taken = await store.system.instructions.take(office.node.id)
    assert [(one.tenant_id, one.call_id, one.kind, one.argument, one.at) for one in taken] == [
        (office.tenant.id, call.id, InstructionKind.PAUSE_RECORDING, "", NOW),
        (office.tenant.id, call.id, InstructionKind.TRANSFER, "101", later),
    ]
    assert await store.system.instructions.take(office.node.id) == []


async def test_an_instruction_for_a_call_that_is_not_live_goes_nowhere(office: Office, other_office: Office) -> None:
    call = office.call()
    await office.rows.calls.insert(call)
    assert not await other_office.rows.instructions.insert(call.id, InstructionKind.HANG_UP, NOW)
    await office.rows.instructions.insert(call.id, InstructionKind.HANG_UP, NOW)
    await office.rows.calls.delete(call.id)
    assert not await office.rows.instructions.insert(call.id, InstructionKind.HANG_UP, NOW)
    assert await office.store.system.instructions.take(office.node.id) == []
