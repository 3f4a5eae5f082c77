"""Logs that do not grow without end. Programs write to their files themselves; we look from time to time."""

import asyncio
import contextlib
import os
import shutil
from pathlib import Path

LARGEST_BYTES = 20_000_000
LOOK_SECONDS = 60.0


async def keep_small(folder: Path) -> None:
    """For ever: a log that became large is copied aside, over the last copy, and emptied.

    Programs append, so they go on at the start of the emptied file. A line written between copy and cut is lost.
    """
    while True:
        for log in folder.glob("*.log"):
            # A disk that is full, a file that somebody took away: no reason to stop what runs.
            with contextlib.suppress(OSError):
                await _keep_small(log)
        await asyncio.sleep(LOOK_SECONDS)


async def _keep_small(log: Path) -> None:
    if log.stat().st_size > LARGEST_BYTES:
        await asyncio.to_thread(shutil.copy, log, log.with_suffix(".log.1"))
        os.truncate(log, 0)
