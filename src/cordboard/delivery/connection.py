"""One HTTP/1.1 connection to a receiver: a request, its answer, and then the next (RFC 9112).

Our own, because a webhook needs little of HTTP, and a day has many: our worker spends 65–75 µs of CPU on a delivery in
all, and aiohttp alone 90 on its POST. What is read is the business of httptools (llhttp, strict); what is bounded is
bounded here.
"""

import asyncio
from dataclasses import dataclass, field

import httptools

LONGEST_BODY_BYTES = 64 * 1024
# Status lines and headers, those of interim answers included.
LONGEST_HEAD_BYTES = 64 * 1024
# All of it: 64 KiB in chunks of one byte are still an answer, an endless trickle of chunk extensions is none.
LONGEST_ANSWER_BYTES = 1024 * 1024


class BadAnswer(OSError):
    """What came back is no HTTP, or more of it than we read."""


class ConnectionClosed(ConnectionError):
    """The receiver closed the connection before its answer was complete. ``is_silent``: not a byte had come."""

    def __init__(self, *, is_silent: bool) -> None:
        super().__init__("the connection was closed before the answer was complete")
        self.is_silent = is_silent


@dataclass(slots=True)
class Answer:
    """What is known of an answer while it comes in: what a time limit leaves of it is kept. Header names are lower."""

    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: bytearray = field(default_factory=bytearray)


class Connection(asyncio.Protocol):
    """A connection. ``is_open`` until either side closes it."""

    def __init__(self) -> None:
        self.is_open = False
        self.idle_since = 0.0
        self._transport: asyncio.Transport | None = None
        self._reading: _Reading | None = None

    async def exchange(self, request: bytes, answer: Answer) -> None:
        """Send ``request`` and fill in ``answer``; afterwards the connection is closed unless it can be used again.

        Raises:
            ConnectionClosed: by the receiver, in the middle or before it.
            BadAnswer: no HTTP, or too much of it.
        """
        assert self._transport is not None
        reading = self._reading = _Reading(answer)
        is_kept = False
        try:
            if not self.is_open:
                raise ConnectionClosed(is_silent=True)
            self._transport.write(request)
            await reading.done
            is_kept = reading.is_kept
        finally:
            self._reading = None
            if not is_kept:
                self.close()

    def close(self) -> None:
        """Close it now, whatever is under way."""
        self.is_open = False
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Asyncio's word for: it is open."""
        self._transport = transport  # type: ignore[assignment] # uvloop's transports do not say which they are
        self.is_open = True

    def data_received(self, data: bytes) -> None:
        """Part of an answer; what comes without a request ends the connection."""
        if self._reading is None or self._reading.is_complete:
            self.close()
        else:
            self._reading.feed(data)

    def connection_lost(self, _: Exception | None) -> None:
        """Asyncio's word for: it is closed."""
        self.is_open = False
        if self._reading is not None:
            self._reading.end()


class _Reading:
    """Reads one answer. ``done`` is set when it is complete, or as much of it is here as we want."""

    def __init__(self, answer: Answer) -> None:
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.is_kept = False
        self.is_complete = False
        self._answer = answer
        self._parser = httptools.HttpResponseParser(self)
        self._bytes = 0
        self._headers: dict[str, str] = {}
        self._has_head = False

    def feed(self, data: bytes) -> None:
        """The next bytes."""
        self._bytes += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._fail(BadAnswer("the receiver wants to speak another protocol"))
        except httptools.HttpParserError as error:
            self._fail(BadAnswer(f"the answer is no HTTP: {error}"))
        if self.is_complete:
            self._finish()
        elif not self._has_head and self._bytes > LONGEST_HEAD_BYTES:
            self._fail(BadAnswer(f"more than {LONGEST_HEAD_BYTES} bytes of headers"))
        elif len(self._answer.body) >= LONGEST_BODY_BYTES or self._bytes > LONGEST_ANSWER_BYTES:
            self.is_kept = False
            self._finish()

    def end(self) -> None:
        """The connection was closed: where no length was told, that is the end of the answer (RFC 9112 6.3)."""
        lengths = {"content-length", "transfer-encoding"}
        if self._has_head and not lengths & self._headers.keys():
            self._finish()
        else:
            self._fail(ConnectionClosed(is_silent=self._bytes == 0))

    def on_message_begin(self) -> None:
        """Another answer: to a question that nobody asked."""
        if self.is_complete:
            self.is_kept = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header; of several with one name the last. After the body they are trailers, which nobody wants."""
        if not self._has_head:
            self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        """The head is here. Interim answers (1xx) are passed over."""
        status = self._parser.get_status_code()
        if status < 200:
            self._headers = {}
        elif not self.is_complete:
            self._has_head = True
            self._answer.status, self._answer.headers = status, self._headers
            self.is_kept = self._parser.should_keep_alive()

    def on_body(self, data: bytes) -> None:
        """Part of the body."""
        self._answer.body += data[: LONGEST_BODY_BYTES - len(self._answer.body)]

    def on_message_complete(self) -> None:
        """The answer, or an interim one, is here."""
        if self._has_head:
            self.is_complete = True

    def _finish(self) -> None:
        if not self.done.done():
            self.done.set_result(None)

    def _fail(self, error: OSError) -> None:
        if not self.done.done():
            self.done.set_exception(error)
