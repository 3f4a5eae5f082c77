import asyncio
from datetime import timedelta

from cordboard.actions.await_applied import LIVE, LONGEST_SECONDS, await_applied
from cordboard.actions.core import Core
from cordboard.actions.create_agent import NewAgent, create_agent
from cordboard.domain.tenant import Tenant


async def live_node(core: Core, name: str, *, age: timedelta = timedelta(0)) -> int:
    nodes = core.store.system.nodes
    node = await nodes.upsert(name)
    at = core.clock.now() - age
    await nodes.beat(node.id, at=at, startup_time="1", is_connected=True, live_calls=0)
    return node.id


async def test_without_a_live_node_there_is_nothing_to_wait_for(core: Core) -> None:
    await core.store.system.nodes.upsert("never seen")
    await live_node(core, "long gone", age=LIVE + timedelta(seconds=1))
    started = core.clock.monotonic()
    assert await await_applied(core, 10)
    assert core.clock.monotonic() - started < LONGEST_SECONDS


async def test_a_change_is_in_force_on_every_live_node_when_its_action_returns(core: Core, tenant: Tenant) -> None:
    node_ids = [await live_node(core, name) for name in ("one", "two")]
    applied: list[int] = []

    async def switch(node_id: int) -> None:
        async with core.store.listen("configuration") as notifications:
            ready.release()
            async for channel, payload in notifications:
                if channel:
                    await core.store.system.nodes.set_applied_revision(node_id, int(payload))
                    applied.append(node_id)
                    return

    ready = asyncio.Semaphore(0)
    async with asyncio.TaskGroup() as tasks:
        for node_id in node_ids:
            tasks.create_task(switch(node_id))
            await ready.acquire()
        await create_agent(core, tenant, NewAgent(user_name="alice", extension="6688"))
        assert sorted(applied) == node_ids


async def test_a_node_that_does_not_apply_is_not_waited_for_longer_than_said(core: Core) -> None:
    await live_node(core, "stuck")
    started = core.clock.monotonic()
    assert not await await_applied(core, 10)
    assert LONGEST_SECONDS <= core.clock.monotonic() - started < LIVE.total_seconds()
