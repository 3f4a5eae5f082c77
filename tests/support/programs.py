"""Programs of Debian that the tests use: fetched into the cache with all they need, without root, never installed."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cordboard.nodes import child, debian
from cordboard.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A program in an unpacked set of packages. ``path`` is relative to it."""

    prefix: debian.Prefix
    path: str

    async def start(self, *arguments: str, folder: Path) -> asyncio.subprocess.Process:
        """Start it in ``folder``, to end with this process; what it prints goes to ``output.log`` there."""
        with (folder / "output.log").open("ab") as log:
            return await asyncio.create_subprocess_exec(
                *child.launched(self.prefix.command(self.path, *arguments)),
                cwd=folder,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )


def fetch_program(packages: Sequence[str], path: str) -> Program:
    """The program ``path`` (``usr/bin/sipp``) of ``packages``, from the machine's own suite. Raises StartFailed."""
    prefix = debian.fetch(packages, suite=None, cache=Settings.load().cache, name=packages[0])
    return Program(prefix=prefix, path=path)
