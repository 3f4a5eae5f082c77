"""Programs of Debian that the tests use: fetched into the cache without root, never installed."""

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A program unpacked under ``prefix``, with the libraries that came with it."""

    path: Path
    prefix: Path

    async def start(self, *arguments: str, folder: Path, **environment: str) -> asyncio.subprocess.Process:
        """Start it in ``folder``; what it prints goes to ``output.log`` there."""
        libraries = ":".join(str(path) for path in _library_folders(self.prefix))
        with (folder / "output.log").open("ab") as log:
            return await asyncio.create_subprocess_exec(
                str(self.path), *arguments, cwd=folder,
                env={**os.environ, "LD_LIBRARY_PATH": libraries, "TERM": "dumb", **environment},
                stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip


def _library_folders(prefix: Path) -> list[Path]:
    return [folder for folder in (prefix / "usr" / "lib").glob("*-linux-gnu") if folder.is_dir()]
