import asyncio
import ssl
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from cordboard.delivery.address_guard import AddressGuard
from cordboard.delivery.connection import LONGEST_BODY_BYTES
from cordboard.delivery.sender import Sender
from cordboard.domain.clock import ManualClock
from cordboard.domain.webhook import Delivery, EventKind
from tests.support.certificates import self_signed_certificate
from tests.support.receiver import Answer, Receiver

AT = datetime(2026, 3, 10, 9, 52, 27, tzinfo=UTC)
WEBHOOK_ID = UUID("0190b0f0-a1b2-7c3d-8e4f-5a6b7c8d9e0f")
BODY = '{"call_status":"answered","userName":"Hà"}'.encode()


def delivery(url: str, **changes: str) -> Delivery:
    plain = Delivery(
        id=WEBHOOK_ID,
        tenant_id=1,
        subscription_id=1,
        call_id=UUID(int=1),
        kind=EventKind.CALL_RECORDED,
        body=BODY,
        created_at=AT,
        due_at=AT,
        url=url,
        authorization="partner key 42==",
    )
    return replace(plain, **changes)  # type: ignore[arg-type] # only texts are changed here


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver() as each:
        yield each


@pytest.fixture
async def sender() -> AsyncIterator[Sender]:
    async with Sender(AddressGuard(["127.0.0.0/8"]), ManualClock(AT), timeout_seconds=10) as each:
        yield each


@pytest.fixture
async def hasty_sender() -> AsyncIterator[Sender]:
    async with Sender(AddressGuard(["127.0.0.0/8"]), ManualClock(AT), timeout_seconds=0.3) as each:
        yield each


async def test_sends_the_frozen_body_and_the_partners_key(receiver: Receiver, sender: Sender) -> None:
    attempt = await sender.send(delivery(f"{receiver.url}/%7Ea//b?x=1&y=%2f"))
    [request] = receiver.requests
    assert (request.method, request.raw_path, request.body) == ("POST", "/hook/%7Ea//b?x=1&y=%2f", BODY)
    assert request.headers == {
        "host": f"127.0.0.1:{receiver.port}",
        "accept": "*/*",
        "accept-encoding": "identity",
        "authorization": "partner key 42==",
        "content-length": str(len(BODY)),
        "content-type": "application/json",
        "user-agent": "Cordboard",
        "webhook-id": str(WEBHOOK_ID),
        "webhook-timestamp": "1773136347",
    }
    assert attempt.is_delivered
    assert (attempt.status, attempt.response_body, attempt.error, attempt.started_at) == (200, b"ok", "", AT)
    assert attempt.response_headers["content-length"] == "2"


async def test_a_retry_carries_the_same_bytes_and_id(receiver: Receiver, sender: Sender) -> None:
    for _ in range(3):
        await sender.send(delivery(receiver.url))
    assert {(each.webhook_id, each.body) for each in receiver.requests} == {(str(WEBHOOK_ID), BODY)}
    assert len(receiver.connections) == 1


async def test_without_a_key_there_is_no_authorization(receiver: Receiver, sender: Sender) -> None:
    await sender.send(delivery(receiver.url, authorization=""))
    assert "authorization" not in receiver.requests[0].headers


async def test_credentials_in_the_url_are_basic_authentication(receiver: Receiver, sender: Sender) -> None:
    url = receiver.url.replace("//", "//user:p%40ss@")
    await sender.send(delivery(url, authorization=""))
    await sender.send(delivery(url))
    assert [each.headers["authorization"] for each in receiver.requests] == ["Basic dXNlcjpwQHNz", "partner key 42=="]


@pytest.mark.parametrize(("status", "is_delivered"), [(200, True), (201, True), (202, True), (204, True), (299, True)])
async def test_any_2xx_is_delivered(receiver: Receiver, sender: Sender, status: int, is_delivered: bool) -> None:
    receiver.script(Answer(status=status, body=b"" if status == 204 else b"ok"))
    assert (await sender.send(delivery(receiver.url))).is_delivered is is_delivered


@pytest.mark.parametrize("status", [300, 304, 400, 401, 404, 410, 429, 500, 503])
async def test_anything_else_is_a_failure(receiver: Receiver, sender: Sender, status: int) -> None:
    receiver.script(status)
    attempt = await sender.send(delivery(receiver.url))
    assert (attempt.status, attempt.is_delivered) == (status, False)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_not_followed(receiver: Receiver, sender: Sender, status: int) -> None:
    receiver.script(Answer(status=status, headers={"Location": "/elsewhere"}))
    attempt = await sender.send(delivery(receiver.url))
    assert (attempt.status, attempt.is_delivered, len(receiver.requests)) == (status, False, 1)


async def test_no_answer_in_time(receiver: Receiver, hasty_sender: Sender) -> None:
    receiver.script(Answer(is_hanging=True))
    attempt = await hasty_sender.send(delivery(receiver.url))
    assert (attempt.status, attempt.error) == (None, "not finished within 0.3 s")
    assert attempt.duration_milliseconds < 5000


async def test_a_trickling_answer_ends_with_the_time(receiver: Receiver, hasty_sender: Sender) -> None:
    receiver.script(Answer(status=500, body=b"drip", pause_seconds=0.05, is_endless=True))
    attempt = await hasty_sender.send(delivery(receiver.url))
    assert (attempt.status, attempt.error) == (500, "not finished within 0.3 s")
    assert attempt.response_body.startswith(b"drip")
    assert attempt.duration_milliseconds < 5000


async def test_an_accepted_webhook_stays_accepted_when_the_rest_of_the_answer_does_not_come(
    receiver: Receiver, hasty_sender: Sender
) -> None:
    receiver.script(Answer(body=b"drip", pause_seconds=0.05, is_endless=True))
    assert (await hasty_sender.send(delivery(receiver.url))).is_delivered


async def test_an_endless_answer_is_cut(receiver: Receiver, sender: Sender) -> None:
    receiver.script(Answer(body=b"x" * 100_000, is_endless=True))
    attempt = await sender.send(delivery(receiver.url))
    assert attempt.response_body == b"x" * LONGEST_BODY_BYTES
    assert (await sender.send(delivery(receiver.url))).is_delivered
    assert len(receiver.connections) == 2


async def test_a_packed_answer_is_not_unpacked(receiver: Receiver, sender: Sender) -> None:
    receiver.script(Answer(body=b"\x1f\x8bno gzip at all", headers={"Content-Encoding": "gzip"}))
    assert (await sender.send(delivery(receiver.url))).response_body == b"\x1f\x8bno gzip at all"


async def test_a_cut_connection_is_a_failure(receiver: Receiver, sender: Sender) -> None:
    receiver.script(Answer(is_reset=True))
    attempt = await sender.send(delivery(receiver.url))
    assert attempt.status is None
    assert attempt.error
    assert len(receiver.requests) == 1


async def test_a_kept_connection_that_was_closed_meanwhile_is_no_failure(receiver: Receiver, sender: Sender) -> None:
    receiver.script(200, Answer(is_reset=True), 200)
    assert (await sender.send(delivery(receiver.url))).is_delivered
    assert (await sender.send(delivery(receiver.url))).is_delivered
    assert len(receiver.requests) == 3


async def test_it_is_tried_at_once_only_once(receiver: Receiver, sender: Sender) -> None:
    receiver.script(200, Answer(is_reset=True), Answer(is_reset=True))
    await sender.send(delivery(receiver.url))
    assert (await sender.send(delivery(receiver.url))).status is None
    assert len(receiver.requests) == 3


async def test_nobody_listens(receiver: Receiver, sender: Sender) -> None:
    url = receiver.url
    await receiver.__aexit__()
    attempt = await sender.send(delivery(url))
    assert attempt.status is None
    assert "Connect" in attempt.error
    await receiver.__aenter__()


async def test_cookies_are_not_kept(receiver: Receiver, sender: Sender) -> None:
    receiver.script(Answer(headers={"Set-Cookie": "session=1; Path=/"}), 200)
    for _ in range(2):
        await sender.send(delivery(receiver.url))
    assert "cookie" not in receiver.requests[1].headers


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120),
        (" 7 ", 7),
        ((AT + timedelta(seconds=90)).strftime("%a, %d %b %Y %H:%M:%S GMT"), 90),
        ((AT - timedelta(seconds=90)).strftime("%a, %d %b %Y %H:%M:%S GMT"), 0),
        ("9" * 400, 999_999_999),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("²", None),
    ],
)
async def test_retry_after(receiver: Receiver, sender: Sender, text: str, seconds: int | None) -> None:
    receiver.script(Answer(status=503, headers={"Retry-After": text}))
    assert (await sender.send(delivery(receiver.url))).retry_after_seconds == seconds


@pytest.mark.parametrize(
    "changes",
    [{"url": "ftp://127.0.0.1/"}, {"url": "nonsense"}, {"authorization": "key\r\nX-Injected: 1"}],
)
async def test_what_cannot_be_sent_is_a_failed_attempt(
    receiver: Receiver, sender: Sender, changes: dict[str, str]
) -> None:
    attempt = await sender.send(delivery(**({"url": receiver.url} | changes)))
    assert attempt.status is None
    assert attempt.error
    assert receiver.requests == []


async def test_many_hanging_receivers_hold_up_no_other(receiver: Receiver, sender: Sender) -> None:
    async with Receiver() as hanging:
        hanging.default = Answer(is_hanging=True)
        stuck = [asyncio.ensure_future(sender.send(delivery(hanging.url))) for _ in range(200)]
        await hanging.wait_for(200)
        assert (await sender.send(delivery(receiver.url))).is_delivered
        assert not any(each.done() for each in stuck)
    await asyncio.gather(*stuck)


async def test_tls_names_the_host_and_trusts_no_unknownself_signed_certificate(tmp_path: Path) -> None:
    names: list[str | None] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed_certificate(tmp_path, "partner.example"))
    context.sni_callback = lambda _, name, __: names.append(name)
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    guard = AddressGuard(["127.0.0.0/8"], names=lambda *_: [(2, "127.0.0.1")])
    async with server, Sender(guard, ManualClock(AT), timeout_seconds=10) as sender:
        attempt = await sender.send(delivery(f"https://partner.example:{port}/hook"))
    assert names == ["partner.example"]
    assert attempt.status is None
    assert "CERTIFICATE_VERIFY_FAILED" in attempt.error
