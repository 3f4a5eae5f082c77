"""Logs that do not grow without end. Programs write to their files themselves; we look from time to time."""

import asyncio
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
            if log.stat().st_size > LARGEST_BYTES:
                await asyncio.to_thread(shutil.copyfile, log, log.with_suffix(".log.1"))
                with log.open("r+b") as file:
                    file.truncate()
        await asyncio.sleep(LOOK_SECONDS)
