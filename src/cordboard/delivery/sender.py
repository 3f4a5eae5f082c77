"""One attempt to deliver one webhook."""

import asyncio
import base64
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import SimpleNamespace
from typing import Self

import aiohttp
from yarl import URL

from cordboard.delivery.address_guard import AddressGuard
from cordboard.delivery.callback_url import read_callback_url
from cordboard.delivery.signing import signing_headers
from cordboard.domain.clock import Clock
from cordboard.domain.errors import InvalidInput
from cordboard.domain.webhook import Attempt, Delivery

USER_AGENT = "Cordboard"
LONGEST_ANSWER_BYTES = 64 * 1024
# Below the 5 s after which common servers (Node, uvicorn) close an idle connection.
IDLE_CONNECTION_SECONDS = 4
# Names are looked up again after this long.
RESOLVED_SECONDS = 10


@dataclass(slots=True)
class _Answer:
    """What is known of an answer while it comes in: what the time limit leaves of it is kept."""

    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: bytearray = field(default_factory=bytearray)


class Sender:
    """Sends webhooks over connections that it keeps. One for each process; ``async with``."""

    def __init__(self, guard: AddressGuard, clock: Clock, *, timeout_seconds: float) -> None:
        self._guard = guard
        self._clock = clock
        self._timeout_seconds = timeout_seconds
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        """Open the connection pool."""
        trace = aiohttp.TraceConfig(SimpleNamespace)
        trace.on_connection_reuseconn.append(_mark_reused)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=0,  # the worker bounds what is in flight, per target and in all
                resolver=self._guard,
                socket_factory=self._guard.make_socket,
                ttl_dns_cache=RESOLVED_SECONDS,
                keepalive_timeout=IDLE_CONNECTION_SECONDS,
            ),
            cookie_jar=aiohttp.DummyCookieJar(),  # one receiver's cookies are no business of the next attempt
            timeout=aiohttp.ClientTimeout(total=None),  # ours below takes in all of it, the body too
            auto_decompress=False,  # 64 KiB on the wire may be gigabytes unpacked
            trust_env=False,
            trace_configs=[trace],
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close all connections."""
        assert self._session is not None
        await self._session.close()
        await self._guard.close()

    async def send(self, delivery: Delivery) -> Attempt:
        """Make one attempt, in ``timeout_seconds`` at the most. What goes wrong is in the Attempt, never raised.

        Headers beyond the partner's key: those of Standard Webhooks 1.0 (``delivery.signing``).
        """
        started_at, started = self._clock.now(), self._clock.monotonic()
        answer = _Answer()
        error = ""
        try:
            async with asyncio.timeout(self._timeout_seconds):
                await self._exchange(delivery, started_at, answer)
        except TimeoutError:
            error = f"not finished within {self._timeout_seconds:g} s"
        except (InvalidInput, aiohttp.ClientError, OSError, ValueError) as reason:
            error = _in_words(reason)
        return Attempt(
            started_at=started_at,
            duration_milliseconds=round((self._clock.monotonic() - started) * 1000),
            status=answer.status,
            error=error,
            response_body=bytes(answer.body),
            response_headers=answer.headers,
            retry_after_seconds=_retry_after_seconds(answer.headers.get("retry-after", ""), self._clock.now()),
        )

    async def _exchange(self, delivery: Delivery, at: datetime, answer: _Answer) -> None:
        url = read_callback_url(delivery.url)
        headers = _headers(delivery, url, at)
        target = url.with_user(None)
        connection = SimpleNamespace(is_reused=False)
        try:
            await self._post(target, headers, delivery.body, answer, connection)
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError, ConnectionResetError):
            # The receiver closed an idle connection just as we took it from the pool: that is nobody's failure.
            if not connection.is_reused or answer.status is not None:
                raise
            await self._post(target, headers | {"Connection": "close"}, delivery.body, answer, SimpleNamespace())

    async def _post(
        self, url: URL, headers: dict[str, str], body: bytes, answer: _Answer, context: SimpleNamespace
    ) -> None:
        assert self._session is not None
        async with self._session.post(
            url, data=body, headers=headers, allow_redirects=False, trace_request_ctx=context
        ) as response:
            answer.headers = {name.lower(): value for name, value in response.headers.items()}
            answer.status = response.status
            while len(answer.body) < LONGEST_ANSWER_BYTES:
                chunk = await response.content.read(LONGEST_ANSWER_BYTES - len(answer.body))
                if not chunk:
                    return
                answer.body += chunk
            response.close()  # the rest is not wanted: the connection cannot be used again


def _headers(delivery: Delivery, url: URL, at: datetime) -> dict[str, str]:
    headers = {
        "Content-Type": "application/json",
        "User-Agent": USER_AGENT,
        "Accept-Encoding": "identity",
        **signing_headers(delivery, at),
    }
    if delivery.authorization:
        headers["Authorization"] = delivery.authorization
    elif url.user is not None:
        pair = f"{url.user}:{url.password or ''}".encode()
        headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
    return headers


async def _mark_reused(_: aiohttp.ClientSession, context: SimpleNamespace, __: object) -> None:
    context.trace_request_ctx.is_reused = True


def _retry_after_seconds(text: str, now: datetime) -> int | None:
    """Seconds that a receiver asks for: a number or a date (RFC 9110 10.2.3). Anything else is ignored."""
    if text.isascii() and text.strip().isdigit():
        return int(text.strip()[:9])
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return max(0, round((at - now).total_seconds()))


def _in_words(reason: Exception) -> str:
    """One line for the log and for ``last_error``."""
    inner = getattr(reason, "os_error", None) or reason
    return str(inner) or type(inner).__name__
