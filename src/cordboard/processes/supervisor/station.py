"""All programs of one machine: started in order, kept running, stopped in order."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import cordboard
from cordboard.app import build_core
from cordboard.lab.demo import TENANT, Demo, seed
from cordboard.nodes import asterisk, postgres
from cordboard.nodes.failure import StartFailed
from cordboard.nodes.progress import Progress
from cordboard.processes.supervisor.health import health
from cordboard.processes.supervisor.logs import keep_small
from cordboard.processes.supervisor.preparation import Prepared
from cordboard.processes.supervisor.programs import Keeper, Program
from cordboard.processes.web import SOCKET_VARIABLE
from cordboard.settings import PREFIX, Settings
from cordboard.store.migrate import migrate

HEALTHY_SECONDS = 60.0
POLL_SECONDS = 0.05
Ready = Callable[[Settings, Demo | None], None]


async def run_station(prepared: Prepared, progress: Progress, ready: Ready) -> None:
    """Start everything, call ``ready`` when a call could be made, and go on until cancelled. Raises StartFailed."""
    station = Station(prepared, progress)
    try:
        demo = await station.start()
        station.keep()
        ready(prepared.settings, demo)
        await keep_small(prepared.settings.home / "log")
    finally:
        await station.stop()


class Station:
    """The programs, in the order in which they are started. ``groups`` start and stop together."""

    def __init__(self, prepared: Prepared, progress: Progress) -> None:
        self._prepared = prepared
        self._settings = prepared.settings
        self._progress = progress
        self._groups: list[list[Keeper]] = []

    async def start(self) -> Demo | None:
        """Start all. A program that ends before all are ready is a failure. Raises StartFailed."""
        own = [program for program in (self._postgres(), self._asterisk()) if program]
        if self._prepared.postgres:
            self._progress("starting PostgreSQL")
            await self._start(own[:1])
        else:
            await postgres.check_version(self._settings.database_url)
        self._progress("updating the database")
        applied = await migrate(self._settings.database_url)
        if applied:
            self._progress(f"applied {len(applied)} migrations")
        if self._prepared.asterisk:
            self._progress("starting Asterisk")
        engine = asyncio.create_task(self._start(own[1 if self._prepared.postgres else 0 :]))
        try:
            demo = await self._seed() if self._settings.demo else None
        finally:
            await engine
        self._progress("starting our programs")
        await self._start([self._ours("switch"), self._ours("worker")])
        await self._start([*self._webs(), *([self._lab()] if self._settings.demo else [])])
        await self._until_none_ends(self._until_healthy(demo))
        return demo

    def keep(self) -> None:
        """From now on, a program that ends is started again."""
        for keeper in self._keepers():
            keeper.keep()

    async def stop(self) -> None:
        """Stop all, the last started first. When that is cancelled (a second Ctrl-C), end them at once."""
        try:
            for group in reversed(self._groups):
                self._progress(f"stopping {', '.join(keeper.program.name for keeper in group)}")
                await asyncio.gather(*(keeper.stop() for keeper in group))
        finally:
            for keeper in self._keepers():
                keeper.kill()

    def _keepers(self) -> Iterable[Keeper]:
        return (keeper for group in self._groups for keeper in group)

    async def _start(self, programs: list[Program]) -> None:
        keepers = [Keeper(program, self._progress) for program in programs]
        self._groups.append(keepers)
        await asyncio.gather(*(keeper.start() for keeper in keepers))

    async def _until_none_ends(self, waiting: Awaitable[None]) -> None:
        """Wait, but not longer than each program lives."""
        tasks = [asyncio.ensure_future(waiting), *(asyncio.ensure_future(each.ended()) for each in self._keepers())]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _until_healthy(self, demo: Demo | None) -> None:
        parts: dict[str, str] = {}
        try:
            async with asyncio.timeout(HEALTHY_SECONDS):
                while (parts := await health(self._settings.http)).get("status") != "ok":
                    await asyncio.sleep(POLL_SECONDS)
                if demo:
                    await self._until_registered(demo)
        except TimeoutError:
            failing = [f"{name} {state}" for name, state in parts.items() if state != "ok" and name != "status"]
            what = ", ".join(failing) or "the demo's phones have not registered"
            raise StartFailed(
                f"not ready within {HEALTHY_SECONDS:.0f} s: {what}", f"See {self._settings.home / 'log'}"
            ) from None

    async def _until_registered(self, demo: Demo) -> None:
        """Wait until the demo's phones can be called, so that the first call works as printed."""
        core = await build_core(self._settings)
        try:
            tenant = await core.store.system.tenants.by_name(TENANT)
            assert tenant
            for account in demo.accounts:
                while True:
                    async with core.store.for_tenant(tenant.id).transaction() as rows:
                        admission = await rows.admissions.for_call(account.extension)
                    if admission and admission.is_registered:
                        break
                    await asyncio.sleep(POLL_SECONDS)
        finally:
            await core.store.close()

    async def _seed(self) -> Demo:
        self._progress("seeding the demo")
        core = await build_core(self._settings)
        try:
            return await seed(core)
        finally:
            await core.store.close()

    def _postgres(self) -> Program | None:
        server = self._prepared.postgres
        if server is None:
            return None
        server.make_data()
        return Program(
            name="PostgreSQL",
            command=tuple(server.command()),
            log=self._log("postgres"),
            user=server.user,
            held=partial(_held, server),
            is_ready=server.is_ready,
            stop_signal=postgres.STOP_SIGNAL,
            stop_seconds=30.0,
            death_signal=postgres.STOP_SIGNAL,
        )

    def _asterisk(self) -> Program | None:
        if self._prepared.asterisk is None:
            return None
        installation, layout = self._prepared.asterisk
        return Program(
            name="Asterisk",
            command=tuple(asterisk.command(installation, layout)),
            log=self._log("asterisk"),
            user=self._prepared.dropped,
            is_ready=partial(asterisk.is_ready, layout),
            ready_seconds=asterisk.READY_SECONDS,
            stop_signal=asterisk.STOP_SIGNAL,
            stop_seconds=asterisk.STOP_SECONDS,
            stop_again_seconds=asterisk.STOP_AGAIN_SECONDS,
        )

    def _webs(self) -> list[Program]:
        listener = self._prepared.listener.fileno()
        return [
            Program(
                name="web" if number == 1 else f"web-{number}",
                command=_module("cordboard.processes.web"),
                log=self._log("web"),
                environment={**self._environment(), SOCKET_VARIABLE: str(listener)},
                held=partial(_handed, listener),
            )
            for number in range(1, self._settings.web_processes + 1)
        ]

    def _ours(self, name: str) -> Program:
        return Program(
            name=name,
            command=_module(f"cordboard.processes.{name}"),
            log=self._log(name),
            environment=self._environment(),
        )

    def _lab(self) -> Program:
        return Program(
            name="lab", command=_module("cordboard.lab"), log=self._log("lab"), environment=self._environment()
        )

    def _log(self, name: str) -> Path:
        return self._settings.home / "log" / f"{name}.log"

    def _environment(self) -> dict[str, str]:
        """What our programs are given: exactly these settings, and nothing that would lead to another database."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith((PREFIX, "PG"))}
        package_root = str(Path(cordboard.__file__).parents[1])
        return kept | self._settings.environment() | {"PYTHONPATH": package_root}


def _module(name: str) -> tuple[str, ...]:
    return (sys.executable, "-m", name)


@asynccontextmanager
async def _held(server: postgres.PostgresServer) -> AsyncIterator[tuple[int, ...]]:
    """The lock on the data folder, for the server to keep."""
    lock = await asyncio.to_thread(server.take_data)
    try:
        yield (lock,)
    finally:
        os.close(lock)


@asynccontextmanager
async def _handed(descriptor: int) -> AsyncIterator[tuple[int, ...]]:
    yield (descriptor,)


def supervise(prepared: Prepared, progress: Progress, ready: Ready) -> None:
    """Run the station until SIGINT, SIGTERM or SIGHUP. Raises StartFailed."""

    async def until_stopped() -> None:
        task = asyncio.ensure_future(run_station(prepared, progress, ready))
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
        with contextlib.suppress(asyncio.CancelledError):
            await task

    asyncio.run(until_stopped())
