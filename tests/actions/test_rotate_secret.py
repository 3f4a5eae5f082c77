from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from cordboard.actions.add_webhook import add_webhook
from cordboard.actions.core import Core
from cordboard.actions.create_tenant import NewTenant, create_tenant
from cordboard.actions.deliver_webhook import AttemptLog, claim_deliveries, deliver_webhook
from cordboard.actions.resend_webhook import resend_delivery
from cordboard.actions.rotate_secret import rotate_secret
from cordboard.delivery.address_guard import AddressGuard
from cordboard.delivery.sender import Sender
from cordboard.domain.errors import InvalidInput, LimitReached, NotFound
from cordboard.domain.signing_secret import new_secret
from cordboard.domain.tenant import Tenant
from cordboard.domain.webhook import EventKind
from cordboard.store import Store
from tests.support.database import as_administrator
from tests.support.receiver import Receiver
from tests.support.worker import Workshop, open_workshop

KINDS = frozenset({EventKind.CALL_RECORDED})
URL = "https://93.184.216.34/hook"


async def live(core: Core, tenant: Tenant, webhook_id: int) -> list[str]:
    known = await core.store.for_tenant(tenant.id).subscriptions.locked_secrets(webhook_id)
    return [each.value for each in known]


async def test_a_secret_is_given_or_drawn(core: Core, tenant: Tenant) -> None:
    own = new_secret()
    given = await add_webhook(core, tenant, dialect="alohub", url=URL, kinds=KINDS, secret=own)
    drawn = await add_webhook(core, tenant, dialect="alohub", url=URL, kinds=KINDS)
    assert await live(core, tenant, given.id) == [own]
    (secret,) = await live(core, tenant, drawn.id)
    assert secret.startswith("whsec_")
    with pytest.raises(InvalidInput, match=r"^secret: "):
        await add_webhook(core, tenant, dialect="alohub", url=URL, kinds=KINDS, secret="whsec_short")


async def test_a_new_one_takes_over(core: Core, tenant: Tenant) -> None:
    webhook = await add_webhook(core, tenant, dialect="alohub", url=URL, kinds=KINDS)
    (first,) = await live(core, tenant, webhook.id)
    second = await rotate_secret(core, tenant, webhook.id)
    assert await live(core, tenant, webhook.id) == [second.value, first]
    assert [each.value for each in second.others] == [first]
    own = new_secret()
    third = await rotate_secret(core, tenant, webhook.id, secret=own)
    assert third.value == own
    with pytest.raises(LimitReached):
        await rotate_secret(core, tenant, webhook.id)
    with pytest.raises(InvalidInput):
        await rotate_secret(core, tenant, webhook.id, secret="nonsense")
    assert await live(core, tenant, webhook.id) == [own, second.value, first]
    alone = await rotate_secret(core, tenant, webhook.id, is_at_once=True)
    assert await live(core, tenant, webhook.id) == [alone.value]


async def test_nobody_rotates_a_foreign_secret(core: Core, tenant: Tenant) -> None:
    webhook = await add_webhook(core, tenant, dialect="alohub", url=URL, kinds=KINDS)
    other = await create_tenant(core, NewTenant(name="globex"))
    with pytest.raises(NotFound):
        await rotate_secret(core, other, webhook.id)


async def test_no_secret_stands_in_the_database(core: Core, tenant: Tenant, database_url: str) -> None:
    webhook = await add_webhook(core, tenant, dialect="alohub", url=URL, kinds=KINDS)
    (secret,) = await live(core, tenant, webhook.id)
    connection = await asyncpg.connect(as_administrator(database_url))
    row = await connection.fetchval("SELECT s::text || encode(secrets_sealed, 'escape') FROM subscriptions s")
    await connection.close()
    assert secret[6:20] not in row


async def test_what_arrives_is_signed_by_all_that_are_live(store: Store, tmp_path: Path) -> None:
    """By the reference implementation: every delivery, retries and replays too, with one, three and one secret."""
    workshop = await open_workshop(store, tmp_path)
    workshop.clock.move((datetime.now(UTC) - workshop.clock.now()).total_seconds() - 86_400)
    guard, secrets = AddressGuard(["127.0.0.0/8"]), [new_secret()]
    async with Receiver(500) as receiver, Sender(guard, workshop.clock, timeout_seconds=10) as sender:
        made = await workshop.rows.subscriptions.add(
            dialect="alohub", url=receiver.url, kinds=KINDS, authorization="k", secret=secrets[0]
        )
        for _ in range(2):
            secrets.insert(0, (await rotate_secret(workshop.core, workshop.tenant, made.id)).value)
        await workshop.end_call()
        await deliver_all(workshop, sender)
        for request in receiver.requests:
            at = datetime.fromtimestamp(int(request.headers["webhook-timestamp"]), UTC)
            signed = [Webhook(each).sign(request.webhook_id, at, request.body.decode()) for each in secrets]
            assert request.headers["webhook-signature"] == " ".join(signed)
        workshop.clock.move(86_400)
        await deliver_all(workshop, sender)  # the retry
        await resend_delivery(workshop.core, workshop.tenant, UUID(receiver.requests[0].webhook_id))
        await deliver_all(workshop, sender)
    assert len(receiver.requests) == 3
    for request in receiver.requests[1:]:
        assert Webhook(secrets[0]).verify(request.body, request.headers)
        with pytest.raises(WebhookVerificationError):
            Webhook(secrets[1]).verify(request.body, request.headers)


async def deliver_all(workshop: Workshop, sender: Sender) -> None:
    log = AttemptLog(workshop.core)
    for each in await claim_deliveries(workshop.core, 100):
        await deliver_webhook(workshop.core, sender, log, each)
