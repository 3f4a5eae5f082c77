"""One program under the supervisor: started, waited for, started again when it dies, stopped."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from cordboard.nodes import child
from cordboard.nodes.failure import StartFailed
from cordboard.nodes.progress import Progress
from cordboard.nodes.user import ServiceUser

FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 10.0
# A program that ran this long did not die of how it was started.
STEADY_SECONDS = 30.0


@asynccontextmanager
async def _nothing() -> AsyncIterator[tuple[int, ...]]:
    yield ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What to start and how to stop it.

    ``held`` gives, around each start, descriptors to hand down. ``is_ready`` says when it can be used; until then
    what needs it waits. ``death_signal`` is sent to it when the supervisor is killed.
    """

    name: str
    command: tuple[str, ...]
    log: Path
    user: ServiceUser | None = None
    environment: Mapping[str, str] | None = None
    held: Callable[[], AbstractAsyncContextManager[tuple[int, ...]]] = _nothing
    is_ready: Callable[[], Awaitable[bool]] | None = None
    ready_seconds: float = 60.0
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 15.0
    stop_again_seconds: float | None = None
    death_signal: signal.Signals = signal.SIGKILL


class Keeper:
    """Keeps one program running. ``tell`` hears what happens to it."""

    def __init__(self, program: Program, tell: Progress) -> None:
        self.program = program
        self._tell = tell
        self._process: asyncio.subprocess.Process | None = None
        self._keeping: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start it and wait until it is ready. Raises StartFailed."""
        program = self.program
        async with program.held() as descriptors:
            self._process = await child.start(
                program.command,
                log=program.log,
                user=program.user,
                environment=program.environment,
                descriptors=descriptors,
                death_signal=program.death_signal,
            )
        if program.is_ready:
            await child.until_ready(
                self._process, program.is_ready, log=program.log, within_seconds=program.ready_seconds
            )

    async def given_up(self) -> None:
        """For the time until all is ready: raise StartFailed when it gives up by itself, since it cannot start then.

        One that was killed has not given up; it is started again.
        """
        assert self._process is not None
        while (code := await self._process.wait()) < 0:
            self._tell(f"{self.program.name} ended ({meaning(code)}); starting it again. Its log: {self.program.log}")
            await self.start()
        raise StartFailed(
            f"{self.program.name} ended ({meaning(code)}): {child.last_words(self.program.log)}",
            f"See {self.program.log}",
        )

    def keep(self) -> None:
        """From now on, start it again whenever it ends."""
        self._keeping = asyncio.create_task(self._keep(), name=f"keep {self.program.name}")

    async def _keep(self) -> None:
        pause = FIRST_PAUSE_SECONDS
        while True:
            assert self._process is not None
            started_at = time.monotonic()
            code = await self._process.wait()
            if time.monotonic() - started_at > STEADY_SECONDS:
                pause = FIRST_PAUSE_SECONDS
            self._tell(f"{self.program.name} ended ({meaning(code)}); starting it again. Its log: {self.program.log}")
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
            try:
                await self.start()
            except (StartFailed, OSError) as failed:
                self._tell(f"{self.program.name}: {failed}")
                self.kill()

    async def stop(self) -> None:
        """Stop it, for good."""
        if self._keeping:
            self._keeping.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeping
        if self._process:
            program = self.program
            await child.stop(
                self._process, program.stop_signal, program.stop_seconds, again_seconds=program.stop_again_seconds
            )

    def kill(self) -> None:
        """End it and its children at once, if it runs."""
        if self._process and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)


def meaning(code: int) -> str:
    """An exit code in words."""
    return f"exit code {code}" if code >= 0 else signal.Signals(-code).name
