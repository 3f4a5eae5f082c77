import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import structlog

from cordboard.actions.deliver_webhook import AttemptLog, claim_deliveries, deliver_webhook
from cordboard.actions.enable_webhook import enable_webhook
from cordboard.actions.send_mails import send_mails
from cordboard.actions.switch_off_webhooks import look_after_webhooks
from cordboard.delivery.address_guard import AddressGuard
from cordboard.delivery.sender import Sender
from cordboard.domain.webhook import Subscription
from cordboard.store import Store
from tests.support.mail_server import MailServer
from tests.support.receiver import Answer, Receiver
from tests.support.worker import Workshop, open_workshop

HOUR = 3600
DAY = 24 * HOUR


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    async with MailServer() as running:
        yield running


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """Nobody is well there."""
    async with Receiver() as each:
        each.default = Answer(status=500)
        yield each


@pytest.fixture
async def workshop(store: Store, tmp_path: Path, server: MailServer) -> Workshop:
    opened = await open_workshop(store, tmp_path, smtp_url=server.url, mail_from="calls@cordboard.example")
    tenant = await opened.rows.tenants.change(admin_email="admin@acme.example", language="en")
    return replace(opened, tenant=tenant)


@pytest.fixture
async def sender(workshop: Workshop) -> AsyncIterator[Sender]:
    guard = AddressGuard(workshop.core.settings.allow_networks)
    async with Sender(guard, workshop.clock, timeout_seconds=10) as each:
        yield each


async def deliver_all(workshop: Workshop, sender: Sender) -> int:
    log, count = AttemptLog(workshop.core), 0
    while claimed := await claim_deliveries(workshop.core, 100):
        await asyncio.gather(*(deliver_webhook(workshop.core, sender, log, each) for each in claimed))
        count += len(claimed)
    return count


async def look_after(workshop: Workshop, *, workers: int = 4) -> None:
    """What several workers do at once."""
    await asyncio.gather(*(look_after_webhooks(workshop.core) for _ in range(workers)))
    await asyncio.gather(*(send_mails(workshop.core) for _ in range(workers)))


async def only(workshop: Workshop) -> Subscription:
    (subscription,) = await workshop.rows.subscriptions.list()
    return subscription


async def fail_for(workshop: Workshop, sender: Sender, *, hours: int) -> None:
    """A call every six hours, and workers that look after everything."""
    for _ in range(hours // 6):
        workshop.clock.move(6 * HOUR)
        await workshop.end_call()
        await deliver_all(workshop, sender)
        await look_after(workshop)


async def test_a_mail_at_half_time_and_one_at_the_end(
    workshop: Workshop, receiver: Receiver, sender: Sender, server: MailServer
) -> None:
    webhook = await workshop.subscribe(receiver.url)
    await workshop.end_call()
    await deliver_all(workshop, sender)
    assert (await only(workshop)).failing_since == workshop.clock.now()
    await fail_for(workshop, sender, hours=54)
    assert server.mails == []
    await fail_for(workshop, sender, hours=6)
    assert server.subjects == [f"Webhook {webhook.id} is failing"]
    await fail_for(workshop, sender, hours=54)
    assert (len(server.mails), (await only(workshop)).is_enabled) == (1, True)
    await fail_for(workshop, sender, hours=6)
    assert server.subjects == [f"Webhook {webhook.id} is failing", f"Webhook {webhook.id} is switched off"]
    off = await only(workshop)
    assert (off.is_enabled, off.last_error) == (False, "HTTP 500")
    await fail_for(workshop, sender, hours=48)
    assert len(server.mails) == 2
    assert {each.recipients for each in server.mails} == {("admin@acme.example",)}
    body = server.mails[0].message.get_content()
    assert receiver.url in body
    assert "HTTP 500" in body
    assert "2026-03-15 16:52 (Asia/Ho_Chi_Minh)" in body  # five days after the first failure


async def test_each_is_written_once_by_racing_workers_and_sent_once_after_a_restart(
    workshop: Workshop, receiver: Receiver, sender: Sender, server: MailServer
) -> None:
    await workshop.subscribe(receiver.url)
    await workshop.end_call()
    await deliver_all(workshop, sender)
    workshop.clock.move(5 * DAY)
    await workshop.end_call()
    await deliver_all(workshop, sender)
    await asyncio.gather(*(look_after_webhooks(workshop.core) for _ in range(8)))
    (written,) = await workshop.rows.mails.list()
    claimed = await workshop.core.store.system.mails.claim(10, workshop.clock.now(), 330)
    assert [each.id for each in claimed] == [written.id]  # and the worker is killed
    await asyncio.gather(*(send_mails(workshop.core) for _ in range(8)))
    assert server.mails == []
    workshop.clock.move(330)
    await asyncio.gather(*(send_mails(workshop.core) for _ in range(8)))
    assert [each.message["Message-ID"] for each in server.mails] == [f"<{written.id.hex}@cordboard.example>"]
    workshop.clock.move(DAY)
    await look_after(workshop)
    assert len(server.mails) == 1


async def test_a_bad_day_is_not_five(
    workshop: Workshop, receiver: Receiver, sender: Sender, server: MailServer
) -> None:
    """All failures within a day, and no call since: nothing says that it is still so."""
    await workshop.subscribe(receiver.url)
    await workshop.end_call()
    for seconds in (0, 6, 33, 132, 660):
        workshop.clock.move(seconds)
        assert await deliver_all(workshop, sender) == 1
    workshop.clock.move(6 * DAY)
    await look_after(workshop)
    assert (await only(workshop)).is_enabled
    assert server.mails == []


async def test_one_success_and_all_begins_anew(
    workshop: Workshop, receiver: Receiver, sender: Sender, server: MailServer
) -> None:
    await workshop.subscribe(receiver.url)
    await workshop.end_call()
    await deliver_all(workshop, sender)
    await fail_for(workshop, sender, hours=72)
    assert len(server.mails) == 1
    receiver.default = Answer(status=200)
    workshop.clock.move(2 * DAY)
    await deliver_all(workshop, sender)
    await look_after(workshop)
    well = await only(workshop)
    assert (well.is_enabled, well.failed_count, well.failing_since, well.last_error) == (True, 0, None, None)
    receiver.default = Answer(status=500)
    await workshop.end_call()
    await deliver_all(workshop, sender)
    await fail_for(workshop, sender, hours=66)
    assert len(server.mails) == 2


async def test_410_is_told_once_and_at_once(
    workshop: Workshop, receiver: Receiver, sender: Sender, server: MailServer
) -> None:
    webhook = await workshop.subscribe(receiver.url)
    receiver.default = Answer(status=410, delay_seconds=0.05)
    for _ in range(4):
        await workshop.end_call()
    await deliver_all(workshop, sender)
    await look_after(workshop)
    off = await only(workshop)
    assert (off.is_enabled, off.last_error) == (False, "HTTP 410: nobody is there any more")
    assert server.subjects == [f"Webhook {webhook.id} is switched off"]
    assert {each.outcome for each in await workshop.deliveries()} <= {"gone", "kept"}


async def test_switched_on_again_it_starts_afresh(
    workshop: Workshop, receiver: Receiver, sender: Sender, server: MailServer
) -> None:
    webhook = await workshop.subscribe(receiver.url)
    await workshop.end_call()
    await deliver_all(workshop, sender)
    await fail_for(workshop, sender, hours=126)
    assert not (await only(workshop)).is_enabled
    assert len(server.mails) == 2
    await enable_webhook(workshop.core, workshop.tenant, webhook.id)
    fresh = await only(workshop)
    assert (fresh.is_enabled, fresh.failed_count, fresh.failing_since, fresh.last_error) == (True, 0, None, None)
    await workshop.end_call()
    await deliver_all(workshop, sender)
    await fail_for(workshop, sender, hours=48)
    assert len(server.mails) == 2
    await fail_for(workshop, sender, hours=72)
    assert len(server.mails) == 4


async def test_the_subscriptions_own_address_comes_first(
    workshop: Workshop, receiver: Receiver, sender: Sender, server: MailServer
) -> None:
    for email in ("john@example.com", "not an address", ""):
        webhook = await workshop.subscribe(receiver.url)
        await workshop.rows.subscriptions.change(webhook.id, notification_email=email)
    receiver.default = Answer(status=410)
    await workshop.end_call()
    await deliver_all(workshop, sender)
    await look_after(workshop)
    found = sorted(each.recipients[0] for each in server.mails)
    assert found == ["admin@acme.example", "admin@acme.example", "john@example.com"]


async def test_without_anybody_to_tell_or_a_server_there_is_a_line_in_the_log(
    workshop: Workshop, receiver: Receiver, sender: Sender, server: MailServer
) -> None:
    receiver.default = Answer(status=410)
    await workshop.subscribe(receiver.url)
    await workshop.end_call()
    await deliver_all(workshop, sender)
    unset = replace(workshop, core=replace(workshop.core, settings=workshop.core.settings.changed(smtp_url="")))
    with structlog.testing.capture_logs() as logs:
        await look_after(unset)
    (line,) = [each for each in logs if each["event"] == "mail_not_sent"]
    assert (line["to"], line["reason"]) == ("admin@acme.example", "the setting smtp_url is empty")
    await look_after(workshop)
    assert server.mails == []
    await workshop.rows.tenants.change(admin_email="")
    await workshop.subscribe(receiver.url)
    await workshop.end_call()
    with structlog.testing.capture_logs() as logs:
        await deliver_all(workshop, sender)
    assert "mail_without_recipient" in [each["event"] for each in logs]


async def test_a_mail_that_is_put_off_is_sent_later_and_one_that_is_refused_never(
    workshop: Workshop, receiver: Receiver, sender: Sender, server: MailServer
) -> None:
    receiver.default = Answer(status=410)
    server.refusals.extend(["450 later", "", "550 never"])
    await workshop.subscribe(receiver.url)
    await workshop.end_call()
    await deliver_all(workshop, sender)
    for seconds in (0, 60, 300):
        assert await send_mails(workshop.core) == (0 if server.mails else 1)
        assert server.mails == []
        workshop.clock.move(seconds + 301)
    workshop.clock.move(10 * DAY)
    assert await send_mails(workshop.core) == 0
    await workshop.subscribe(receiver.url)
    await workshop.end_call()
    await deliver_all(workshop, sender)
    server.refusals.extend(["450 later"])
    await send_mails(workshop.core)
    workshop.clock.move(59)
    assert await send_mails(workshop.core) == 0
    workshop.clock.move(1)
    assert await send_mails(workshop.core) == 1
    assert len(server.mails) == 1


async def test_what_happens_while_it_is_off_is_kept(workshop: Workshop, receiver: Receiver, sender: Sender) -> None:
    webhook = await workshop.subscribe(receiver.url)
    await workshop.rows.subscriptions.disable(webhook.id)
    facts = await workshop.end_call()
    assert await deliver_all(workshop, sender) == 0
    (kept,) = await workshop.deliveries(facts.id)
    assert (kept.outcome, kept.delivery.attempts) == ("kept", 0)
    assert kept.delivery.body.startswith(b'{"reference"')


async def test_what_was_written_by_who_did_not_know_is_kept_too(workshop: Workshop, receiver: Receiver) -> None:
    webhook = await workshop.subscribe(receiver.url)
    async with workshop.rows.transaction() as rows:
        await workshop.rows.subscriptions.disable(webhook.id)
        await rows.deliveries.insert(webhook.id, webhook.uuid, next(iter(webhook.kinds)), b"{}", workshop.clock.now())
    assert [each.outcome for each in await workshop.deliveries()] == [""]
    await look_after(workshop)
    assert [each.outcome for each in await workshop.deliveries()] == ["kept"]
