"""SIPp as phone and as carrier: another SIP stack than ours judges what we send.

Scenarios are the XML files in ``scenarios``; each one's comment says what it does. A run keeps every message.
"""

import asyncio
import contextlib
import itertools
import os
import re
import signal
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from cordboard.nodes.ports import all_free
from tests.support.ports import MEDIA_PORTS, free_sip_port, in_turn
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
# What it can be told to do in a call (``scenarios/dial.xml``), and the request that this makes.
ORDERS = {
    "GIVEUP": "CANCEL", "HANGUP": "BYE", "HOLD": "UPDATE", "RESUME": "UPDATE", "DIGIT": "INFO", "TRANSFER": "REFER",
}  # fmt: skip
# RTP payload type and name, as SDP has them.
PCMA = ("8", "PCMA/8000")
G729 = ("18", "G729/8000")

_BLOCK = re.compile(r"^-{10,} (?P<at>[\d-]+[ T][\d:.]+)\s*\n(?P<what>[^\n]*)\n", re.MULTILINE)
_numbers = itertools.count(1)
_media_ports = in_turn(MEDIA_PORTS)


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
        # To see whether the port is free by binding it would now and then take it from SIPp.
        here = f"{int.from_bytes(socket.inet_aton(self.host), sys.byteorder):08X}:{self.port:04X}"
        while here not in Path("/proc/net/udp").read_text():
            assert self.process.returncode is None, self._read("errors.log")
            await asyncio.sleep(0.01)

    async def until_told(self, code: int, method: str = "INVITE", *, seconds: float = RUN_SECONDS) -> None:
        """Wait until its ``method`` has been answered by ``code``. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while code not in self.codes(method):
                await asyncio.sleep(0.02)

    async def order(self, what: str, *, seconds: float = RUN_SECONDS, **headers: str) -> int:
        """Have its call do something, and return the status code of the answer to it. Raises TimeoutError.

        ``scenarios/dial.xml`` says which orders there are. ``Refer_To`` is Refer-To.
        """
        ours = {"To": f"<sip:{self.host}>", "Call-ID": self.messages()[0].headers["Call-ID"], "CSeq": f"0 {what}"}
        ours["Via"] = f"SIP/2.0/UDP 127.0.0.1;branch=order-{next(_numbers)}"  # SIPp drops what it has had already
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        lines = [f"{what} sip:{self.host} SIP/2.0", *(f"{name}: {value}" for name, value in (ours | given).items())]
        before = len(self._finals(ORDERS[what]))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto("\r\n".join((*lines, "Content-Length: 0", "", "")).encode(), (self.host, self.port))
        has_ended = False
        async with asyncio.timeout(seconds):
            while len(codes := self._finals(ORDERS[what])) == before:
                # Looked at once more after its end: only then all that it received is in its log.
                assert not has_ended, f"it was over before its {what}: {self.codes()}"
                has_ended = self.process.returncode is not None
                await asyncio.sleep(0.02)
        return codes[-1]

    def replaces(self) -> str:
        """Its call, as the Replaces header of a Refer-To names it (RFC 3891 3), escaped."""
        answer = next(each for each in self.messages() if each.code == 200 and each.headers["CSeq"].endswith("INVITE"))
        ours, theirs = (answer.headers[name].rpartition("tag=")[2] for name in ("From", "To"))
        return quote(f"{answer.headers['Call-ID']};to-tag={theirs};from-tag={ours}", safe="")

    def freeze(self) -> None:
        """Let it vanish: its socket is there, and nothing is answered any more."""
        os.kill(self.process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it come back, to all that arrived in the meantime."""
        os.kill(self.process.pid, signal.SIGCONT)

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

    def _finals(self, method: str) -> list[int]:
        """The codes of the final answers to its requests of ``method``, one for each request."""
        answers = (each for each in self.messages() if each.is_received and each.code >= 200)
        return list(
            {each.headers["CSeq"]: each.code for each in answers if each.headers["CSeq"].endswith(method)}.values()
        )

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
        self, number: str, target: str, *, scenario: str = "call", talk_seconds: float = 0,
        host: str = "127.0.0.1", **keys: str,
    ) -> SippRun:  # fmt: skip
        """Call ``number`` at ``target`` (host:port) from ``host``, and wait for the end; ``keys``: ``CALL_KEYS``."""
        options = ("-s", number, "-m", "1", "-d", str(int(talk_seconds * 1000)))
        run = await self.run(scenario, target, *options, keys={**CALL_KEYS, **keys}, address=(host, 0))
        return await run.finished()

    async def dial(
        self, number: str, target: str, account: tuple[str, str], *, codec: tuple[str, str] = PCMA,
        has_events: bool = True, session: str = "",
    ) -> SippRun:  # fmt: skip
        """Call ``number`` at ``target`` (host:port) with ``account``'s user name and password, to be given orders.

        ``has_events``: it takes keys as telephone-events (RFC 4733). ``session``: its Session-Expires (RFC 4028); it
        never refreshes a session itself.
        """
        username, password = account
        options = ("-s", number, "-au", username, "-ap", password, "-m", "1", "-rtp_echo")
        keys = {
            "from_user": username, "payload": codec[0], "codec": codec[1],
            "events": "telephone-event/8000" if has_events else "x-nothing/8000",
            "supported": "timer" if session else "replaces",
            "session": f"Session-Expires: {session}" if session else "X-Session-Expires: never",
        }  # fmt: skip
        return await self.run("dial", target, *options, keys=keys)

    async def listen(
        self,
        scenario: str,
        *,
        host: str = "127.0.0.1",
        after_seconds: float = 0,
        code: int = 486,
        calls: int = 0,
        phone_password: str = "",
    ) -> SippRun:
        """Take ``calls`` calls (0 = until stopped) at ``host``, on a port of its own."""
        keys = {"code": str(code), "reason": REASONS.get(code, "Refused"), "phone_password": phone_password}
        limit = ("-m", str(calls)) if calls else ()
        options = ("-d", str(int(after_seconds * 1000)), "-rtp_echo", *limit)
        run = await self.run(scenario, "127.0.0.1", *options, keys=keys, address=(host, 0))
        await run.listening()
        return run

    async def register(
        self, username: str, password: str, registrar: str, *, contact_port: int, expires_seconds: int = 300,
        contact_user: str = "",
    ) -> SippRun:  # fmt: skip
        """Register a phone that is at ``contact_port`` (``expires_seconds`` 0: take it back).

        ``contact_user``: another than the account's, for one of several phones at one port.
        """
        run = await self._register(username, password, registrar, contact_port, expires_seconds, contact_user)
        return await run.finished()

    async def try_register(self, username: str, password: str, registrar: str, *, contact_port: int) -> SippRun:
        """Try what must fail, and wait for the end."""
        run = await self._register(username, password, registrar, contact_port)
        assert await asyncio.wait_for(run.process.wait(), RUN_SECONDS) != 0, run.transcript
        return run

    async def _register(  # noqa: PLR0917 - as its callers have them
        self, username: str, password: str, registrar: str, contact_port: int,
        expires_seconds: int = 300, contact_user: str = "",
    ) -> SippRun:  # fmt: skip
        contact = {"contact_user": contact_user or username, "contact_port": str(contact_port)}
        keys = {**contact, "expires": str(expires_seconds)}
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
        host, port = address[0], address[1] or free_sip_port()
        arguments = [
            "-sf", "scenario.xml", "-nostdin", "-i", host, "-p", str(port),
            "-mi", host, "-mp", str(_free_media_port()), "-max_retrans", "5",
            "-trace_msg", "-message_file", "messages.log", "-trace_err", "-error_file", "errors.log", *options,
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


def _free_media_port() -> int:
    """The first of SIPp's four ports: audio, its RTCP, and the same for a video that it never has."""
    return next(first for first in _media_ports if all_free(range(first, first + 4)))


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
