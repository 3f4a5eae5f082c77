"""A switch at work on a simulated engine and a real PostgreSQL, to test with."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from cordboard.actions.core import Core
from cordboard.actions.make_call import AcceptedCall, CallRequest, make_call
from cordboard.app import SystemClock
from cordboard.domain.call_facts import CallFacts
from cordboard.domain.call_state import Call, CallPhase
from cordboard.domain.errors import Unavailable
from cordboard.engine.fake import FakeEngine
from cordboard.engine.fake_legs import FakeLeg
from cordboard.engine.fake_script import Script
from cordboard.processes.switch import Switch
from tests.support.core import Shop

T = TypeVar("T")

CUSTOMER = "0912345678"


@dataclass(slots=True, kw_only=True)
class Desk:
    """A shop, its switch at work, and the engine behind it."""

    shop: Shop
    engine: FakeEngine
    task: asyncio.Task[None]

    @property
    def core(self) -> Core:
        return self.shop.core

    async def call(self, **changes: str) -> AcceptedCall:
        """Ask for a call that is accepted."""
        wanted = {"extension": "6688", "number": CUSTOMER} | changes
        return await make_call(self.core, self.shop.tenant, CallRequest(**wanted))  # type: ignore[arg-type] # texts

    def script(self, customer: Script, agent: Script | None = None) -> None:
        """What the customer does when called, and the agent."""
        self.engine.network.script("+84912345678", customer)
        answering = Script.answering(after_seconds=0)
        self.engine.network.script(self.shop.agent.sip_username, agent or answering)

    async def record(self, call: AcceptedCall | Call) -> CallFacts:
        """The final record, as soon as there is one."""

        async def look() -> CallFacts | None:
            with contextlib.suppress(Unavailable):
                return await self.core.store.for_tenant(self.shop.tenant.id).cdrs.get(call.id)
            return None

        return await until(look)

    async def phase(self, call: AcceptedCall | Call, phase: CallPhase) -> None:
        """Wait until the live call is that far."""

        async def look() -> bool:
            live = await self.core.store.for_tenant(self.shop.tenant.id).calls.get(call.id)
            return live is not None and live.phase is phase

        await until(look)

    async def live(self, leg: FakeLeg, phase: CallPhase | None = None) -> Call:
        """The live call that a leg belongs to, once it is that far."""

        async def look() -> Call | None:
            for call in await self.core.store.for_tenant(self.shop.tenant.id).calls.live():
                if any(each.id == leg.id for each in call.live_legs) and phase in (None, call.phase):
                    return call
            return None

        return await until(look)

    async def calls(self) -> int:
        """How many calls the tenant has now."""
        return len(await self.core.store.for_tenant(self.shop.tenant.id).calls.live())

    async def bodies(self) -> list[bytes]:
        """What waits to be delivered, oldest first."""
        due = await self.core.store.system.deliveries.claim(100, self.core.clock.now(), 1, 100)
        return [delivery.body for delivery in sorted(due, key=lambda each: each.created_at)]


async def until(look: Callable[[], Awaitable[T | None]], seconds: float = 20) -> T:
    async with asyncio.timeout(seconds):
        while not (found := await look()):
            await asyncio.sleep(0.02)
    return found


@contextlib.asynccontextmanager
async def working(shop: Shop) -> AsyncIterator[Desk]:
    """A switch at work for ``shop``, whose agent's phone is registered."""
    engine = FakeEngine(SystemClock())
    engine.network.register(shop.agent.sip_username)
    task = asyncio.create_task(Switch(shop.core, engine, shop.node).run())
    try:
        await until(lambda: _is_ready(shop))
        yield Desk(shop=shop, engine=engine, task=task)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _is_ready(shop: Shop) -> bool:
    (node,) = await shop.core.store.system.nodes.list()
    return node.startup_time.startswith("start") and node.applied_revision > 0
