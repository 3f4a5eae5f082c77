"""SIPp as phone and as carrier: another SIP stack than ours judges what we send.

Scenarios are the XML files in ``scenarios``; each one's comment says what it does. A run keeps every message.
"""

import asyncio
import contextlib
import itertools
import os
import re
import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cordboard.nodes.ports import UDP, free_port, is_free
from tests.support.programs import Program

SCENARIOS = Path(__file__).parent / "scenarios"
REASONS = {
    403: "Forbidden",
    404: "Not Found",
    480: "Temporarily Unavailable",
    486: "Busy Here",
    503: "Service Unavailable",
}
RUN_SECONDS = 60.0
# What a caller's INVITE has: the user of its From, a Call-Info header, and what stands behind the port in its URI.
CALL_KEYS = {"from_user": "sipp", "call_info": "<sip:127.0.0.1>", "uri_parameters": ""}

_BLOCK = re.compile(r"^-{10,} (?P<at>[\d-]+[ T][\d:.]+)\s*\n(?P<what>[^\n]*)\n", re.MULTILINE)
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SipMessage:
    """A message that SIPp sent or received. ``headers`` by name as written; of repeated ones the first."""

    is_received: bool
    at: str
    start_line: str
    headers: Mapping[str, str]
    body: str

    @property
    def code(self) -> int:
        """The status code; 0 for a request."""
        return int(self.start_line.split()[1]) if self.start_line.startswith("SIP/2.0") else 0

    @property
    def method(self) -> str:
        """The request's method; "" for a response."""
        return "" if self.code else self.start_line.split()[0]


class SippRun:
    """A running SIPp. ``messages`` reads what went over the wire so far."""

    def __init__(self, process: asyncio.subprocess.Process, folder: Path, address: tuple[str, int]) -> None:
        self.process = process
        self.folder = folder
        self.host, self.port = address

    async def finished(self, seconds: float = RUN_SECONDS) -> "SippRun":
        """Wait for its end. Raises AssertionError with what it printed when a call did not follow its scenario."""
        try:
            code = await asyncio.wait_for(self.process.wait(), seconds)
        except TimeoutError:
            await self.stop()
            raise AssertionError(f"SIPp did not end:\n{self.transcript}") from None
        assert code == 0, f"SIPp's exit {code}: {self._read('errors.log')}\n{self.transcript}"
        return self

    async def listening(self) -> None:
        """Wait until it has its port. Raises AssertionError when it ended before."""
        while is_free(UDP, self.port, self.host):
            assert self.process.returncode is None, self._read("errors.log")
            await asyncio.sleep(0.01)

    async def stop(self) -> None:
        """End it now."""
        if self.process.returncode is None:
            # Not send_signal(): that looks after the process first, and takes its exit code from whoever waits for it.
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.process.pid, signal.SIGKILL)
            await self.process.wait()

    @property
    def transcript(self) -> str:
        """All that went over the wire, as text."""
        return self._read("messages.log")

    def messages(self) -> tuple[SipMessage, ...]:
        """All messages so far, in order."""
        return tuple(_messages(self.transcript))

    def received(self, method: str) -> tuple[SipMessage, ...]:
        """The requests of ``method`` that it received."""
        return tuple(message for message in self.messages() if message.is_received and message.method == method)

    def codes(self, method: str = "INVITE") -> tuple[int, ...]:
        """The status codes that it received for its own ``method``, repeated ones once, without 100."""
        codes = (
            message.code
            for message in self.messages()
            if message.is_received and message.code > 100 and message.headers["CSeq"].endswith(method)
        )
        return tuple(dict.fromkeys(codes))

    async def until(self, method: str, *, times: int = 1, seconds: float = RUN_SECONDS) -> SipMessage:
        """Wait until it has received ``method`` (``times``); return the last. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while True:
                if len(received := self.received(method)) >= times:
                    return received[-1]
                await asyncio.sleep(0.02)

    def _read(self, name: str) -> str:
        path = self.folder / name
        return path.read_text("utf-8", "replace") if path.exists() else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sipp:
    """The program, and a folder for the files of its runs."""

    program: Program
    folder: Path
    runs: list[SippRun] = field(default_factory=list)

    async def call(
        self, number: str, target: str, *, scenario: str = "call", talk_seconds: float = 0, **keys: str
    ) -> SippRun:
        """Call ``number`` at ``target`` (host:port), and wait for the end; ``keys`` as in ``CALL_KEYS``."""
        options = ("-s", number, "-m", "1", "-d", str(int(talk_seconds * 1000)))
        run = await self.run(scenario, target, *options, keys={**CALL_KEYS, **keys})
        return await run.finished()

    async def listen(
        self,
        scenario: str,
        *,
        port: int,
        host: str = "127.0.0.1",
        after_seconds: float = 0,
        code: int = 486,
        calls: int = 0,
        phone_password: str = "",
    ) -> SippRun:
        """Take ``calls`` calls (0 = until stopped) at ``host``:``port``."""
        keys = {"code": str(code), "reason": REASONS.get(code, "Refused"), "phone_password": phone_password}
        limit = ("-m", str(calls)) if calls else ()
        options = ("-d", str(int(after_seconds * 1000)), "-rtp_echo", *limit)
        run = await self.run(scenario, "127.0.0.1", *options, keys=keys, address=(host, port))
        await run.listening()
        return run

    async def register(
        self, username: str, password: str, registrar: str, *, contact_port: int, expires_seconds: int = 300
    ) -> SippRun:
        """Register a phone that is at ``contact_port`` (``expires_seconds`` 0: take it back)."""
        run = await self._register(username, password, registrar, contact_port, expires_seconds)
        return await run.finished()

    async def try_register(self, username: str, password: str, registrar: str, *, contact_port: int) -> SippRun:
        """Try what must fail, and wait for the end."""
        run = await self._register(username, password, registrar, contact_port, 300)
        assert await asyncio.wait_for(run.process.wait(), RUN_SECONDS) != 0, run.transcript
        return run

    async def _register(
        self, username: str, password: str, registrar: str, contact_port: int, expires_seconds: int
    ) -> SippRun:
        keys = {"contact_port": str(contact_port), "expires": str(expires_seconds)}
        return await self.run(
            "register", registrar, "-s", username, "-au", username, "-ap", password, "-m", "1", keys=keys
        )

    async def run(
        self,
        scenario: str,
        target: str,
        *options: str,
        keys: Mapping[str, str],
        address: tuple[str, int] = ("127.0.0.1", 0),
    ) -> SippRun:
        """Start it with any scenario and options. ``address`` with port 0: a free one."""
        folder = self.folder / f"{next(_numbers):04d}-{scenario}"
        folder.mkdir(parents=True)
        # SIPp wants to see the status code in the scenario itself: -key comes too late for it.
        text = (SCENARIOS / f"{scenario}.xml").read_text("utf-8").replace("[code]", keys.get("code", "500"))
        (folder / "scenario.xml").write_text(text, "utf-8")
        host, port = address[0], address[1] or free_port(UDP)
        arguments = [
            "-sf", "scenario.xml", "-nostdin", "-i", host, "-p", str(port),
            "-mi", host, "-mp", str(free_port(UDP)), "-max_retrans", "5", "-trace_msg", "-message_file", "messages.log",
            "-trace_err", "-error_file", "errors.log", *options,
        ]  # fmt: skip
        arguments += list(itertools.chain.from_iterable(("-key", key, value) for key, value in keys.items()))
        process = await self.program.start(*arguments, target, folder=folder)
        run = SippRun(process, folder, (host, port))
        self.runs.append(run)
        return run

    async def stop(self) -> None:
        """End all runs."""
        for run in self.runs:
            await run.stop()


def _messages(text: str) -> list[SipMessage]:
    starts = list(_BLOCK.finditer(text))
    ends = [*(start.start() for start in starts[1:]), len(text)][: len(starts)]
    return [
        message
        for start, end in zip(starts, ends, strict=True)
        if (message := _message(start["at"], start["what"], text[start.end() : end]))
    ]


def _message(at: str, what: str, text: str) -> SipMessage | None:
    head, _, body = text.strip().replace("\r\n", "\n").partition("\n\n")
    start_line, *lines = head.splitlines() or [""]
    if "SIP/2.0" not in start_line:
        return None
    headers: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers.setdefault(name.strip(), value.strip())
    return SipMessage(is_received="received" in what, at=at, start_line=start_line, headers=headers, body=body)
