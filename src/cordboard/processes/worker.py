"""The ``worker`` program: delivers webhooks, finishes recordings, releases late records, counts, purges.

Any number of them may run, and each may be killed at any moment: what it had in hand comes back when its lease ends,
and its deliveries within a second or two if another one runs on its machine.
"""

import asyncio
import os
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, suppress
from uuid import UUID

import structlog

from cordboard.actions.core import Core
from cordboard.actions.count_deliveries import DeliveryCounts
from cordboard.actions.deliver_webhook import AttemptLog, claim_deliveries, deliver_webhook
from cordboard.actions.finish_recording import claim_recordings, finish_recording
from cordboard.actions.fold_counts import fold_counts
from cordboard.actions.purge import purge
from cordboard.actions.send_mails import send_mails
from cordboard.actions.settle_records import settle_records
from cordboard.actions.switch_off_webhooks import look_after_webhooks
from cordboard.app import build_core
from cordboard.delivery.address_guard import AddressGuard
from cordboard.delivery.sender import Sender
from cordboard.domain.errors import Unavailable
from cordboard.domain.webhook import Delivery
from cordboard.media.archive import Archive
from cordboard.processes.crew import Crew
from cordboard.processes.life import is_dead, name_of
from cordboard.processes.outage import Outage
from cordboard.processes.program import run_program
from cordboard.settings import Settings

log = structlog.get_logger()

POLL_SECONDS = 0.25
BEAT_SECONDS = 1.0
PURGE_SECONDS = 3600.0
FOLD_SECONDS = 1.0
LOOK_AFTER_SECONDS = 5.0
# Requests at once, in all: each costs a socket and about 60 kB. A target has its own, smaller limit.
DELIVERIES_AT_ONCE = 500
# Recordings at once; most of them wait for the engine to be done with the file.
RECORDINGS_AT_ONCE = 100
ENCODING_THREADS = 4
# Above the programs that talk to people: a recording can wait, a call cannot.
ENCODING_NICENESS = 10
# What is in hand at a stop gets this long, less than a supervisor's patience; the rest comes back by its lease.
FINISH_SECONDS = 10


class Worker:
    """One worker process at work."""

    def __init__(self, core: Core, sender: Sender, threads: ThreadPoolExecutor) -> None:
        self._core = core
        archive = Archive(core.settings.recordings)
        self._sender = sender
        self._attempts = AttemptLog(core)
        self._counts = DeliveryCounts(core)
        self._archive = archive
        self._reported: set[UUID] = set()
        self._name = f"{core.settings.node_name}/{os.getpid()}"
        holder = name_of(os.getpid())
        self._deliveries = Crew(
            "deliveries",
            hands=DELIVERIES_AT_ONCE,
            poll_seconds=POLL_SECONDS,
            claim=lambda limit: claim_deliveries(core, limit, holder),
            work=self._deliver,
            key=lambda delivery: delivery.id,
        )
        self._recordings = Crew(
            "recordings",
            hands=RECORDINGS_AT_ONCE,
            poll_seconds=POLL_SECONDS,
            claim=lambda limit: claim_recordings(core, limit),
            work=lambda recording: finish_recording(core, archive, threads, recording),
            key=lambda recording: recording.name,
        )

    async def run(self) -> None:
        """Work until cancelled; then finish what is in hand."""
        try:
            await self._turn_log_days()
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._listen())
                tasks.create_task(self._deliveries.run())
                tasks.create_task(self._recordings.run())
                tasks.create_task(self._every(POLL_SECONDS, "settle", self._settle))
                tasks.create_task(self._every(PURGE_SECONDS, "purge", self._purge))
                tasks.create_task(self._every(FOLD_SECONDS, "fold", self._fold))
                tasks.create_task(self._every(BEAT_SECONDS, "beat", self._beat))
                tasks.create_task(self._every(BEAT_SECONDS, "leases", self._end_leases_of_the_dead))
                tasks.create_task(self._every(LOOK_AFTER_SECONDS, "webhooks", self._look_after_webhooks))
                tasks.create_task(self._every(LOOK_AFTER_SECONDS, "mails", self._send_mails))
        finally:
            await asyncio.gather(self._deliveries.finish(FINISH_SECONDS), self._recordings.finish(FINISH_SECONDS))
            with suppress(Unavailable):
                await self._counts.write()

    async def _turn_log_days(self) -> None:
        """Before the first result is logged: a day's partition is not made once rows of it lie elsewhere."""
        try:
            await self._core.store.system.turn_log_days(self._core.clock.now())
        except Unavailable as away:
            log.warning("log_days_not_made", reason=str(away))  # rows go to the common partition; the purge tries again

    async def _listen(self) -> None:
        """Wake the deliveries when some were committed. The poll heals what is not heard."""
        async with self._core.store.listen("delivery_due") as notifications:
            async for _ in notifications:
                self._deliveries.wake()

    async def _every(self, seconds: float, name: str, work: Callable[[], Awaitable[object]]) -> None:
        outage = Outage(name)
        while True:
            try:
                await work()
                outage.end()
            except Unavailable as away:
                outage.begin(away)
            except Exception:
                # One part that fails, for whatever reason, must not stop the others.
                log.exception("work_failed", work=name)
            await asyncio.sleep(seconds)

    async def _settle(self) -> None:
        await settle_records(self._core, self._reported)

    async def _purge(self) -> None:
        await purge(self._core, self._archive)

    async def _fold(self) -> None:
        await fold_counts(self._core)

    async def _deliver(self, delivery: Delivery) -> None:
        self._counts.count(await deliver_webhook(self._core, self._sender, self._attempts, delivery))

    async def _end_leases_of_the_dead(self) -> None:
        """What a worker that was killed on this machine had in hand need not wait for its lease's end."""
        deliveries = self._core.store.system.deliveries
        if dead := [each for each in await deliveries.lease_holders() if each and is_dead(each)]:
            log.warning("leases_of_the_dead", workers=dead)
            await deliveries.end_leases(dead, self._core.clock.now())

    async def _look_after_webhooks(self) -> None:
        await look_after_webhooks(self._core)

    async def _send_mails(self) -> None:
        await send_mails(self._core)

    async def _beat(self) -> None:
        await self._counts.write()
        await self._core.store.system.workers.beat(self._name, self._core.clock.now())


def _step_back() -> None:
    """Let this thread alone run behind others (Linux keeps niceness by thread)."""
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), ENCODING_NICENESS)


async def work(settings: Settings) -> None:
    """Run a worker until cancelled."""
    async with AsyncExitStack() as stack:
        core = await build_core(settings)
        stack.push_async_callback(core.store.close)
        guard = AddressGuard(settings.allow_networks)
        timeout_seconds = settings.delivery_timeout_seconds
        sender = await stack.enter_async_context(Sender(guard, core.clock, timeout_seconds=timeout_seconds))
        threads = stack.enter_context(ThreadPoolExecutor(ENCODING_THREADS, "encode", _step_back))
        await Worker(core, sender, threads).run()


if __name__ == "__main__":
    run_program("worker", work)
