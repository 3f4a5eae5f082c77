"""Many SIP phones on one UDP socket, that note when an INVITE arrives and decline it. For benches only.

Just enough of RFC 3261 and RFC 8760's MD5 digest to register and to answer; nothing of it is used by Cordboard.
"""

import asyncio
import re
import secrets
import time
from collections.abc import Iterable
from hashlib import md5
from typing import cast

Address = tuple[str, int]

_USER = re.compile(rb"sip:([^@>;]*)@")
_BUSY = "486 Busy Here"


class SipPhones(asyncio.DatagramProtocol):
    """``invited_at``: user of the From header → ``perf_counter()`` when the INVITE that carried it arrived."""

    def __init__(self, registrar: Address) -> None:
        self.invited_at: dict[str, float] = {}
        self._registrar = registrar
        self._answers: dict[str, asyncio.Future[bytes]] = {}
        self._transport: asyncio.DatagramTransport | None = None

    @classmethod
    async def open(cls, registrar: Address, port: int = 0) -> "SipPhones":
        """Bind ``port`` of loopback; 0: any."""
        loop = asyncio.get_running_loop()
        _, phones = await loop.create_datagram_endpoint(lambda: cls(registrar), local_addr=("127.0.0.1", port))
        return phones

    async def register(self, accounts: Iterable[tuple[str, str]]) -> None:
        """Register each (username, password), 20 at a time. Raises RuntimeError when one is refused."""
        gate = asyncio.Semaphore(20)
        await asyncio.gather(*(self._register(gate, user, password) for user, password in accounts))

    def close(self) -> None:
        """Let go of the port."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the socket."""
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: Address) -> None:
        """Take in one SIP message."""
        arrived = time.perf_counter()
        if data.startswith(b"INVITE "):
            self._invited(data, addr, arrived)
        elif data.startswith(b"SIP/2.0 "):
            waiting = self._answers.get(_header(data, "Call-ID"))
            if waiting is not None and not waiting.done():
                waiting.set_result(data)
        elif not data.startswith(b"ACK "):
            self._reply(data, addr, "200 OK")

    def _invited(self, data: bytes, addr: Address, arrived: float) -> None:
        found = _USER.search(_header(data, "From").encode())
        if found is not None:
            self.invited_at.setdefault(found[1].decode(), arrived)
        self._reply(data, addr, _BUSY)

    def _reply(self, data: bytes, addr: Address, status: str) -> None:
        lines = [f"SIP/2.0 {status}"]
        for name in ("Via", "From", "Call-ID", "CSeq"):
            lines += [f"{name}: {value}" for value in _headers(data, name)]
        lines += [f"To: {_header(data, 'To')};tag={secrets.token_hex(4)}", "Content-Length: 0", "", ""]
        self._send("\r\n".join(lines), addr)

    def _send(self, text: str, addr: Address) -> None:
        if self._transport is None:
            raise RuntimeError("not bound")
        self._transport.sendto(text.encode(), addr)

    async def _register(self, gate: asyncio.Semaphore, user: str, password: str) -> None:
        call_id = secrets.token_hex(12)
        async with gate, asyncio.timeout(30):
            answer = await self._ask(user, call_id, 1, "")
            challenge = dict(re.findall(r'(\w+)="([^"]*)"', _header(answer, "WWW-Authenticate")))
            answer = await self._ask(user, call_id, 2, self._credentials(user, password, challenge))
        if not answer.startswith(b"SIP/2.0 200"):
            raise RuntimeError(answer.split(b"\r\n", 1)[0].decode())

    async def _ask(self, user: str, call_id: str, number: int, credentials: str) -> bytes:
        host, port = cast("Address", cast("asyncio.DatagramTransport", self._transport).get_extra_info("sockname"))
        domain = f"{self._registrar[0]}:{self._registrar[1]}"
        lines = [
            f"REGISTER sip:{domain} SIP/2.0",
            f"Via: SIP/2.0/UDP {host}:{port};branch=z9hG4bK{secrets.token_hex(8)}",
            "Max-Forwards: 70",
            f"From: <sip:{user}@{domain}>;tag={secrets.token_hex(4)}",
            f"To: <sip:{user}@{domain}>",
            f"Call-ID: {call_id}",
            f"CSeq: {number} REGISTER",
            f"Contact: <sip:{user}@{host}:{port}>",
            "Expires: 3600",
            *([credentials] if credentials else []),
            "Content-Length: 0", "", "",
        ]  # fmt: skip
        waiting: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._answers[call_id] = waiting
        self._send("\r\n".join(lines), self._registrar)
        return await waiting

    def _credentials(self, user: str, password: str, challenge: dict[str, str]) -> str:
        uri, nonce_count, client_nonce = f"sip:{self._registrar[0]}", "00000001", secrets.token_hex(8)
        realm, nonce = challenge["realm"], challenge["nonce"]
        first, second = _md5(f"{user}:{realm}:{password}"), _md5(f"REGISTER:{uri}")
        response = _md5(f"{first}:{nonce}:{nonce_count}:{client_nonce}:auth:{second}")
        return (
            f'Authorization: Digest username="{user}",realm="{realm}",nonce="{nonce}",uri="{uri}",'
            f'response="{response}",algorithm=MD5,qop=auth,nc={nonce_count},cnonce="{client_nonce}"'
            + (f',opaque="{challenge["opaque"]}"' if "opaque" in challenge else "")
        )


def _md5(text: str) -> str:
    return md5(text.encode(), usedforsecurity=False).hexdigest()


def _headers(data: bytes, name: str) -> list[str]:
    return re.findall(rf"(?im)^{name}: *([^\r\n]*)", data.decode())


def _header(data: bytes, name: str) -> str:
    return next(iter(_headers(data, name)), "")
