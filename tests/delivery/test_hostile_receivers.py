"""Receivers at their worst, byte by byte. Each costs no more than it may, and nobody else anything."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from cordboard.delivery.address_guard import AddressGuard
from cordboard.delivery.connection import LONGEST_ANSWER_BYTES, LONGEST_BODY_BYTES, LONGEST_HEAD_BYTES
from cordboard.delivery.sender import Sender
from cordboard.domain.clock import ManualClock
from cordboard.domain.webhook import Attempt, Delivery, EventKind
from tests.support.receiver import Answer, Receiver

AT = datetime(2026, 3, 10, tzinfo=UTC)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

Behaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def delivery(url: str) -> Delivery:
    return Delivery(
        id=uuid4(), tenant_id=1, subscription_id=1, call_id=uuid4(), kind=EventKind.CALL_RECORDED, body=b"{}",
        created_at=AT, due_at=AT, url=url,
    )  # fmt: skip


@asynccontextmanager
async def sending(timeout_seconds: float = 10) -> AsyncIterator[Sender]:
    async with Sender(AddressGuard(["127.0.0.0/8"]), ManualClock(AT), timeout_seconds=timeout_seconds) as each:
        yield each


@asynccontextmanager
async def serving(behave: Behaviour) -> AsyncIterator[str]:
    """A server that does ``behave`` with each connection; its URL."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await behave(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"


def saying(*parts: bytes, is_closing: bool = False) -> Behaviour:
    """Says the next part to each request, whatever it was, and closes after the last one if told to."""

    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for part in parts:
            await reader.readuntil(b"\r\n\r\n{}")
            writer.write(part)
            await writer.drain()
        if not is_closing:
            await reader.read()

    return behave


async def attempt(behave: Behaviour, timeout_seconds: float = 10) -> Attempt:
    async with serving(behave) as url, sending(timeout_seconds) as sender:
        return await sender.send(delivery(url))


@pytest.mark.parametrize(
    ("answer", "status", "body"),
    [
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nTrailer: x\r\n\r\n", 200, b"ok"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, b""),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b""),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", 304, b""),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + OK, 200, b"ok"),
        (b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" * 50 + OK, 200, b"ok"),
        (b"HTTP/1.0 202 Accepted\r\nContent-Length: 2\r\n\r\nok", 202, b"ok"),
    ],
)
async def test_answers_as_the_standard_has_them(answer: bytes, status: int, body: bytes) -> None:
    made = await attempt(saying(answer))
    assert (made.status, made.response_body, made.error) == (status, body, "")


async def test_an_answer_without_a_length_ends_with_its_connection() -> None:
    made = await attempt(saying(b"HTTP/1.1 200 OK\r\n\r\nuntil the end", is_closing=True))
    assert (made.status, made.response_body, made.error) == (200, b"until the end", "")


async def test_an_answer_may_come_in_any_pieces() -> None:
    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"{}")
        for byte in OK:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0)

    made = await attempt(behave)
    assert (made.status, made.response_body) == (200, b"ok")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"220 smtp.example ESMTP\r\n", "no HTTP"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01", "no HTTP"),
        (b"HTTP/1.1 abc\r\n\r\n", "no HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok", "no HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "no HTTP"),
        (b"HTTP/1.1 200 OK\r\nBad Header: x\r\n\r\n", "no HTTP"),
        (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", "another protocol"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * LONGEST_HEAD_BYTES, "of headers"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" * 4000, "of headers"),
    ],
)
async def test_what_is_no_answer_is_a_failure_without_a_status(answer: bytes, reason: str) -> None:
    made = await attempt(saying(answer))
    assert made.status is None
    assert reason in made.error


@pytest.mark.parametrize("begun", [b"", b"HTTP/1.1 200", b"HTTP/1.1 200 OK\r\nContent-Le"])
async def test_a_connection_that_is_closed_before_the_answer_is_a_failure(begun: bytes) -> None:
    made = await attempt(saying(begun, is_closing=True))
    assert made.status is None
    assert "closed" in made.error


@pytest.mark.parametrize(
    "begun", [b"Content-Length: 100\r\n\r\nhalf", b"Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"]
)
async def test_half_an_answer_says_what_it_said(begun: bytes) -> None:
    made = await attempt(saying(b"HTTP/1.1 500 Oh\r\n" + begun, is_closing=True))
    assert (made.status, made.response_body, made.is_delivered) == (500, b"half", False)
    assert "closed" in made.error


async def test_a_black_hole_costs_the_time_that_it_may() -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)  # the kernel takes what nobody accepts
        async with sending(0.3) as sender:
            made = await sender.send(delivery(f"http://127.0.0.1:{deaf.getsockname()[1]}/"))
    assert (made.status, made.error) == (None, "not finished within 0.3 s")


async def test_a_receiver_that_reads_nothing_costs_the_time_that_it_may() -> None:
    async def behave(_: asyncio.StreamReader, __: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    async with serving(behave) as url, sending(0.3) as sender:
        made = await sender.send(delivery(url))
        assert (made.status, made.error) == (None, "not finished within 0.3 s")


async def test_one_byte_after_the_other_ends_with_the_time() -> None:
    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"{}")
        for byte in b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1000:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0.02)

    made = await attempt(behave, 0.3)
    assert (made.status, made.error) == (None, "not finished within 0.3 s")


async def test_an_endless_body_and_endless_chunk_extensions_are_cut() -> None:
    async def flood(head: bytes, piece: bytes) -> tuple[Attempt, int]:
        sent = 0

        async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal sent
            await reader.readuntil(b"{}")
            writer.write(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\n")
            while True:
                writer.write(piece)
                await writer.drain()
                sent += len(piece)

        return await attempt(behave), sent

    made, _ = await flood(b"Content-Length: 99999999999", b"x" * 10_000)
    assert (made.is_delivered, len(made.response_body)) == (True, LONGEST_BODY_BYTES)
    made, sent = await flood(b"Transfer-Encoding: chunked", b"1;" + b"e" * 10_000 + b"\r\nx\r\n")
    assert made.is_delivered
    assert len(made.response_body) < 200
    assert sent < 20 * LONGEST_ANSWER_BYTES


async def test_what_is_said_without_being_asked_spoils_no_other_attempt() -> None:
    stray = b"HTTP/1.1 500 Stray\r\nContent-Length: 0\r\n\r\n"
    async with serving(saying(OK + stray, OK)) as url, sending() as sender:
        made = [await sender.send(delivery(url)) for _ in range(3)]
    assert [each.status for each in made] == [200, 200, 200]


async def test_a_redirect_to_a_neighbour_is_not_followed() -> None:
    async with Receiver() as neighbour:
        moved = f"HTTP/1.1 307 Moved\r\nLocation: {neighbour.url}\r\nContent-Length: 0\r\n\r\n".encode()
        made = await attempt(saying(moved))
        assert (made.status, made.is_delivered, neighbour.requests) == (307, False, [])


async def test_a_name_that_becomes_private_is_refused_when_it_is_looked_up_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("cordboard.delivery.connections.RESOLVED_SECONDS", 0)
    answers = [["127.0.0.1"], ["127.0.0.1", "169.254.169.254"], ["10.0.0.1"]]

    def flipping(*_: object) -> list[tuple[int, str]]:
        return [(socket.AF_INET, each) for each in (answers.pop(0) if len(answers) > 1 else answers[0])]

    async with Receiver() as receiver:
        receiver.default = Answer(headers={"Connection": "close"})
        guard = AddressGuard(["127.0.0.0/8"], names=flipping)
        async with Sender(guard, ManualClock(AT), timeout_seconds=10) as sender:
            url = f"http://partner.example:{receiver.port}/"
            made = [await sender.send(delivery(url)) for _ in range(3)]
    assert made[0].is_delivered
    assert [each.error for each in made[1:]] == [
        "169.254.169.254 is not a public address",
        "10.0.0.1 is not a public address",
    ]
    assert len(receiver.requests) == 1


async def test_many_ask_for_one_name_at_once_and_it_is_looked_up_once() -> None:
    looked_up = 0

    def names(*_: object) -> list[tuple[int, str]]:
        nonlocal looked_up
        looked_up += 1
        return [(socket.AF_INET, "127.0.0.1")]

    async with Receiver() as receiver:
        guard = AddressGuard(["127.0.0.0/8"], names=names)
        async with Sender(guard, ManualClock(AT), timeout_seconds=10) as sender:
            url = f"http://partner.example:{receiver.port}/"
            made = await asyncio.gather(*(sender.send(delivery(url)) for _ in range(20)))
    assert all(each.is_delivered for each in made)
    assert looked_up == 1


async def test_the_next_address_is_tried_when_the_first_refuses() -> None:
    async with Receiver() as receiver:
        guard = AddressGuard(
            ["127.0.0.0/8"], names=lambda *_: [(socket.AF_INET, "127.0.0.2"), (socket.AF_INET, "127.0.0.1")]
        )
        async with Sender(guard, ManualClock(AT), timeout_seconds=10) as sender:
            made = await sender.send(delivery(f"http://partner.example:{receiver.port}/"))
    assert made.is_delivered
