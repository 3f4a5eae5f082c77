"""Starting other programs so that none outlives us, however we end."""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from cordboard.nodes import launch
from cordboard.nodes.failure import StartFailed
from cordboard.nodes.user import ServiceUser

READY_POLL_SECONDS = 0.03


def launched(
    command: Sequence[str | Path], *, user: ServiceUser | None = None, death_signal: signal.Signals = signal.SIGKILL
) -> list[str]:
    """``command``, as ``user``, sent ``death_signal`` when this process ends.

    To be started from this process's main thread: the tie is to the thread that forks.
    """
    owner = f"{user.uid}:{user.gid}" if user else "-"
    # -I -S: 10 ms instead of 40.
    head = (sys.executable, "-I", "-S", launch.__file__, str(os.getpid()), str(int(death_signal)), owner)
    program, *arguments = (str(part) for part in command)
    # Found here, on our PATH: a dropped user may not be able to read what Python would need to look for it.
    return [*head, shutil.which(program) or program, *arguments]


def run(
    command: Sequence[str | Path],
    *,
    user: ServiceUser | None = None,
    environment: Mapping[str, str] | None = None,
    cwd: Path = Path("/"),
) -> subprocess.CompletedProcess[str]:
    """Run to its end and return what it printed, both streams together. It ends when we do."""
    return subprocess.run(
        launched(command, user=user),
        env={**os.environ, "LC_ALL": "C.UTF-8", **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        cwd=cwd,
        check=False,
    )


async def start(
    command: Sequence[str | Path],
    *,
    log: Path,
    user: ServiceUser | None = None,
    environment: Mapping[str, str] | None = None,
    descriptors: Sequence[int] = (),
    death_signal: signal.Signals = signal.SIGKILL,
) -> asyncio.subprocess.Process:
    """Start it in a session of its own, so that a terminal's Ctrl-C reaches only us; what it prints goes to ``log``.

    ``descriptors`` are handed down. ``environment`` replaces ours when given.
    """
    # Logs name numbers that were called: for their owner only.
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        return await asyncio.create_subprocess_exec(
            *launched(command, user=user, death_signal=death_signal),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=environment,
            pass_fds=descriptors,
            start_new_session=True,
            cwd="/",
        )
    finally:
        os.close(output)


async def stop(
    process: asyncio.subprocess.Process,
    stop_signal: signal.Signals,
    within_seconds: float,
    *,
    again_seconds: float | None = None,
) -> None:
    """Ask it to stop, wait, and end it and its children if it does not.

    ``again_seconds``: ask again that often, for programs that lose a signal that comes while they start.
    """
    deadline = time.monotonic() + within_seconds
    while process.returncode is None and (left := deadline - time.monotonic()) > 0:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(stop_signal)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), min(left, again_seconds or left))
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


async def until_ready(
    process: asyncio.subprocess.Process, is_ready: Callable[[], Awaitable[bool]], *, log: Path, within_seconds: float
) -> None:
    """Wait until ``is_ready``.

    Raises:
        StartFailed: it ended before that, with the end of ``log``; or it takes longer.
    """
    deadline = time.monotonic() + within_seconds
    while not await is_ready():
        if process.returncode is not None:
            raise StartFailed(f"{log.stem} ended as it started: {last_words(log)}", f"See {log}")
        if time.monotonic() > deadline:
            raise StartFailed(f"{log.stem} was not ready within {within_seconds:.0f} s", f"See {log}")
        await asyncio.sleep(READY_POLL_SECONDS)


def last_words(log: Path) -> str:
    """The last line of a log, for a reason that names more than an exit code."""
    try:
        lines = log.read_text("utf-8", "replace")[-2000:].splitlines()
    except OSError:
        return "it said nothing"
    return next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")
