"""A copy of Cordboard of one's own: what a user starts with ``cordboard up``, for tests and benches."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import aiohttp

from cordboard.nodes import child
from cordboard.nodes.ports import TCP, UDP, free_port

START_SECONDS = 120.0
STOP_SECONDS = 30.0


class CopyFailed(Exception):
    """The copy did not start, or a command of it failed. The text is what it printed."""


class PrivateCopy:
    """A running copy, with its own home and ports. ``settings`` are ``CORDBOARD_<KEY>`` variables by key."""

    def __init__(self, home: Path, settings: Mapping[str, str], *, demo: bool = False) -> None:
        self.home = home
        self.http = f"127.0.0.1:{free_port(TCP)}"
        self.sip_port = free_port(UDP)
        self.sip = f"127.0.0.1:{self.sip_port}"
        chosen = {"home": str(home), "http": self.http, "sip": self.sip, "demo": str(int(demo)), **settings}
        outside = {key: value for key, value in os.environ.items() if not key.startswith("CORDBOARD_")}
        cache = {key: os.environ[key] for key in ("CORDBOARD_CACHE",) if key in os.environ}
        self.environment = outside | cache | {f"CORDBOARD_{key.upper()}": value for key, value in chosen.items()}
        self.process: asyncio.subprocess.Process | None = None
        self._log = home.parent / f"{home.name}.log"

    @property
    def base_url(self) -> str:
        """Where its API is."""
        return f"http://{self.http}"

    @property
    def log(self) -> str:
        """All that it has printed."""
        return self._log.read_text("utf-8", "replace") if self._log.exists() else ""

    async def start(self) -> Self:
        """Start it and wait until a call could be made. Raises CopyFailed."""
        with self._log.open("ab") as log:
            arguments = ("up",) if self.environment["CORDBOARD_DEMO"] == "1" else ("up", "--no-demo")
            self.process = await asyncio.create_subprocess_exec(
                # Whoever started it may be killed: then it stops as if by Ctrl-C.
                *child.launched(_program(*arguments), death_signal=signal.SIGINT),
                env=self.environment,
                stdout=log,
                stderr=log,
                stdin=asyncio.subprocess.DEVNULL,
            )
        async with asyncio.timeout(START_SECONDS):
            while not await self.is_healthy():
                if self.process.returncode is not None:
                    raise CopyFailed(self.log)
                await asyncio.sleep(0.05)
        return self

    async def is_healthy(self) -> bool:
        """Whether a call could be made now."""
        try:
            async with aiohttp.ClientSession() as client, client.get(f"{self.base_url}/healthz") as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False

    async def stop(self) -> None:
        """Stop it as Ctrl-C does, and wait until all its programs are gone."""
        if self.process is None or self.process.returncode is not None:
            return
        self.process.send_signal(signal.SIGINT)
        try:
            await asyncio.wait_for(self.process.wait(), STOP_SECONDS)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self.process.kill()
            await self.process.wait()
            raise CopyFailed(f"did not stop within {STOP_SECONDS:.0f} s:\n{self.log}") from None

    async def run(self, *arguments: str) -> Any:  # noqa: ANN401 - JSON of any shape
        """Run a command of the command line and return what it prints with --json. Raises CopyFailed."""
        process = await asyncio.create_subprocess_exec(
            *_program(*arguments, "--json"),
            env=self.environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        printed, complaint = await process.communicate()
        if process.returncode != 0:
            raise CopyFailed(complaint.decode())
        return json.loads(printed)


def _program(*arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "cordboard", *arguments)
