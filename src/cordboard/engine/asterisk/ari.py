"""ARI over one websocket: events come in on it, and requests go out on it (RESTRequest, RESTResponse).

Requests over the websocket halve the CPU of our side, compared with HTTP. The reader only decodes and hands on:
Asterisk drops a peer that does not read.
"""

import asyncio
from collections.abc import Callable, Mapping
from itertools import count
from typing import TypeVar
from urllib.parse import urlencode

import aiohttp
import msgspec

from cordboard.engine.port import EngineAway, EngineRefused

# Asterisk answers within milliseconds; after this long nobody knows whether it did what it was told.
REQUEST_SECONDS = 5.0

# A websocket that answers no ping for this long is dead, though TCP does not know it yet.
HEARTBEAT_SECONDS = 10.0

# The longest message is the answer to GET /channels: about 1 KB a channel.
MAX_MESSAGE_BYTES = 32 * 1024 * 1024

Body = Mapping[str, object]
T = TypeVar("T")


class AriResponse(msgspec.Struct, frozen=True, gc=False):
    """What ARI answered. ``message_body`` is JSON text, "" when there is none."""

    request_id: str
    status_code: int
    reason_phrase: str = ""
    message_body: str = ""

    def body(self, kind: type[T]) -> T:
        """The answer's body, decoded as ``kind``."""
        return msgspec.json.decode(self.message_body, type=kind)

    @property
    def is_ok(self) -> bool:
        """True for 2xx."""
        return self.status_code < 300

    @property
    def is_done(self) -> bool:
        """True for 2xx, and for 409: what was asked for is there already, or the state it needs is."""
        return self.status_code < 300 or self.status_code == 409

    @property
    def is_gone(self) -> bool:
        """True when what the request names does not exist."""
        return self.status_code == 404

    @property
    def reason(self) -> str:
        """Asterisk's own words for why not."""
        return f"{self.status_code} {self.message_body or self.reason_phrase}"


class _Request(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    type: str
    request_id: str
    method: str
    uri: str
    content_type: str = ""
    message_body: str = ""


class _Head(msgspec.Struct, frozen=True, gc=False):
    type: str


_encode = msgspec.json.Encoder()
_decode_head = msgspec.json.Decoder(_Head).decode
_decode_response = msgspec.json.Decoder(AriResponse).decode

EventSink = Callable[[str, str], None]


class AriSocket:
    """One connected websocket. ``on_event`` gets each event's type and its JSON text, in order, and must not block."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, on_event: EventSink) -> None:
        self._socket = socket
        self._on_event = on_event
        self._pending: dict[str, asyncio.Future[AriResponse]] = {}
        self._ids = count(1)
        self._is_open = True

    async def read(self) -> None:
        """Read until the socket closes. Then nothing more can be asked of it."""
        try:
            async for message in self._socket:
                if message.type is aiohttp.WSMsgType.TEXT:
                    self._take(message.data)
        finally:
            self._is_open = False
            for waiting in self._pending.values():
                if not waiting.done():
                    waiting.set_exception(EngineAway("the connection to Asterisk broke"))

    def _take(self, text: str) -> None:
        kind = _decode_head(text).type
        if kind != "RESTResponse":
            self._on_event(kind, text)
            return
        response = _decode_response(text)
        waiting = self._pending.get(response.request_id)
        if waiting is not None and not waiting.done():
            waiting.set_result(response)

    async def request(
        self, method: str, path: str, body: Body | None = None, *, query: Mapping[str, str] | None = None
    ) -> AriResponse:
        """Ask for one thing and wait for the answer, whatever it says.

        ``path`` has no leading slash. ``body``'s fields may be the documented query parameters or body fields:
        Asterisk takes either from a JSON body.

        Raises:
            EngineAway: the socket is closed, or closes before the answer.
            EngineRefused: no answer within REQUEST_SECONDS.
        """
        if not self._is_open:
            raise EngineAway("not connected to Asterisk")
        request_id = str(next(self._ids))
        request = _Request(
            type="RESTRequest",
            request_id=request_id,
            method=method,
            uri=f"{path}?{urlencode(query)}" if query else path,
            content_type="application/json" if body is not None else "",
            message_body=_encode.encode(body).decode() if body is not None else "",
        )
        waiting: asyncio.Future[AriResponse] = asyncio.get_running_loop().create_future()
        self._pending[request_id] = waiting
        try:
            async with asyncio.timeout(REQUEST_SECONDS):
                await self._socket.send_str(_encode.encode(request).decode())
                return await waiting
        except TimeoutError:
            raise EngineRefused(f"{method} {path}: no answer within {REQUEST_SECONDS:g} s") from None
        except (ConnectionError, aiohttp.ClientError) as error:
            raise EngineAway(f"the connection to Asterisk broke: {error}") from error
        finally:
            del self._pending[request_id]
