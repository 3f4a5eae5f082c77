"""The reference implementation of Standard Webhooks judges what we send."""

import base64
import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from cordboard.delivery.address_guard import AddressGuard
from cordboard.delivery.sender import Sender
from cordboard.delivery.signing import signing_headers
from cordboard.domain.clock import ManualClock
from cordboard.domain.signing_secret import SigningSecret, new_secret
from cordboard.domain.webhook import Delivery, EventKind
from tests.support.receiver import Received, Receiver

NOW = datetime.now(UTC)
BODY = '{"call_status":"answered","userName":"Hà"}'.encode()
SECRETS = [new_secret() for _ in range(3)]


def delivery(*live: SigningSecret, url: str = "http://127.0.0.1/", body: bytes = BODY) -> Delivery:
    return Delivery(
        id=uuid4(), tenant_id=1, subscription_id=1, call_id=uuid4(), kind=EventKind.CALL_RECORDED, body=body,
        created_at=NOW, due_at=NOW, url=url, authorization="partner key", secrets=live,
    )  # fmt: skip


def is_signed(body: bytes, headers: dict[str, str], secret: str) -> bool:
    try:
        Webhook(secret).verify(body, headers)
    except WebhookVerificationError:
        return False
    return True


@pytest.fixture
async def received() -> AsyncIterator[Received]:
    """A webhook that was sent with three live secrets."""
    sent = [SigningSecret(value=each) for each in SECRETS]
    # Now, and not when the tests were collected: the reference refuses what is over five minutes old.
    guard, clock = AddressGuard(["127.0.0.0/8"]), ManualClock(datetime.now(UTC))
    async with Receiver() as receiver, Sender(guard, clock, timeout_seconds=10) as sender:
        await sender.send(delivery(*sent, url=receiver.url))
        yield receiver.requests[0]


async def test_each_of_three_live_secrets_verifies_what_arrived(received: Received) -> None:
    assert received.body == BODY
    assert received.headers["webhook-signature"].count("v1,") == 3
    for secret in SECRETS:
        assert is_signed(received.body, received.headers, secret)
    assert not is_signed(received.body, received.headers, new_secret())


async def test_a_changed_byte_fails(received: Received) -> None:
    for place in range(len(BODY)):
        changed = bytearray(received.body)
        changed[place] ^= 1
        try:
            assert not is_signed(bytes(changed), received.headers, SECRETS[0])
        except UnicodeDecodeError:
            continue  # the reference reads text: no JSON is left of it
    for header, value in (
        ("webhook-id", str(uuid4())),
        ("webhook-timestamp", str(int(received.headers["webhook-timestamp"]) + 1)),
        ("webhook-signature", "v1," + base64.b64encode(bytes(32)).decode()),
    ):
        assert not is_signed(received.body, received.headers | {header: value}, SECRETS[0])


def test_an_expired_secret_signs_no_more() -> None:
    ending = SigningSecret(value=SECRETS[1], expires_at=NOW + timedelta(hours=24))
    sent = delivery(SigningSecret(value=SECRETS[0]), ending)
    for seconds, count in ((0, 2), (86_399, 2), (86_400, 1)):
        headers = signing_headers(sent, NOW + timedelta(seconds=seconds))
        assert headers["webhook-signature"].count("v1,") == count
        assert headers["webhook-id"] == str(sent.id)


@pytest.mark.parametrize("length", [24, 32, 64])
@pytest.mark.parametrize("body", [b"{}", b"", b" {\n}\r\n", BODY * 1000], ids=["empty", "nothing", "blanks", "long"])
def test_secrets_and_bodies_of_any_length(length: int, body: bytes) -> None:
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(length)).decode()
    sent = delivery(SigningSecret(value=secret), body=body)
    headers = signing_headers(sent, NOW)
    expected = Webhook(secret).sign(str(sent.id), NOW.replace(microsecond=0), body.decode())
    assert headers["webhook-signature"] == expected


def test_without_a_secret_there_is_no_signature() -> None:
    assert signing_headers(delivery(), NOW).keys() == {"webhook-id", "webhook-timestamp"}
