"""baresip as a phone: a softphone that people use, with its own SIP stack, codecs and jitter buffer."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from cordboard.lab.parties import is_complete
from cordboard.nodes.ports import TCP, free_port
from tests.support.ports import free_sip_port
from tests.support.programs import Program
from tests.support.tones import Sound, read_wav, sine, write_wav

# "account" last: it looks for the codecs.
MODULES = (
    "ctrl_tcp.so", "menu.so", "uuid.so", "g711.so", "g722.so", "opus.so", "aufile.so", "sndfile.so", "account.so",
)  # fmt: skip
ALAW, ULAW, G722, OPUS = "PCMA/8000/1", "PCMU/8000/1", "G722/16000/1", "opus/48000/2"
WAIT_SECONDS = 20.0
# It plays a file once: longer than any test talks.
TONE_SECONDS = 60.0

Event = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class BaresipAccount:
    """A SIP account. ``registrar`` is host:port; no password: it does not register. ``codecs``: the best first."""

    username: str
    registrar: str
    password: str = ""
    is_answering: bool = False
    codecs: tuple[str, ...] = (ALAW,)

    def line(self) -> str:
        """As baresip's file ``accounts`` has it."""
        registration = (
            f";auth_user={self.username};auth_pass={self.password};regint=60" if self.password else ";regint=0"
        )
        mode = "auto" if self.is_answering else "manual"
        codecs = ",".join(self.codecs)
        return f"<sip:{self.username}@{self.registrar}>{registration};answermode={mode};audio_codecs={codecs}\n"


class Baresip:
    """A running phone. ``events`` are all that it told, oldest first; of calls their ``id`` is the SIP Call-ID.

    What it is told to do it does with its latest call, or with the one that was chosen by ``choose``.
    """

    def __init__(
        self, account: BaresipAccount, folder: Path, sip_port: int,
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter,
    ) -> None:  # fmt: skip
        self.account = account
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

    async def dial(self, number: str) -> str:
        """Call ``number``; return the call's id as soon as there is any answer. Raises TimeoutError."""
        before = {event.get("id") for event in self.events}
        await self.do("dial", f"sip:{number}@{self.account.registrar}")
        async with asyncio.timeout(WAIT_SECONDS):
            while True:
                ids = (event.get("id") for event in self.events if event.get("direction") == "outgoing")
                if new := next((call_id for call_id in ids if call_id and call_id not in before), None):
                    return str(new)
                await self._change.wait()

    async def choose(self, call_id: str) -> None:
        """Take this call for what comes next."""
        await self.do("callfind", call_id)

    async def send_digits(self, digits: str) -> None:
        """Press keys: telephone-events (RFC 4733)."""
        await self.do("sndcode", digits)

    async def transfer(self, number: str) -> None:
        """Put ``number`` in its own place (REFER, RFC 3515)."""
        await self.do("transfer", f"sip:{number}@{self.account.registrar}")

    async def transfer_to(self, number: str, call_id: str) -> None:
        """Put ``number``, whom it talks to in its other call ``call_id``, in its own place (RFC 3891)."""
        ours, theirs = self._tags(call_id)
        replaces = quote(f"{call_id};to-tag={theirs};from-tag={ours}", safe="")
        await self.do("transfer", f"sip:{number}@{self.account.registrar}?Replaces={replaces}")

    @property
    def digits(self) -> str:
        """The keys that were pressed at the other end."""
        return "".join(event["param"] for event in self.events if event["type"] == "CALL_DTMF_START")

    async def until(self, kind: str, call_id: str = "", *, seconds: float = WAIT_SECONDS) -> Event:
        """Wait for an event of ``kind`` (``CALL_INCOMING``, ``CALL_ESTABLISHED``, ``CALL_CLOSED``); return the last.

        One that answers by itself tells nothing of ``CALL_INCOMING``. Raises TimeoutError.
        """
        async with asyncio.timeout(seconds):
            while True:
                for event in reversed(self.events):
                    if event["type"] == kind and call_id in {"", event.get("id")}:
                        return event
                await self._change.wait()

    async def heard(self) -> Sound:
        """What it heard in its last call, which has ended: until it held it, where baresip 1.0 stops writing."""
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

    def _tags(self, call_id: str) -> tuple[str, str]:
        """Both ends' tags of a call that it made: its own first."""
        for text in (self.folder / "output.log").read_text("utf-8", "replace").replace("\r", "").split("SIP/2.0 200 "):
            head = text.partition("\n\n")[0]
            if f"Call-ID: {call_id}\n" in head and re.search(r"^CSeq: \d+ INVITE$", head, re.MULTILINE):
                tags = (re.search(rf"^{name}:.*;tag=(\S+)$", head, re.MULTILINE) for name in ("From", "To"))
                ours, theirs = (tag[1] for tag in tags if tag)
                return ours, theirs
        raise AssertionError(f"{call_id} was not answered")

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
    control_port, sip_port = free_port(TCP), free_sip_port()
    write_wav(folder / "tone.wav", sine(tone_hz, TONE_SECONDS))
    (folder / "config").write_text(_config(program, folder, control_port, sip_port), "utf-8")
    (folder / "accounts").write_text(account.line(), "utf-8")
    process = await program.start("-f", str(folder), "-s", folder=folder)
    try:
        reader, writer = await _connect(process, folder, control_port)
        phone = Baresip(account, folder, sip_port, reader, writer)
        try:
            yield phone
        finally:
            await phone.close()
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


async def _connect(
    process: asyncio.subprocess.Process, folder: Path, port: int
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    async with asyncio.timeout(WAIT_SECONDS):
        while process.returncode is None:
            try:
                return await asyncio.open_connection("127.0.0.1", port)
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
call_max_calls 4
ausrc_srate 8000
ausrc_channels 1
"""
