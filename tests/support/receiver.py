"""A partner's server, as kind or as nasty as a test needs it: it keeps what arrives and answers by a script."""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

from aiohttp import web


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the receiver does with one request.

    ``delay_seconds`` passes before the status line, ``pause_seconds`` between the bytes of the body. ``is_endless``:
    the body never stops. ``is_hanging``: no answer at all. ``is_reset``: the connection is cut.
    """

    status: int = 200
    body: bytes = b"ok"
    headers: dict[str, str] = field(default_factory=dict)
    delay_seconds: float = 0
    pause_seconds: float = 0
    is_endless: bool = False
    is_hanging: bool = False
    is_reset: bool = False


@dataclass(frozen=True, kw_only=True)
class Received:
    """A request as it arrived. ``at`` is ``time.time()``, ``raw_path`` the request's target byte for byte."""

    at: float
    method: str
    raw_path: str
    headers: dict[str, str]
    body: bytes
    peer: str

    @property
    def webhook_id(self) -> str:
        """Standard Webhooks' id of the event."""
        return self.headers["webhook-id"]


class Receiver:
    """``async with Receiver() as receiver``; ``url`` is where it is. Unscripted requests get 200 "ok"."""

    def __init__(self, *script: Answer | int) -> None:
        self.requests: list[Received] = []
        self.in_flight = 0
        self.most_in_flight = 0
        self.connections: set[str] = set()
        self.url = ""
        self.port = 0
        self.default = Answer()
        self._script: deque[Answer] = deque()
        self._changed = asyncio.Condition()
        self._stopped = asyncio.Event()
        self.script(*script)

    def script(self, *answers: Answer | int) -> None:
        """Answer the next requests by these, one each; a number is a status."""
        self._script.extend(Answer(status=each) if isinstance(each, int) else each for each in answers)

    async def __aenter__(self) -> Self:
        application = web.Application(client_max_size=16 * 1024 * 1024)
        application.router.add_route("*", "/{path:.*}", self._receive)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{self.port}/hook"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stopped.set()
        await self._runner.cleanup()

    async def wait_for(self, count: int, within_seconds: float = 30) -> list[Received]:
        """The requests, as soon as there are ``count``. Raises TimeoutError."""
        return await self.wait_until(lambda: len(self.requests) >= count, within_seconds)

    async def wait_until(self, is_enough: Callable[[], bool], within_seconds: float = 30) -> list[Received]:
        """The requests, as soon as ``is_enough()``. Raises TimeoutError."""
        async with asyncio.timeout(within_seconds), self._changed:
            await self._changed.wait_for(is_enough)
        return self.requests

    async def _receive(self, request: web.Request) -> web.StreamResponse:
        at = time.time()
        peername = request.transport.get_extra_info("peername") if request.transport else None
        received = Received(
            at=at,
            method=request.method,
            raw_path=request.raw_path,
            headers={name.lower(): value for name, value in request.headers.items()},
            body=await request.read(),
            peer=str(peername),
        )
        self.connections.add(received.peer)
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        self.requests.append(received)
        async with self._changed:
            self._changed.notify_all()
        try:
            return await self._answer(request, self._script.popleft() if self._script else self.default)
        finally:
            self.in_flight -= 1

    async def _answer(self, request: web.Request, answer: Answer) -> web.StreamResponse:
        if answer.delay_seconds:
            await self._pause(answer.delay_seconds)
        if answer.is_hanging:
            await self._stopped.wait()
        if (answer.is_reset or answer.is_hanging) and request.transport is not None:
            request.transport.abort()
        if not answer.is_endless and not answer.pause_seconds:
            return web.Response(status=answer.status, body=answer.body, headers=answer.headers)
        response = web.StreamResponse(status=answer.status, headers=answer.headers)
        with contextlib.suppress(ConnectionError):  # the other side has had enough
            await response.prepare(request)
            await self._trickle(response, answer)
        return response

    async def _trickle(self, response: web.StreamResponse, answer: Answer) -> None:
        step = 1 if answer.pause_seconds else max(1, len(answer.body))
        while not self._stopped.is_set():
            for start in range(0, len(answer.body), step):
                await response.write(answer.body[start : start + step])
                await self._pause(answer.pause_seconds)
            if not answer.is_endless:
                return

    async def _pause(self, seconds: float) -> None:
        """Wait, but not beyond the end of the test."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopped.wait()
