import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from cordboard.actions.deliver_webhook import AttemptLog, claim_deliveries, deliver_webhook, judge
from cordboard.delivery.address_guard import AddressGuard
from cordboard.delivery.sender import Sender
from cordboard.domain.webhook import Attempt, Delivery, EventKind
from cordboard.store import FinishedAttempt, Store
from tests.support.database import Cluster
from tests.support.receiver import Answer, Receiver
from tests.support.worker import NOW, PARTNER_KEY, Workshop, open_workshop


@pytest.fixture
async def workshop(store: Store, tmp_path: Path) -> Workshop:
    return await open_workshop(store, tmp_path)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver() as each:
        yield each


@pytest.fixture
async def sender(workshop: Workshop) -> AsyncIterator[Sender]:
    guard = AddressGuard(workshop.core.settings.allow_networks)
    async with Sender(guard, workshop.clock, timeout_seconds=10) as each:
        yield each


async def deliver_all(workshop: Workshop, sender: Sender) -> list[FinishedAttempt]:
    """One round: everything that may go now goes, at once."""
    log = AttemptLog(workshop.core)
    claimed = await claim_deliveries(workshop.core, 100)
    return list(await asyncio.gather(*(deliver_webhook(workshop.core, sender, log, each) for each in claimed)))


async def test_a_webhook_arrives_with_the_partners_key(workshop: Workshop, receiver: Receiver, sender: Sender) -> None:
    await workshop.subscribe(receiver.url)
    facts = await workshop.end_call()
    await deliver_all(workshop, sender)
    [request] = receiver.requests
    [logged] = await workshop.deliveries()
    assert request.body == logged.delivery.body == f'{{"reference":"{facts.reference}","recording":"none"}}'.encode()
    assert (request.headers["authorization"], request.webhook_id) == (PARTNER_KEY, str(logged.delivery.id))
    assert (logged.outcome, logged.delivery.attempts) == ("delivered", 1)
    [attempt] = await workshop.rows.deliveries.attempts(logged.delivery.id)
    assert (attempt.status, attempt.response_body) == (200, b"ok")
    assert await claim_deliveries(workshop.core, 100) == []


async def test_a_failure_is_tried_again_when_it_is_due_with_the_same_bytes_and_id(
    workshop: Workshop, receiver: Receiver, sender: Sender
) -> None:
    await workshop.subscribe(receiver.url)
    await workshop.end_call()
    receiver.script(500, 302, 200)
    await deliver_all(workshop, sender)
    [subscription] = await workshop.rows.subscriptions.list()
    assert (subscription.failed_count, subscription.last_error) == (1, "HTTP 500")
    workshop.clock.move(4.9)
    assert await deliver_all(workshop, sender) == []
    workshop.clock.move(0.7)
    assert len(await deliver_all(workshop, sender)) == 1
    [subscription] = await workshop.rows.subscriptions.list()
    assert (subscription.failed_count, subscription.last_error) == (2, "HTTP 302")
    workshop.clock.move(33)
    [last] = await deliver_all(workshop, sender)
    assert last.outcome == "delivered"
    [subscription] = await workshop.rows.subscriptions.list()
    assert (subscription.failed_count, subscription.last_error) == (0, None)
    assert len({(each.webhook_id, each.body) for each in receiver.requests}) == 1
    [logged] = await workshop.deliveries()
    attempts = await workshop.rows.deliveries.attempts(logged.delivery.id)
    assert [each.status for each in attempts] == [500, 302, 200]


async def test_nobody_listens_is_a_failure_like_any_other(
    workshop: Workshop, receiver: Receiver, sender: Sender
) -> None:
    await workshop.subscribe("http://127.0.0.1:1/hook")
    await workshop.subscribe("http://10.0.0.1/hook")
    await workshop.subscribe("nonsense")
    await workshop.subscribe(receiver.url)
    await workshop.end_call()
    await deliver_all(workshop, sender)
    errors = [each.last_error for each in await workshop.rows.subscriptions.list()]
    assert errors[0] is not None
    assert "Connect" in errors[0]
    assert errors[1:] == ["10.0.0.1 is not a public address", "url: neither http nor https", None]


@pytest.mark.parametrize("jitter", [0.0, 0.5, 1.0])
async def test_gives_up_after_the_whole_schedule_and_keeps_the_log(
    workshop: Workshop, receiver: Receiver, sender: Sender, monkeypatch: pytest.MonkeyPatch, jitter: float
) -> None:
    """5 s, 30 s, 2 min, 10 min, 30 min, 1 h, 3 h, 6 h, 12 h, 24 h, 24 h; up to a tenth more, never less."""
    monkeypatch.setattr("cordboard.actions.deliver_webhook.random.random", lambda: jitter)
    await workshop.subscribe(receiver.url)
    await workshop.end_call()
    receiver.default = Answer(status=503)
    for seconds in (5, 30, 120, 600, 1800, 3600, 10_800, 21_600, 43_200, 86_400, 86_400):
        [finished] = await deliver_all(workshop, sender)
        pause = seconds * (1 + jitter / 10)
        assert finished.next_due_at == finished.finished_at + timedelta(seconds=pause)
        assert finished.finished_at == workshop.clock.now()
        workshop.clock.move(pause - 0.001)
        assert await deliver_all(workshop, sender) == []
        workshop.clock.move(0.001)
    [finished] = await deliver_all(workshop, sender)
    assert (finished.outcome, finished.next_due_at) == ("given_up", None)
    assert len(receiver.requests) == 12
    workshop.clock.move(7 * 86_400)
    assert await deliver_all(workshop, sender) == []
    [logged] = await workshop.deliveries()
    assert (logged.outcome, logged.delivery.attempts) == ("given_up", 12)


async def test_410_switches_the_subscription_off_at_once(
    workshop: Workshop, receiver: Receiver, sender: Sender
) -> None:
    await workshop.subscribe(receiver.url)
    for _ in range(6):
        await workshop.end_call()
    receiver.script(410)
    receiver.default = Answer(status=500)
    await deliver_all(workshop, sender)
    [subscription] = await workshop.rows.subscriptions.list()
    assert not subscription.is_enabled
    assert subscription.last_error is not None
    assert "410" in subscription.last_error
    assert sorted(each.outcome for each in await workshop.deliveries()) == ["gone"] + ["kept"] * 5
    workshop.clock.move(60)
    assert await deliver_all(workshop, sender) == []
    await workshop.end_call()
    assert await deliver_all(workshop, sender) == []


async def test_events_of_a_call_go_one_after_the_other(workshop: Workshop, receiver: Receiver, sender: Sender) -> None:
    subscription = await workshop.subscribe(receiver.url)
    for body in (b"started", b"answered", b"hangup"):
        await workshop.rows.deliveries.insert(
            subscription.id, UUID(int=1), EventKind.CALL_CHANGED, body, workshop.clock.now()
        )
    receiver.script(200, 500, 200, 200)
    for expected in (b"started", b"answered", b"hangup"):
        await deliver_all(workshop, sender)
        assert receiver.requests[-1].body == expected
    workshop.clock.move(6)
    await deliver_all(workshop, sender)
    assert [each.body for each in receiver.requests] == [b"started", b"answered", b"hangup", b"answered"]


async def test_a_target_gets_no_more_at_once_than_its_slots(
    workshop: Workshop, receiver: Receiver, sender: Sender
) -> None:
    await workshop.subscribe(receiver.url)
    for _ in range(10):
        await workshop.end_call()
    receiver.default = Answer(delay_seconds=0.05)
    rounds = [len(await deliver_all(workshop, sender)) for _ in range(3)]
    assert rounds == [4, 4, 2]
    assert receiver.most_in_flight == 4


async def test_what_a_killed_worker_had_in_hand_comes_back_with_the_same_id(
    workshop: Workshop, receiver: Receiver, sender: Sender
) -> None:
    await workshop.subscribe(receiver.url)
    await workshop.end_call()
    [lost] = await claim_deliveries(workshop.core, 100)
    assert await claim_deliveries(workshop.core, 100) == []
    workshop.clock.move(workshop.core.settings.delivery_timeout_seconds + 15)
    [finished] = await deliver_all(workshop, sender)
    assert (finished.delivery.id, finished.delivery.body) == (lost.id, lost.body)


async def test_a_removed_subscription_ends_quietly(workshop: Workshop, receiver: Receiver, sender: Sender) -> None:
    subscription = await workshop.subscribe(receiver.url)
    await workshop.end_call()
    receiver.script(Answer(status=410, delay_seconds=0.2))
    sending = asyncio.ensure_future(deliver_all(workshop, sender))
    await receiver.wait_for(1)
    await workshop.rows.subscriptions.remove(subscription.id)
    assert len(await sending) == 1
    assert await workshop.deliveries() == []


async def test_results_wait_for_a_database_that_is_away(
    workshop: Workshop, receiver: Receiver, sender: Sender, cluster: Cluster, database_url: str
) -> None:
    database = database_url.partition("@/")[2].partition("?")[0]
    await workshop.subscribe(receiver.url)
    await workshop.end_call()
    receiver.script(Answer(delay_seconds=0.3))
    sending = asyncio.ensure_future(deliver_all(workshop, sender))
    await receiver.wait_for(1)
    await cluster.run(
        f"ALTER DATABASE {database} CONNECTION LIMIT 0",
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'",  # noqa: S608 - our own
    )
    with pytest.raises(asyncpg.TooManyConnectionsError):
        await asyncpg.connect(database_url)
    await asyncio.wait([sending], timeout=1)
    assert not sending.done()
    await cluster.run(f"ALTER DATABASE {database} CONNECTION LIMIT -1")
    [finished] = await sending
    assert finished.outcome == "delivered"
    assert [each.outcome for each in await workshop.deliveries()] == ["delivered"]
    assert len(receiver.requests) == 1


def _attempt(status: int | None, *, at: datetime = NOW, retry_after_seconds: int | None = None) -> Attempt:
    return Attempt(started_at=at, duration_milliseconds=1000, status=status, retry_after_seconds=retry_after_seconds)


def _delivery(attempts: int) -> Delivery:
    return Delivery(
        id=UUID(int=1), tenant_id=1, subscription_id=1, call_id=UUID(int=2), kind=EventKind.CALL_RECORDED,
        body=b"{}", created_at=NOW, due_at=NOW, attempts=attempts,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("attempts", "attempt", "outcome", "seconds"),
    [
        (0, _attempt(204), "delivered", None),
        (11, _attempt(200), "delivered", None),
        (0, _attempt(410), "gone", None),
        (0, _attempt(500), "", 5),
        (0, _attempt(None), "", 5),
        (1, _attempt(500), "", 30),
        (10, _attempt(500), "", 86_400),
        (11, _attempt(500), "given_up", None),
        (0, _attempt(429, retry_after_seconds=100), "", 100),
        (0, _attempt(503, retry_after_seconds=7200), "", 3600),
    ],
)
def test_what_an_attempt_means(attempts: int, attempt: Attempt, outcome: str, seconds: float | None) -> None:
    judged = judge(_delivery(attempts), attempt, jitter=0)
    due_at = None if seconds is None else NOW + timedelta(seconds=1 + seconds)
    assert (judged.outcome, judged.next_due_at) == (outcome, due_at)
