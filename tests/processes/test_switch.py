"""The switch on a simulated engine and a real PostgreSQL: what is written, and what happens when parts go away."""

import asyncio
import contextlib
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from unittest.mock import patch

import pytest

from cordboard.actions.instruct_call import instruct_call
from cordboard.actions.make_call import AcceptedCall
from cordboard.domain.call_facts import RecordingStatus
from cordboard.domain.call_state import CallPhase, EndedBy, EndReason
from cordboard.domain.cause import Outcome
from cordboard.domain.commands import Dial, HangUp
from cordboard.domain.errors import NotFound
from cordboard.domain.instruction import InstructionKind
from cordboard.domain.webhook import EventKind
from cordboard.engine.fake_script import Script
from cordboard.processes.switch import Switch
from cordboard.store import Store
from cordboard.store.migrate import migrate
from cordboard.store.nodes import Nodes
from tests.processes.desk import Desk, until, working
from tests.support.core import PLAIN, Shop, make_core, open_shop
from tests.support.database import Cluster, make_cluster


async def subscribe(desk: Desk, *kinds: EventKind) -> None:
    rows = desk.core.store.for_tenant(desk.shop.tenant.id)
    kinds = (*kinds, EventKind.CALL_RECORDED)
    await rows.subscriptions.add(dialect="plain", url="http://127.0.0.1:1/", kinds=kinds)


async def test_a_call_becomes_a_record_with_a_recording_to_settle(desk: Desk) -> None:
    await subscribe(desk)
    desk.script(Script.answering(after_seconds=0, talk_seconds=0.2))
    call = await desk.call(request_id="T-1")
    facts = await desk.record(call)
    assert (facts.outcome, facts.ended_by, facts.request_id) == (Outcome.ANSWERED, EndedBy.CUSTOMER, "T-1")
    assert facts.recording_status is RecordingStatus.PENDING
    assert await desk.bodies() == []  # it waits for its recording
    (recording,) = await desk.core.store.system.recordings.claim(10, desk.core.clock.now(), 60)
    assert recording.name == facts.recording_name
    assert await desk.core.store.for_tenant(desk.shop.tenant.id).calls.live() == []
    await until(lambda: _empty(desk))


async def _empty(desk: Desk) -> bool:
    return not desk.engine.network.legs and not desk.engine.network.bridges


async def test_a_slow_sign_of_life_from_before_the_connection_is_not_the_last_word(shop: Shop) -> None:
    beat, written = Nodes.beat, list[bool]()

    async def beat_slowly(
        nodes: Nodes, node_id: int, *, at: datetime, startup_time: str, is_connected: bool, live_calls: int
    ) -> None:
        if not is_connected:
            await asyncio.sleep(0.3)
        await beat(nodes, node_id, at=at, startup_time=startup_time, is_connected=is_connected, live_calls=live_calls)
        written.append(is_connected)

    async def are_enough() -> bool:
        return len(written) >= 3

    with patch.object(Nodes, "beat", beat_slowly):
        async with working(shop):
            await until(are_enough)
    assert written[0] is False
    assert written == sorted(written)


async def test_an_unanswered_call_tells_its_subscribers_in_the_same_transaction(desk: Desk) -> None:
    await subscribe(desk)
    desk.script(Script.rejecting(486))
    call = await desk.call()
    assert (await desk.record(call)).outcome is Outcome.BUSY
    assert await desk.bodies() == [f"{call.reference} busy none".encode()]


async def test_every_change_is_told_to_whoever_wants_it(desk: Desk) -> None:
    await subscribe(desk, EventKind.CALL_CHANGED)
    desk.script(Script.answering(after_seconds=0))
    call = await desk.call()
    await desk.phase(call, CallPhase.CONNECTED)
    assert await desk.bodies() == [f"{call.reference} live none".encode()]


async def test_a_phone_that_rings_out_is_released_by_the_calls_own_timer(desk: Desk) -> None:
    desk.script(Script.answering(), Script.ringing_out())
    facts = await desk.record(await desk.call())
    assert (facts.outcome, facts.end_reason) == (Outcome.MISSED, EndReason.AGENT_NO_ANSWER)


async def test_an_instruction_reaches_the_call(desk: Desk) -> None:
    desk.script(Script.answering(after_seconds=0))
    call = await desk.call()
    await desk.phase(call, CallPhase.CONNECTED)
    await instruct_call(desk.core, desk.shop.tenant.id, call.id, InstructionKind.HANG_UP)
    assert (await desk.record(call)).end_reason is EndReason.SYSTEM_HUNG_UP


async def test_a_queued_call_can_be_hung_up(store: Store, tmp_path: Path) -> None:
    async with working(await open_shop(make_core(store, tmp_path, max_calls=0))) as desk:
        call = await desk.call()
        await until(lambda: _instructed(desk, call))
        assert (await desk.record(call)).end_reason is EndReason.SYSTEM_HUNG_UP
        assert not any(isinstance(command, Dial) for command in desk.engine.executed)


async def _instructed(desk: Desk, call: AcceptedCall) -> bool:
    """Told again until it is heard: the switch may not have read the queue yet."""
    rows = desk.core.store.for_tenant(desk.shop.tenant.id)
    if await rows.cdrs.get(call.id) is None:
        with contextlib.suppress(NotFound):
            await instruct_call(desk.core, desk.shop.tenant.id, call.id, InstructionKind.HANG_UP)
        await asyncio.sleep(0.1)
    return await rows.cdrs.get(call.id) is not None


async def test_a_call_that_cannot_be_written_is_tried_again(desk: Desk) -> None:
    await subscribe(desk)
    desk.script(Script.rejecting(486))
    desk.core.renderers.clear()  # type: ignore[attr-defined] # a dialect that went missing: no error that we expect
    call = await desk.call()
    await asyncio.sleep(0.7)
    assert await desk.core.store.for_tenant(desk.shop.tenant.id).cdrs.get(call.id) is None
    desk.core.renderers.update(PLAIN)  # type: ignore[attr-defined] # a dict, in tests
    assert (await desk.record(call)).outcome is Outcome.BUSY


async def test_what_happened_while_the_connection_was_cut_is_made_up_for(desk: Desk) -> None:
    desk.script(Script.answering(after_seconds=0, talk_seconds=0.5))
    call = await desk.call()
    await desk.phase(call, CallPhase.CONNECTED)
    desk.engine.cut()
    await asyncio.sleep(0.7)  # the customer hangs up, and nobody is told
    desk.engine.connect()
    facts = await desk.record(call)
    assert facts.outcome is Outcome.ANSWERED
    await until(lambda: _empty(desk))


async def test_a_restarted_engine_ends_its_calls_and_is_provisioned_again(desk: Desk) -> None:
    desk.script(Script.answering(after_seconds=0))
    call = await desk.call()
    await desk.phase(call, CallPhase.CONNECTED)
    desk.engine.restart()
    facts = await desk.record(call)
    assert (facts.outcome, facts.end_reason) == (Outcome.ANSWERED, EndReason.ENGINE_LOST)
    desk.script(Script.rejecting(486))
    assert (await desk.record(await desk.call())).outcome is Outcome.BUSY


async def test_a_new_switch_adopts_the_calls_of_the_old_one(shop: Shop) -> None:
    async with working(shop) as first:
        first.script(Script.answering(after_seconds=0))
        call = await first.call()
        await first.phase(call, CallPhase.CONNECTED)
        first.task.cancel()
        await asyncio.gather(first.task, return_exceptions=True)
        (node,) = await shop.core.store.system.nodes.list()
        second = asyncio.create_task(Switch(shop.core, first.engine, node).run())
        try:
            first.engine.cut()
            first.engine.connect()
            await instruct_call(shop.core, shop.tenant.id, call.id, InstructionKind.HANG_UP)
            assert (await first.record(call)).outcome is Outcome.ANSWERED
        finally:
            second.cancel()
            await asyncio.gather(second, return_exceptions=True)


async def test_a_leg_of_nobodys_call_is_taken_down(desk: Desk) -> None:
    desk.script(Script.answering(after_seconds=0))
    call = await desk.call()
    await desk.phase(call, CallPhase.CONNECTED)
    async with desk.core.store.for_tenant(desk.shop.tenant.id).transaction() as rows:
        await rows.calls.delete(call.id)
    desk.task.cancel()
    await asyncio.gather(desk.task, return_exceptions=True)
    await asyncio.sleep(2.1)  # younger legs are not judged
    (node,) = await desk.core.store.system.nodes.list()
    another = asyncio.create_task(Switch(desk.core, desk.engine, node).run())
    desk.engine.cut()
    try:
        await until(lambda: _empty(desk))
    finally:
        another.cancel()
        await asyncio.gather(another, return_exceptions=True)


async def test_a_call_that_waits_too_long_fails_without_ringing_anybody(store: Store, tmp_path: Path) -> None:
    core = make_core(store, tmp_path, queue_seconds=1, max_calls=0)
    shop = await open_shop(core)
    async with working(shop) as desk:
        await subscribe(desk)
        call = await desk.call()
        facts = await desk.record(call)
        assert (facts.outcome, facts.end_reason) == (Outcome.FAILED, EndReason.QUEUE_EXPIRED)
        assert await desk.bodies() == [f"{call.reference} failed none".encode()]
        assert not any(isinstance(command, Dial) for command in desk.engine.executed)


@pytest.fixture
def mortal_cluster() -> Iterator[Cluster]:
    """A server that may be stopped."""
    cluster = make_cluster()
    yield cluster
    cluster.stop()
    shutil.rmtree(cluster.folder)


async def test_a_database_that_is_away_stops_nobody_from_hanging_up(mortal_cluster: Cluster, tmp_path: Path) -> None:
    url = await mortal_cluster.new_database()
    await migrate(url)
    store = await Store.open(url, key_file=tmp_path / "secret.key")
    async with working(await open_shop(make_core(store, tmp_path))) as desk:
        desk.script(Script.answering(after_seconds=0, talk_seconds=2))
        call = await desk.call()
        await desk.phase(call, CallPhase.CONNECTED)
        mortal_cluster.stop()
        await until(lambda: _hung_up(desk))
        mortal_cluster.start()
        facts = await desk.record(call)
        assert (facts.outcome, facts.ended_by) == (Outcome.ANSWERED, EndedBy.CUSTOMER)
    await store.close()


async def _hung_up(desk: Desk) -> bool:
    return any(isinstance(command, HangUp) for command in desk.engine.executed)
