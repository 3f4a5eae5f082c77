"""Far ends that cost little: one SIPp is all phones, another is the carrier."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from tests.support.programs import Program, fetch_program
from tests.support.sipp import SCENARIOS

from cordboard.nodes.ports import UDP, free_port


@dataclass(frozen=True, slots=True, kw_only=True)
class FarEnds:
    """Where they listen, on 127.0.0.1. The phones are not there before ``phones`` is entered: they register first."""

    program: Program
    folder: Path
    phone_port: int
    carrier_port: int

    def phones(self) -> contextlib.AbstractAsyncContextManager[None]:
        """Phones that answer at once and wait for the other side to hang up."""
        return _running(self.program, self.folder, "answer", self.phone_port, 0)


@contextlib.asynccontextmanager
async def running_far_ends(folder: Path, talk_seconds: float) -> AsyncIterator[FarEnds]:
    """A carrier that answers at once and hangs up after ``talk_seconds``; and the phones' port."""
    program = fetch_program(("sip-tester",), "usr/bin/sipp")
    far_ends = FarEnds(program=program, folder=folder, phone_port=free_port(UDP), carrier_port=free_port(UDP))
    async with _running(program, folder, "answer_and_hang_up", far_ends.carrier_port, talk_seconds):
        yield far_ends


@contextlib.asynccontextmanager
async def _running(program: Program, folder: Path, scenario: str, port: int, pause: float) -> AsyncIterator[None]:
    process = await program.start(
        "-sf", str(SCENARIOS / f"{scenario}.xml"), "-i", "127.0.0.1", "-mi", "127.0.0.1", "-p", str(port),
        "-d", str(int(pause * 1000)), "-aa", "-nostdin", "127.0.0.1", folder=folder,
    )  # fmt: skip
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGKILL)
        await asyncio.wait_for(process.wait(), 10)
