"""Answers that are made while they are sent."""

import asyncio
from collections.abc import AsyncGenerator

import pytest
from starlette.types import Message

from cordboard.api.common.stream import StreamAnswer

SCOPE = {"type": "http"}


class Pieces:
    """Makes pieces, and notes how many, and that it was told to stop."""

    def __init__(self, count: int, error: Exception | None = None) -> None:
        self.made = 0
        self.is_closed = False
        self._count = count
        self._error = error

    async def __call__(self) -> AsyncGenerator[bytes, None]:
        try:
            for _ in range(self._count):
                self.made += 1
                yield b"x"
                await asyncio.sleep(0)
            if self._error:
                raise self._error
        finally:
            self.is_closed = True


class Client:
    """Takes so many messages, then goes away; 0: never."""

    def __init__(self, patience: int = 0) -> None:
        self.sent: list[Message] = []
        self._left = asyncio.Event()
        self._patience = patience

    async def receive(self) -> Message:
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        self.sent.append(message)
        if len(self.sent) == self._patience:
            self._left.set()


async def test_all_pieces_are_sent_and_then_the_end() -> None:
    client, pieces = Client(), Pieces(3)
    await StreamAnswer(pieces(), "text/csv")(SCOPE, client.receive, client.send)
    start, *bodies = client.sent
    assert dict(start["headers"]) == {b"content-type": b"text/csv; charset=utf-8"}
    assert [(body["body"], body.get("more_body", False)) for body in bodies] == [(b"x", True)] * 3 + [(b"", False)]


async def test_a_client_that_goes_away_ends_it() -> None:
    client, pieces = Client(patience=3), Pieces(1_000_000)
    await StreamAnswer(pieces(), "text/csv")(SCOPE, client.receive, client.send)
    assert pieces.is_closed
    assert pieces.made < 10
    assert client.sent[-1]["more_body"]


async def test_what_fails_on_the_way_is_not_passed_off_as_whole() -> None:
    client, pieces = Client(), Pieces(2, OSError("the database is away"))
    with pytest.raises(OSError, match="away"):
        await StreamAnswer(pieces(), "text/csv")(SCOPE, client.receive, client.send)
    assert client.sent[-1]["more_body"]
