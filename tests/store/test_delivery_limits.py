"""A host that does not answer is left in peace, and a target gets no more than its rate."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from cordboard.domain.breaker import PAUSE_SECONDS
from cordboard.domain.webhook import Attempt, Delivery, EventKind, Subscription
from cordboard.store import FinishedAttempt
from tests.store.conftest import NOW, Office

HOST = "http://partner.example:8080"
TO_OPEN = PAUSE_SECONDS.index(5.0) + 1


async def subscribe(office: Office, url: str = f"{HOST}/hook") -> Subscription:
    return await office.rows.subscriptions.add(dialect="alohub", url=url, kinds={EventKind.CALL_RECORDED})


async def send(office: Office, subscription: Subscription, count: int = 1) -> list[UUID]:
    rows = office.rows.deliveries
    return [await rows.insert(subscription.id, uuid4(), EventKind.CALL_RECORDED, b"{}", NOW) for _ in range(count)]


async def claim(office: Office, seconds: float = 0, *, slots: int = 100, rate: float = 0) -> list[Delivery]:
    at = NOW + timedelta(seconds=seconds)
    return await office.store.system.deliveries.claim(100, at, 30, slots, rate)


async def record(office: Office, claimed: list[Delivery], status: int | None, seconds: float = 0) -> None:
    at = NOW + timedelta(seconds=seconds)
    attempt = Attempt(started_at=at, duration_milliseconds=0, status=status, error="" if status else "no answer")
    due_at = None if status == 200 else NOW + timedelta(days=1)
    finished = [FinishedAttempt(delivery=each, attempt=attempt, next_due_at=due_at) for each in claimed]
    await office.store.system.deliveries.record_all(finished)


async def fail(office: Office, subscription: Subscription, count: int = TO_OPEN) -> None:
    await send(office, subscription, count)
    await record(office, await claim(office), None)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://Partner.Example/Hook?a=@b", "partner.example"),
        ("http://user:pass@partner.example:8080/x", "partner.example:8080"),
        ("http://[2001:db8::1]:8080", "[2001:db8::1]:8080"),
        ("https://partner.example?x=/y", "partner.example"),
        ("https://partner.example#f", "partner.example"),
        ("nonsense", ""),
    ],
)
async def test_the_host_of_a_url(office: Office, url: str, host: str) -> None:
    await send(office, await subscribe(office, url))
    (claimed,) = await claim(office)
    assert claimed.host == host


async def test_a_host_that_does_not_answer_is_left_in_peace_whatever_the_path(office: Office) -> None:
    await fail(office, await subscribe(office))
    other = await subscribe(office, f"{HOST}/other")
    await send(office, other, 3)
    elsewhere = await subscribe(office, "http://elsewhere.example/hook")
    (sent,) = await send(office, elsewhere)
    assert [each.id for each in await claim(office, 4.9)] == [sent]


async def test_too_few_failures_open_nothing(office: Office) -> None:
    subscription = await subscribe(office)
    await fail(office, subscription, TO_OPEN - 1)
    await send(office, subscription, 2)
    assert len(await claim(office)) == 2


async def test_an_answer_of_any_kind_closes_it(office: Office) -> None:
    subscription = await subscribe(office)
    await fail(office, subscription, TO_OPEN - 1)
    await send(office, subscription)
    await record(office, await claim(office), 500)
    await fail(office, subscription, TO_OPEN - 1)
    await send(office, subscription, 2)
    assert len(await claim(office)) == 2


async def test_another_tenants_failures_are_no_business_of_ours(office: Office, other_office: Office) -> None:
    await fail(other_office, await subscribe(other_office))
    await send(office, await subscribe(office), 2)
    assert len(await claim(office)) == 2


async def test_after_the_pause_one_goes_to_see(office: Office) -> None:
    subscription, other = await subscribe(office), await subscribe(office, f"{HOST}/other")
    await fail(office, subscription)
    await send(office, subscription, 3)
    await send(office, other, 3)
    claims = await asyncio.gather(*(claim(office, 5) for _ in range(4)))
    (probe,) = [each for one in claims for each in one]
    assert await claim(office, 20) == []
    await record(office, [probe], 503, 20)
    assert len(await claim(office, 20)) == 5


async def test_the_pauses_grow(office: Office) -> None:
    subscription = await subscribe(office)
    await fail(office, subscription)
    await send(office, subscription, 20)
    at, pauses = 5.0, []
    for pause in (*PAUSE_SECONDS[TO_OPEN:], PAUSE_SECONDS[-1]):
        assert pause is not None
        (probe,) = await claim(office, at)
        await record(office, [probe], None, at)
        assert await claim(office, at + pause - 0.1) == []
        at += pause
        pauses.append(pause)
    assert pauses[-3:] == [40, 60, 60]


async def test_a_probe_whose_worker_died_is_made_again(office: Office) -> None:
    subscription = await subscribe(office)
    await fail(office, subscription)
    (sent,) = await send(office, subscription)
    (probe,) = await claim(office, 5)
    assert await claim(office, 34.9) == []
    assert [each.id for each in await claim(office, 35)] == [probe.id] == [sent]


async def test_a_probe_keeps_the_order_of_its_call(office: Office) -> None:
    subscription, call_id = await subscribe(office), uuid4()
    await fail(office, subscription)
    first, _ = [
        await office.rows.deliveries.insert(subscription.id, call_id, EventKind.CALL_CHANGED, b"{}", NOW)
        for _ in range(2)
    ]
    assert [each.id for each in await claim(office, 5)] == [first]


async def test_a_target_gets_so_many_a_second(office: Office) -> None:
    subscription, other = await subscribe(office), await subscribe(office, f"{HOST}/other")
    await send(office, subscription, 40)
    await send(office, other, 1)
    took = []
    for tick in range(41):
        claimed = await claim(office, tick * 0.05, rate=8)
        took.append(sum(each.subscription_id == subscription.id for each in claimed))
        await record(office, claimed, 200)
    assert took[0] == 2
    assert sum(took[:21]) in {9, 10}
    assert sum(took) in {17, 18}


async def test_a_slow_rate_lets_one_go_at_a_time(office: Office) -> None:
    await send(office, await subscribe(office), 5)
    counts = []
    for seconds in (0, 1, 1.9, 2, 3.9, 4):
        claimed = await claim(office, seconds, rate=0.5)
        counts.append(len(claimed))
        await record(office, claimed, 200)
    assert counts == [1, 0, 0, 1, 0, 1]
