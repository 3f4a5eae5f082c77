"""One request and its answer on the wire: drops what is left of a body, adds the headers that every answer has."""

import asyncio
from collections.abc import Awaitable, Callable

from starlette.types import Message, Receive, Scope, Send

from cordboard.api.common.cross_origin import RawHeaders

# A client that is still sending its body sees our answer only if we read on; but not without end.
DRAIN_BYTES = 16 << 20
DRAIN_SECONDS = 15

AnswerHeaders = Callable[[], Awaitable[RawHeaders]]


class Exchange:
    """Stands between the server and the application for one request. ``status`` is 0 until the answer has begun."""

    __slots__ = ("_answer_headers", "_has_read_body", "_has_received", "_receive", "_send", "_waits", "status")

    def __init__(self, scope: Scope, receive: Receive, send: Send, answer_headers: AnswerHeaders) -> None:
        self._receive = receive
        self._send = send
        self._answer_headers = answer_headers
        names = {name: value for name, value in scope["headers"] if name in _BODY_HEADERS}
        has_body = b"transfer-encoding" in names or names.get(b"content-length", b"0") != b"0"
        self._has_read_body = not has_body
        self._has_received = False
        self._waits = names.get(b"expect", b"").lower() == b"100-continue"
        self.status = 0

    async def receive(self) -> Message:
        """Pass on a piece of the body, and notice its end."""
        self._has_received = True
        message = await self._receive()
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            self._has_read_body = True
        return message

    async def send(self, message: Message) -> None:
        """Pass on a piece of the answer; before its first, let the client finish its body."""
        if message["type"] == "http.response.start":
            headers = await self._answer_headers()
            if not self._has_read_body and not await self._drain():
                headers.append((b"connection", b"close"))
            self.status = message["status"]
            message["headers"] = [*message["headers"], *headers]
        await self._send(message)

    async def _drain(self) -> bool:
        """Read and drop the rest of the body; False when it goes on beyond the limits."""
        if self._waits and not self._has_received:
            return False  # The client holds its body back until told to go on (RFC 9110 10.1.1).
        dropped = 0
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                while not self._has_read_body and dropped <= DRAIN_BYTES:
                    dropped += len((await self.receive()).get("body", b""))
        except TimeoutError:
            return False
        return self._has_read_body


_BODY_HEADERS = frozenset({b"content-length", b"transfer-encoding", b"expect"})
