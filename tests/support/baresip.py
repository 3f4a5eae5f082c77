"""baresip as a phone: a softphone that people use, with its own SIP stack, codecs and jitter buffer."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cordboard.lab.parties import is_complete
from cordboard.nodes.ports import TCP, UDP, free_port
from tests.support.programs import Program
from tests.support.tones import Sound, read_wav, sine, write_wav

# "account" last: it looks for the codecs.
MODULES = ("ctrl_tcp.so", "menu.so", "uuid.so", "g711.so", "aufile.so", "sndfile.so", "account.so")
WAIT_SECONDS = 20.0
# It plays a file once: longer than any test talks.
TONE_SECONDS = 60.0

Event = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class BaresipAccount:
    """A SIP account. ``registrar`` is host:port; no password: it does not register."""

    username: str
    registrar: str
    password: str = ""
    is_answering: bool = False

    def line(self) -> str:
        """As baresip's file ``accounts`` has it."""
        registration = (
            f";auth_user={self.username};auth_pass={self.password};regint=60" if self.password else ";regint=0"
        )
        mode = "auto" if self.is_answering else "manual"
        return f"<sip:{self.username}@{self.registrar}>{registration};answermode={mode};audio_codecs=PCMA\n"


class Baresip:
    """A running phone. ``events`` are all that it told, oldest first."""

    def __init__(self, folder: Path, sip_port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.folder = folder
        self.sip_port = sip_port
        self.events: list[Event] = []
        self._writer = writer
        self._change = asyncio.Event()
        self._reading = asyncio.create_task(self._read(reader))

    async def do(self, command: str, parameters: str = "") -> None:
        """Give it a command of its menu: ``dial``, ``accept``, ``hangup``, ``hold``, ``resume``."""
        text = json.dumps({"command": command, "params": parameters}).encode()
        self._writer.write(b"%d:%s," % (len(text), text))
        await self._writer.drain()

    async def until(self, kind: str, *, seconds: float = WAIT_SECONDS) -> Event:
        """Wait for an event of ``kind`` (``CALL_INCOMING``, ``CALL_ESTABLISHED``, ``CALL_CLOSED``).

        One that answers by itself tells nothing of ``CALL_INCOMING``. Raises TimeoutError.
        """
        async with asyncio.timeout(seconds):
            while True:
                if found := [event for event in self.events if event["type"] == kind]:
                    return found[-1]
                await self._change.wait()

    async def heard(self) -> Sound:
        """What it heard in its last call, which has ended."""
        path = max(self.folder.glob("dump-*-dec.wav"))
        async with asyncio.timeout(WAIT_SECONDS):
            while True:
                if is_complete(path):
                    return read_wav(path)[0]
                await asyncio.sleep(0.02)

    async def close(self) -> None:
        """Let it go."""
        self._writer.close()
        await self._reading

    async def _read(self, reader: asyncio.StreamReader) -> None:
        """Messages are JSON in netstrings: ``<length>:<text>,``."""
        try:
            while True:
                length = int((await reader.readuntil(b":"))[:-1])
                message = json.loads((await reader.readexactly(length + 1))[:-1])
                if message.get("event"):
                    self.events.append(message)
                    self._change.set()
                    self._change = asyncio.Event()
        except (asyncio.IncompleteReadError, ConnectionError):
            return


@asynccontextmanager
async def running_baresip(
    program: Program, folder: Path, account: BaresipAccount, *, tone_hz: int
) -> AsyncIterator[Baresip]:
    """Start one that plays ``tone_hz`` and records what it hears in ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    control_port, sip_port = free_port(TCP), free_port(UDP)
    write_wav(folder / "tone.wav", sine(tone_hz, TONE_SECONDS))
    (folder / "config").write_text(_config(program, folder, control_port, sip_port), "utf-8")
    (folder / "accounts").write_text(account.line(), "utf-8")
    process = await program.start("-f", str(folder), folder=folder)
    try:
        phone = await _connect(process, folder, control_port, sip_port)
        try:
            yield phone
        finally:
            await phone.close()
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


async def _connect(process: asyncio.subprocess.Process, folder: Path, port: int, sip_port: int) -> Baresip:
    async with asyncio.timeout(WAIT_SECONDS):
        while process.returncode is None:
            try:
                return Baresip(folder, sip_port, *await asyncio.open_connection("127.0.0.1", port))
            except ConnectionRefusedError:
                await asyncio.sleep(0.02)
    raise AssertionError(f"baresip ended:\n{(folder / 'output.log').read_text()}")


def _config(program: Program, folder: Path, control_port: int, sip_port: int) -> str:
    modules = "".join(f"module {name}\n" for name in MODULES)
    return f"""module_path {program.prefix.path}/usr/lib/baresip/modules
{modules}
sip_listen 127.0.0.1:{sip_port}
net_interface 127.0.0.1
ctrl_tcp_listen 127.0.0.1:{control_port}
audio_source aufile,{folder}/tone.wav
audio_alert aufile,{folder}/tone.wav
snd_path {folder}
rtp_stats no
statmode_default off
call_max_calls 1
"""
