"""The ``switch`` program: owns one engine node, its provisioning, and every call on it.

It may be killed at any moment: calls go on in the engine, and the next start adopts them.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from uuid import UUID

import structlog

from cordboard.actions.core import Core
from cordboard.app import build_core, build_engine
from cordboard.domain.arrival import Arrival, TransferAsked
from cordboard.domain.errors import Unavailable
from cordboard.domain.instruction import InstructionKind, event_of
from cordboard.domain.leg_events import LegEvent
from cordboard.domain.registration import Node, Registration, TrunkState
from cordboard.engine.port import Engine, EngineAway, EngineConnected, EngineDisconnected, EngineRefused
from cordboard.processes.program import run_program
from cordboard.processes.reception import Reception
from cordboard.processes.switchboard import Switchboard
from cordboard.settings import Settings

log = structlog.get_logger()

POLL_SECONDS = 0.25
BEAT_SECONDS = 1.0
SWEEP_SECONDS = 5.0
RESYNC_SECONDS = 30.0
# An engine that stays away this long has lost its calls as far as anybody can tell: 60 s with the sweep.
LOST_AFTER_SECONDS = 45.0
# Revisions begin at 1.
UNPROVISIONED = 0


class Switch:
    """One node at work."""

    def __init__(self, core: Core, engine: Engine, node: Node) -> None:
        self._core = core
        self._engine = engine
        self._node = node
        self._board = Switchboard(core, engine)
        self._reception = Reception(core, engine, self._board, node.id, self._wake_queue)
        self._startup_time = node.startup_time
        self._has_adopted = False
        self._is_connected = False
        self._beating = asyncio.Lock()
        self._away_since = core.clock.monotonic()
        self._applied_revision = UNPROVISIONED
        self._woken = {name: asyncio.Event() for name in ("call_queued", "call_instruction", "configuration")}
        self._announced: list[UUID] = []
        self._polled_at = 0.0

    async def run(self) -> None:
        """Work until cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._engine.run())
                tasks.create_task(self._read_engine())
                tasks.create_task(self._listen())
                tasks.create_task(self._every(POLL_SECONDS, self._start_queued, wake="call_queued"))
                tasks.create_task(self._every(BEAT_SECONDS, self._carry_out, wake="call_instruction"))
                tasks.create_task(self._every(BEAT_SECONDS, self._provision, wake="configuration"))
                tasks.create_task(self._every(BEAT_SECONDS, self._beat))
                tasks.create_task(self._every(SWEEP_SECONDS, self._sweep))
                tasks.create_task(self._every(RESYNC_SECONDS, self._resync_registrations))
        finally:
            self._reception.close()
            self._board.close()

    async def _every(self, seconds: float, work: Callable[[], Awaitable[float | None]], wake: str = "") -> None:
        """Do ``work`` when woken, and at the latest every ``seconds``; sooner when it returns a shorter time."""
        woken = self._woken.get(wake, asyncio.Event())
        while True:
            pause = seconds
            try:
                pause = min(seconds, await work() or seconds)
            except (Unavailable, EngineAway, EngineRefused) as away:  # refused, too: no answer in time
                log.warning("part_away", work=work.__name__, reason=str(away))
            # Not wait_for: in Python 3.11 it swallows a cancellation that comes together with the wake-up.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await woken.wait()
            woken.clear()

    async def _listen(self) -> None:
        async with self._core.store.listen(*self._woken) as notifications:
            async for channel, payload in notifications:
                if channel == "call_queued":
                    self._announced.append(UUID(hex=payload.partition(":")[2]))
                for name, event in self._woken.items():
                    if channel in (name, ""):
                        event.set()

    def _wake_queue(self) -> None:
        self._woken["call_queued"].set()

    async def _read_engine(self) -> None:
        async for event in self._engine.events():
            match event:
                case LegEvent():
                    self._board.leg_event(event)
                case Arrival():
                    self._reception.arrive(event)
                case TransferAsked():
                    self._reception.transfer_asked(event)
                case Registration():
                    await self._try(self._core.store.system.registrations.put(self._node.id, event))
                case TrunkState():
                    await self._try(self._core.store.system.trunk_states.put(self._node.id, event))
                case EngineConnected():
                    await self._connected(event)
                case EngineDisconnected():
                    self._is_connected = False
                    self._away_since = self._core.clock.monotonic()
                    log.warning("engine_disconnected")

    async def _try(self, writing: Awaitable[None]) -> None:
        """A lost registration is healed by the next resync: not worth stopping for."""
        try:
            await writing
        except Unavailable as away:
            log.warning("registration_not_written", reason=str(away))

    async def _connected(self, event: EngineConnected) -> None:
        """Adopt what goes on, or close what was lost, before anything new is started."""
        log.info("engine_connected", startup_time=event.startup_time)
        has_restarted = event.startup_time != self._startup_time
        while True:
            try:
                self._board.adopt(await self._core.store.system.calls.open(self._node.id))
                self._has_adopted = True
                break
            except Unavailable:
                await asyncio.sleep(POLL_SECONDS)
        if has_restarted:
            self._board.lose_engine()
            await self._forget_provisioning()
        self._startup_time = event.startup_time
        self._is_connected = True
        try:
            await self._board.reconcile(only_quiet=False)
            await self._provision()
            await self._resync_registrations()
            await self._beat()
        except (EngineAway, EngineRefused, Unavailable) as away:
            log.warning("engine_not_ready", reason=str(away))
        for woken in self._woken.values():
            woken.set()

    async def _forget_provisioning(self) -> None:
        """The engine knows no phone and no trunk any more: until it does, the node is not fit for calls."""
        await self._engine.forget_provisioning()
        self._applied_revision = UNPROVISIONED
        try:
            await self._core.store.system.nodes.set_applied_revision(self._node.id, UNPROVISIONED)
        except Unavailable as away:
            log.warning("engine_not_ready", reason=str(away))

    async def _start_queued(self) -> float | None:
        """Admit announced calls at once; the poll heals announcements that were lost."""
        if not self._is_connected:
            return None
        calls, now = self._core.store.system.calls, self._core.clock.monotonic()
        announced, self._announced = self._announced, []
        found = [await calls.get(call_id) for call_id in announced]
        self._board.enqueue(call for call in found if call is not None and call.node_id == self._node.id)
        self._board.admit()
        if now - self._polled_at >= POLL_SECONDS:
            self._board.enqueue(await calls.queued(self._node.id))
            self._polled_at = now
        return self._board.admit()

    async def _carry_out(self) -> None:
        if not self._has_adopted:
            return  # what goes on was not adopted yet: an instruction would be taken and reach no call
        for instruction in await self._core.store.system.instructions.take(self._node.id):
            if instruction.kind is InstructionKind.TRANSFER:
                is_told = self._reception.transfer(instruction.call_id, instruction.argument, instruction.at)
            else:
                is_told = self._board.tell(instruction.call_id, event_of(instruction.kind, instruction.at))
            if not is_told:
                log.info("instruction_too_late", call=instruction.call_id.hex, kind=instruction.kind.value)

    async def _provision(self) -> None:
        if not self._is_connected:
            return
        system = self._core.store.system
        if await system.configuration.revision() == self._applied_revision:
            return
        configuration = await system.configuration.load()
        await self._engine.provision(configuration)
        self._applied_revision = configuration.revision
        await system.nodes.set_applied_revision(self._node.id, configuration.revision)

    async def _beat(self) -> None:
        # One at a time: a slow one from before the connection would say afterwards that there is none.
        async with self._beating:
            await self._core.store.system.nodes.beat(
                self._node.id,
                at=self._core.clock.now(),
                startup_time=self._startup_time,
                is_connected=self._is_connected,
                live_calls=self._board.live_calls,
            )

    async def _sweep(self) -> None:
        if self._is_connected:
            await self._board.reconcile(only_quiet=True)
        elif self._core.clock.monotonic() - self._away_since > LOST_AFTER_SECONDS:
            self._board.lose_engine()

    async def _resync_registrations(self) -> None:
        if self._is_connected:
            seen = await self._engine.registrations()
            await self._core.store.system.registrations.replace_all(self._node.id, seen)


async def work(settings: Settings) -> None:
    """Run this copy's node until cancelled."""
    core = await build_core(settings)
    try:
        node = await core.store.system.nodes.upsert(settings.node_name)
        await Switch(core, build_engine(settings, core.clock), node).run()
    finally:
        await core.store.close()


if __name__ == "__main__":
    run_program("switch", work)
