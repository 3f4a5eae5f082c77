"""Far ends that cost little: one SIPp is all phones, another is the carrier."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from cordboard.lab.private_copy import free_port
from tests.support.programs import Program
from tests.support.sipp import SCENARIOS, sipp_program

UDP_PORTS_APART = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class FarEnds:
    """Where they listen, on 127.0.0.1."""

    phone_port: int
    carrier_port: int


@contextlib.asynccontextmanager
async def running_far_ends(folder: Path, talk_seconds: float) -> AsyncIterator[FarEnds]:
    """Phones that answer at once and wait; a carrier that answers at once and hangs up after ``talk_seconds``."""
    program = sipp_program()
    phone_port, carrier_port = free_port(), free_port()
    async with contextlib.AsyncExitStack() as stack:
        for scenario, port, pause in (("answer", phone_port, 0.0), ("answer_and_hang_up", carrier_port, talk_seconds)):
            await stack.enter_async_context(_running(program, folder / scenario, scenario, port, pause))
        yield FarEnds(phone_port=phone_port, carrier_port=carrier_port)


@contextlib.asynccontextmanager
async def _running(program: Program, folder: Path, scenario: str, port: int, pause: float) -> AsyncIterator[None]:
    folder.mkdir()
    process = await program.start(
        "-sf", str(SCENARIOS / f"{scenario}.xml"), "-i", "127.0.0.1", "-mi", "127.0.0.1", "-p", str(port),
        "-d", str(int(pause * 1000)), "-nostdin", "127.0.0.1", folder=folder,
    )  # fmt: skip
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGKILL)
        await asyncio.wait_for(process.wait(), 10)
