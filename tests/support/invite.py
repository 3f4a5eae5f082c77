"""An INVITE sent by hand: for what no phone would send, and for what must be in it to the letter."""

import asyncio
import re
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

WAIT_SECONDS = 20.0
PCMA_ONLY = (("8", "PCMA/8000"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Invite:
    """What is sent. ``user`` is that of the request URI, None for a URI without one; ``codecs`` as SDP has them."""

    user: str | None = "100"
    from_header: str = "<sip:0912345678@carrier.invalid>"
    to_user: str | None = None
    codecs: tuple[tuple[str, str], ...] = PCMA_ONLY
    more: Mapping[str, str] = field(default_factory=dict)


class Answers(asyncio.DatagramProtocol):
    """What came back, oldest first."""

    def __init__(self) -> None:
        self.messages: list[str] = []
        self._change = asyncio.Event()

    def datagram_received(self, data: bytes, _address: object) -> None:
        """Note a message."""
        self.messages.append(data.decode("utf-8", "replace"))
        self._change.set()
        self._change = asyncio.Event()

    async def final(self) -> tuple[int, str]:
        """Wait for the final answer: its code, and all of it. Raises TimeoutError."""
        async with asyncio.timeout(WAIT_SECONDS):
            while True:
                for text in self.messages:
                    code = int(text.split()[1]) if text.startswith("SIP/2.0") else 0
                    if code >= 200:
                        return code, text
                await self._change.wait()


@asynccontextmanager
async def invited(invite: Invite, target: str, *, host: str) -> AsyncIterator[Answers]:
    """Send it from ``host`` to ``target`` (host:port). Who does not want the call must refuse it: no ACK is sent."""
    registrar, _, port = target.rpartition(":")
    transport, answers = await asyncio.get_running_loop().create_datagram_endpoint(Answers, local_addr=(host, 0))
    try:
        own_port = transport.get_extra_info("sockname")[1]
        transport.sendto(_text(invite, target, f"{host}:{own_port}").encode(), (registrar, int(port)))
        yield answers
    finally:
        transport.close()


def sdp_codecs(answer: str) -> tuple[str, ...]:
    """The payload types of an answer's audio, those of telephone-events left out."""
    found = re.search(r"^m=audio \d+ RTP/AVP ([\d ]+)\r?$", answer, re.MULTILINE)
    events = re.findall(r"^a=rtpmap:(\d+) telephone-event", answer, re.MULTILINE)
    return tuple(each for each in found[1].split() if each not in events) if found else ()


def _text(invite: Invite, target: str, own: str) -> str:
    host = own.partition(":")[0]
    uri = f"sip:{invite.user}@{target}" if invite.user is not None else f"sip:{target}"
    to = uri if invite.to_user is None else f"sip:{invite.to_user}@{target}"
    maps = "".join(f"a=rtpmap:{payload} {name}\r\n" for payload, name in invite.codecs)
    payloads = " ".join(payload for payload, _ in invite.codecs)
    body = (
        f"v=0\r\no=- 1 1 IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\n"
        f"m=audio 40000 RTP/AVP {payloads} 101\r\n{maps}a=rtpmap:101 telephone-event/8000\r\n"
    )
    headers = {
        "Via": f"SIP/2.0/UDP {own};branch=z9hG4bK{secrets.token_hex(8)}",
        "Max-Forwards": "70",
        "From": f"{invite.from_header};tag={secrets.token_hex(4)}",
        "To": f"<{to}>",
        "Call-ID": secrets.token_hex(8),
        "CSeq": "1 INVITE",
        "Contact": f"<sip:test@{own}>",
        **invite.more,
        "Content-Type": "application/sdp",
        "Content-Length": str(len(body.encode())),
    }
    return (
        f"INVITE {uri} SIP/2.0\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers.items()) + f"\r\n{body}"
    )
