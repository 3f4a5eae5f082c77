"""One attempt to deliver one webhook."""

import asyncio
import base64
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Self

from cordboard.delivery.address_guard import AddressGuard
from cordboard.delivery.callback_url import read_callback_url
from cordboard.delivery.connection import Answer, ConnectionClosed
from cordboard.delivery.connections import Connections, Origin
from cordboard.delivery.signing import signing_headers
from cordboard.domain.clock import Clock
from cordboard.domain.errors import InvalidInput
from cordboard.domain.webhook import Attempt, Delivery

USER_AGENT = "Cordboard"


class Sender:
    """Sends webhooks over connections that it keeps. One for each process; ``async with``."""

    def __init__(self, guard: AddressGuard, clock: Clock, *, timeout_seconds: float) -> None:
        self._guard = guard
        self._clock = clock
        self._timeout_seconds = timeout_seconds
        self._connections: Connections | None = None

    async def __aenter__(self) -> Self:
        """Begin with no connection."""
        self._connections = Connections(self._guard)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close all connections."""
        assert self._connections is not None
        await self._connections.close()

    async def send(self, delivery: Delivery) -> Attempt:
        """Make one attempt, in ``timeout_seconds`` at the most. What goes wrong is in the Attempt, never raised.

        Headers beyond the partner's key: those of Standard Webhooks 1.0 (``delivery.signing``).
        """
        started_at, started = self._clock.now(), self._clock.monotonic()
        answer = Answer()
        error = ""
        try:
            async with asyncio.timeout(self._timeout_seconds):
                await self._exchange(delivery, started_at, answer)
        except TimeoutError:
            error = f"not finished within {self._timeout_seconds:g} s"
        except (InvalidInput, OSError, ValueError) as reason:
            error = str(reason) or type(reason).__name__
        return Attempt(
            started_at=started_at,
            duration_milliseconds=round((self._clock.monotonic() - started) * 1000),
            status=answer.status,
            error=error,
            response_body=bytes(answer.body),
            response_headers=answer.headers,
            retry_after_seconds=_retry_after_seconds(answer.headers.get("retry-after", ""), self._clock.now()),
        )

    async def _exchange(self, delivery: Delivery, at: datetime, answer: Answer) -> None:
        assert self._connections is not None
        address = _address_of(delivery.url)
        request = _request(address, delivery, at)
        connection, is_reused = await self._connections.take(address.origin)
        try:
            await connection.exchange(request, answer)
        except (ConnectionClosed, ConnectionResetError) as closed:
            # The receiver closed an idle connection just as we took it from the pool: that is nobody's failure.
            if not is_reused or not getattr(closed, "is_silent", True):
                raise
            connection = await self._connections.dial(address.origin)
            await connection.exchange(request, answer)
        self._connections.put_back(address.origin, connection)


@dataclass(frozen=True, slots=True)
class _Address:
    """Where a webhook goes. ``head``: what each request begins with; ``authorization``: what the URL has of it."""

    origin: Origin
    head: str
    authorization: str


@lru_cache(maxsize=4096)
def _address_of(text: str) -> _Address:
    """Where a callback URL leads. Raises InvalidInput."""
    url = read_callback_url(text)
    pair = f"{url.user}:{url.password or ''}".encode()
    lines = (
        f"POST {url.raw_path_qs or '/'} HTTP/1.1",
        f"Host: {url.host_port_subcomponent}",
        "Accept: */*",
        "Accept-Encoding: identity",  # 64 KiB on the wire may be gigabytes unpacked
        f"User-Agent: {USER_AGENT}",
        "Content-Type: application/json",
    )
    return _Address(
        origin=Origin(is_secure=url.scheme == "https", host=url.host or "", port=url.port or 0),
        head="\r\n".join(lines),
        authorization="" if url.user is None else f"Basic {base64.b64encode(pair).decode()}",
    )


def _request(address: _Address, delivery: Delivery, at: datetime) -> bytes:
    """The request's bytes. Raises ValueError: the authorization would be more than one header."""
    authorization = delivery.authorization or address.authorization
    if not authorization.isprintable():
        raise ValueError("the authorization has characters that no header may have")
    signed = "".join(f"{name}: {value}\r\n" for name, value in signing_headers(delivery, at).items())
    own = f"Authorization: {authorization}\r\n" if authorization else ""
    head = f"{address.head}\r\nContent-Length: {len(delivery.body)}\r\n{signed}{own}\r\n"
    return head.encode() + delivery.body


def _retry_after_seconds(text: str, now: datetime) -> int | None:
    """Seconds that a receiver asks for: a number or a date (RFC 9110 10.2.3). Anything else is ignored."""
    if not text:
        return None
    if text.isascii() and text.strip().isdigit():
        return int(text.strip()[:9])
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return max(0, round((at - now).total_seconds()))
