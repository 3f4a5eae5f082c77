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
from typing import Any

import cordboard
from cordboard.nodes import asterisk, postgres
from cordboard.nodes.failure import StartFailed
from cordboard.nodes.progress import Progress
from cordboard.nodes.runtime_folder import remove_runtime_folder
from cordboard.processes import SOCKET_VARIABLE
from cordboard.processes.supervisor.health import health
from cordboard.processes.supervisor.logs import keep_small
from cordboard.processes.supervisor.preparation import Prepared
from cordboard.processes.supervisor.programs import Keeper, Program
from cordboard.settings import PREFIX, Settings

HEALTHY_SECONDS = 60.0
SHORT_SECONDS = 0.05
# What there is to try, as ``cordboard up --json`` prints it.
Demo = dict[str, Any]
Ready = Callable[[Settings, Demo | None], None]


async def run_station(prepared: Prepared, progress: Progress, warn: Progress, ready: Ready) -> None:
    """Start everything, call ``ready`` when a call could be made, and go on until cancelled. Raises StartFailed."""
    station = Station(prepared, progress, warn)
    try:
        demo = await station.start()
        station.keep()
        ready(prepared.settings, demo)
        await keep_small(prepared.settings.home / "log")
    finally:
        await station.stop()
        remove_runtime_folder(prepared.settings.home)


class Station:
    """The programs, in the order in which they are started. ``groups`` start and stop together."""

    def __init__(self, prepared: Prepared, progress: Progress, warn: Progress) -> None:
        self._prepared = prepared
        self._settings = prepared.settings
        self._progress = progress
        self._warn = warn
        self._groups: list[list[Keeper]] = []

    async def start(self) -> Demo | None:
        """Start all. A program that gives up before all are ready is a failure. Raises StartFailed."""
        server, engine = self._postgres(), self._asterisk()
        self._progress(f"starting {' and '.join(each.name for each in (server, engine) if each)}")
        starting = [asyncio.create_task(self._start([each])) for each in (server, engine) if each]
        try:
            # Let them be started before the import keeps this thread busy.
            await asyncio.sleep(SHORT_SECONDS)
            from cordboard.processes.supervisor import contents  # noqa: PLC0415 - takes as long as they do

            await asyncio.gather(*starting[: 1 if server else 0])
            self._progress("updating the database")
            await contents.migrate(self._settings.database_url)
            demo = await contents.seed_demo(self._settings) if self._settings.demo else None
        finally:
            await asyncio.gather(*starting)
        self._progress("starting our programs")
        await self._start([self._ours("switch"), *self._workers()])
        await self._start([*self._webs(), *([self._lab()] if demo else [])])
        await self._unless_given_up(self._until_healthy())
        if demo:
            await self._unless_given_up(self._within(contents.until_registered(self._settings, demo)))
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
        keepers = [Keeper(program, self._warn) for program in programs]
        self._groups.append(keepers)
        await asyncio.gather(*(keeper.start() for keeper in keepers))

    async def _unless_given_up(self, waiting: Awaitable[None]) -> None:
        """Wait, but not longer than until a program gives up."""
        tasks = [asyncio.ensure_future(waiting), *(asyncio.ensure_future(each.given_up()) for each in self._keepers())]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _until_healthy(self) -> None:
        parts: dict[str, str] = {}
        try:
            async with asyncio.timeout(HEALTHY_SECONDS):
                while (parts := await health(self._settings.http)).get("status") != "ok":
                    await asyncio.sleep(SHORT_SECONDS)
        except TimeoutError:
            failing = [f"{name} {state}" for name, state in parts.items() if state != "ok" and name != "status"]
            reason = f"not ready within {HEALTHY_SECONDS:.0f} s: {', '.join(failing) or parts}"
            raise StartFailed(reason, f"See {self._settings.home / 'log'}") from None

    async def _within(self, waiting: Awaitable[None]) -> None:
        try:
            await asyncio.wait_for(waiting, HEALTHY_SECONDS)
        except TimeoutError:
            raise StartFailed(
                f"the demo's phones have not registered within {HEALTHY_SECONDS:.0f} s", f"See {self._log('lab')}"
            ) from None

    def _postgres(self) -> Program | None:
        server = self._prepared.postgres
        if server is None:
            return None
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

    def _workers(self) -> list[Program]:
        count = self._settings.worker_processes
        return [self._ours("worker", "worker" if number == 1 else f"worker-{number}") for number in range(1, count + 1)]

    def _ours(self, name: str, called: str = "") -> Program:
        return Program(
            name=called or name,
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
        """What our programs are given: exactly these settings."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
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


def supervise(prepared: Prepared, progress: Progress, warn: Progress, ready: Ready) -> None:
    """Run the station until SIGINT, SIGTERM or SIGHUP. Raises StartFailed."""
    stopping = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup says that a closed terminal is no reason
        stopping.append(signal.SIGHUP)

    async def until_stopped() -> None:
        task = asyncio.ensure_future(run_station(prepared, progress, warn, ready))
        for number in stopping:
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
        with contextlib.suppress(asyncio.CancelledError):
            await task

    asyncio.run(until_stopped())
