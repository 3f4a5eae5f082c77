"""The outbox: nothing is lost, slots, order per call and target, log."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from cordboard.domain.errors import NotFound
from cordboard.domain.webhook import Attempt, Delivery, EventKind, Subscription
from cordboard.store import FinishedAttempt
from tests.store.conftest import NOW, Office

LEASE_SECONDS = 30.0
URL = "https://partner.example/hook"


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def answered(status: int | None = 200, at: datetime = NOW) -> Attempt:
    return Attempt(started_at=at, duration_milliseconds=20, status=status, error="" if status else "refused")


async def subscribe(office: Office, url: str = URL, *kinds: EventKind) -> Subscription:
    kinds = (*kinds, EventKind.CALL_RECORDED)
    return await office.rows.subscriptions.add(dialect="alohub", url=url, kinds=kinds, authorization="partner key")


async def send(office: Office, subscription: Subscription, call_id: UUID, seconds: float = 0) -> UUID:
    async with office.rows.transaction() as rows:
        return await rows.deliveries.insert(
            subscription.id, call_id, EventKind.CALL_RECORDED, b'{"n": 1}', later(seconds)
        )


async def claim(office: Office, seconds: float = 0, limit: int = 100, slots: int = 4) -> list[Delivery]:
    return await office.store.system.deliveries.claim(limit, later(seconds), LEASE_SECONDS, slots)


async def test_a_claimed_delivery_has_all_that_is_needed_to_send_it(office: Office) -> None:
    subscription, call_id = await subscribe(office), uuid4()
    delivery_id = await send(office, subscription, call_id)
    assert await claim(office) == [
        Delivery(
            id=delivery_id,
            tenant_id=office.tenant.id,
            subscription_id=subscription.id,
            call_id=call_id,
            kind=EventKind.CALL_RECORDED,
            body=b'{"n": 1}',
            created_at=NOW,
            due_at=later(LEASE_SECONDS),
            url=URL,
            host="partner.example",
            authorization="partner key",
            secrets=await office.rows.subscriptions.locked_secrets(subscription.id),
        )
    ]
    assert await claim(office) == []


async def test_a_delivery_exists_if_and_only_if_its_transaction_commits(office: Office) -> None:
    subscription = await subscribe(office)
    with pytest.raises(ZeroDivisionError):
        async with office.rows.transaction() as rows:
            await rows.deliveries.insert(subscription.id, uuid4(), EventKind.CALL_CHANGED, b"", NOW)
            raise ZeroDivisionError
    assert await claim(office) == []
    with pytest.raises(NotFound):
        await office.rows.deliveries.insert(404, uuid4(), EventKind.CALL_CHANGED, b"", NOW)


async def test_workers_are_woken_after_the_commit_once_for_many(office: Office) -> None:
    subscription = await subscribe(office)
    async with office.store.listen("delivery_due") as notifications:
        await asyncio.gather(*(send(office, subscription, uuid4()) for _ in range(20)))
        assert await anext(notifications) == ("delivery_due", "")


async def test_workers_at_once_never_claim_one_delivery_twice_nor_more_than_the_slots(office: Office) -> None:
    subscriptions = [await subscribe(office, f"{URL}/{number}") for number in range(5)]
    sent = [await send(office, one, uuid4()) for one in subscriptions for _ in range(6)]
    claims = await asyncio.gather(*(claim(office, limit=7, slots=4) for _ in range(12)))
    claimed = [delivery for one in claims for delivery in one]
    assert len({delivery.id for delivery in claimed}) == len(claimed) == 5 * 4
    assert {delivery.id for delivery in claimed} <= set(sent)
    for url in {delivery.url for delivery in claimed}:
        assert sum(delivery.url == url for delivery in claimed) == 4


async def test_two_subscriptions_with_one_url_share_its_slots_and_order_and_tenants_do_not(
    office: Office, other_office: Office
) -> None:
    first, second = await subscribe(office), await subscribe(office)
    foreign, call_id = await subscribe(other_office), uuid4()
    one = await send(office, first, call_id)
    await send(office, second, call_id)
    other = await send(other_office, foreign, call_id)
    assert {delivery.id for delivery in await claim(office)} == {one, other}
    await send(office, second, uuid4())
    assert await claim(office, slots=1) == []


async def test_a_calls_events_leave_in_order_each_after_the_one_before_was_answered(office: Office) -> None:
    subscription, call_id, queue = await subscribe(office), uuid4(), office.store.system.deliveries
    sent = [await send(office, subscription, call_id, seconds) for seconds in range(3)]
    left = []
    while claimed := await claim(office, 3):
        (delivery,) = claimed
        left.append(delivery.id)
        await queue.record(delivery, answered(), None, "delivered")
    assert left == sent


async def test_other_calls_do_not_wait(office: Office) -> None:
    subscription, call_id = await subscribe(office), uuid4()
    first = await send(office, subscription, call_id)
    await send(office, subscription, call_id)
    other = await send(office, subscription, uuid4())
    assert [delivery.id for delivery in await claim(office)] == [first, other]


async def test_after_one_failure_the_next_event_goes_and_the_failed_one_is_retried_on_its_own(office: Office) -> None:
    subscription, call_id, queue = await subscribe(office), uuid4(), office.store.system.deliveries
    first, second = [await send(office, subscription, call_id) for _ in range(2)]
    (delivery,) = await claim(office)
    await queue.record(delivery, answered(500), later(5))
    (delivery,) = await claim(office, 1)
    assert delivery.id == second
    await queue.record(delivery, answered(), None, "delivered")
    assert await claim(office, 4.9) == []
    (delivery,) = await claim(office, 5)
    assert (delivery.id, delivery.attempts) == (first, 1)


async def test_the_next_event_waits_at_most_ten_seconds_for_one_that_hangs(office: Office) -> None:
    subscription, call_id = await subscribe(office), uuid4()
    await send(office, subscription, call_id)
    second = await send(office, subscription, call_id)
    await claim(office, 1)
    assert await claim(office, 10.9) == []
    assert [delivery.id for delivery in await claim(office, 11)] == [second]


async def test_order_survives_a_long_absence_of_the_workers(office: Office) -> None:
    subscription, call_id = await subscribe(office), uuid4()
    first = await send(office, subscription, call_id)
    await send(office, subscription, call_id)
    assert [delivery.id for delivery in await claim(office, 3600)] == [first]


async def test_a_delivery_whose_worker_died_is_claimed_again_when_its_lease_ends(office: Office) -> None:
    delivery_id = await send(office, await subscribe(office), uuid4())
    assert len(await claim(office)) == 1
    assert await claim(office, LEASE_SECONDS - 0.1) == []
    assert [(one.id, one.attempts) for one in await claim(office, LEASE_SECONDS)] == [(delivery_id, 0)]


async def test_a_dead_workers_leases_can_be_ended_and_no_others(office: Office) -> None:
    deliveries = office.store.system.deliveries
    subscription = await subscribe(office)
    ids = []
    for worker in ("dead", "living"):
        ids.append(await send(office, subscription, uuid4()))
        assert [each.id for each in await deliveries.claim(1, NOW, LEASE_SECONDS, 4, worker=worker)] == ids[-1:]
    assert set(await deliveries.lease_holders()) == {"dead", "living"}
    await deliveries.end_leases(["dead"], later(1))
    assert [each.id for each in await deliveries.claim(9, later(1), LEASE_SECONDS, 4, worker="living")] == ids[:1]
    await deliveries.end_leases(["dead"], later(2))
    assert await claim(office, 2) == []
    assert await deliveries.lease_holders() == ["living"]


async def test_a_full_target_does_not_hold_up_the_others(office: Office) -> None:
    hanging, healthy = await subscribe(office, f"{URL}/hanging"), await subscribe(office, f"{URL}/healthy")
    for _ in range(30):
        await send(office, hanging, uuid4())
    assert len(await claim(office, limit=10)) == 4
    one = await send(office, healthy, uuid4(), 1)
    assert [delivery.id for delivery in await claim(office, 1, limit=10)] == [one]


async def test_what_became_of_a_delivery_is_in_the_log(office: Office, other_office: Office) -> None:
    subscription, call_id, queue = await subscribe(office), uuid4(), office.store.system.deliveries
    delivery_id = await send(office, subscription, call_id)
    await send(office, subscription, uuid4(), 9)
    failed = Attempt(
        started_at=NOW, duration_milliseconds=15000, status=503, response_body=b"\x00\xff",
        response_headers={"Retry-After": "1"},
    )  # fmt: skip
    delivery = next(one for one in await claim(office) if one.id == delivery_id)
    await queue.record(delivery, failed, later(20))
    (waiting,) = await office.rows.deliveries.list(call_id=call_id)
    assert (waiting.delivery.id, waiting.outcome, waiting.delivery.attempts) == (delivery_id, "", 1)
    delivery = next(one for one in await claim(office, 20) if one.id == delivery_id)
    await queue.record(delivery, answered(at=later(20)), None, "delivered")
    (logged,) = await office.rows.deliveries.list(call_id=call_id)
    assert (logged.delivery.id, logged.outcome, logged.delivery.attempts) == (delivery_id, "delivered", 2)
    assert logged.delivery.body == b'{"n": 1}'
    assert logged.finished_at == later(20.02)
    logged_attempts = [replace(each, url=URL) for each in (failed, answered(at=later(20)))]
    assert await office.rows.deliveries.attempts(delivery_id) == logged_attempts
    assert await other_office.rows.deliveries.attempts(delivery_id) == []
    assert len(await office.rows.deliveries.list()) == 2


async def test_many_attempts_are_recorded_at_once(office: Office) -> None:
    good, bad = await subscribe(office, f"{URL}/good"), await subscribe(office, f"{URL}/bad")
    for subscription in (good, bad):
        for _ in range(3):
            await send(office, subscription, uuid4())
    finished = [
        FinishedAttempt(delivery=one, attempt=answered(), outcome="delivered")
        if one.subscription_id == good.id
        else FinishedAttempt(delivery=one, attempt=answered(None), next_due_at=later(5))
        for one in await claim(office)
    ]
    await office.store.system.deliveries.record_all(finished)
    await office.store.system.deliveries.record_all([])
    assert [one.outcome for one in await office.rows.deliveries.list()] == [""] * 3 + ["delivered"] * 3
    healthy, failing = await office.rows.subscriptions.list()
    assert (healthy.failed_count, healthy.last_error) == (0, None)
    assert (failing.failed_count, failing.last_error) == (3, "refused")
    (retried, *_) = await claim(office, 5)
    await office.store.system.deliveries.record(retried, answered(), None, "delivered")
    assert (await office.rows.subscriptions.list())[1].failed_count == 0


async def test_a_subscription_that_is_switched_off_keeps_its_deliveries_in_the_log(office: Office) -> None:
    subscription = await subscribe(office)
    await send(office, subscription, uuid4())
    disabled = await office.rows.subscriptions.disable(subscription.id, "HTTP 410")
    assert (disabled.is_enabled, disabled.last_error) == (False, "HTTP 410")
    assert await office.rows.subscriptions.wanting(EventKind) == []
    assert await claim(office) == []
    assert [one.outcome for one in await office.rows.deliveries.list()] == ["kept"]
    enabled = await office.rows.subscriptions.enable(subscription.id)
    assert enabled == subscription
    assert await office.rows.subscriptions.wanting(EventKind) == [enabled]


async def test_a_call_is_saved_in_one_statement_unless_somebody_wants_to_hear_of_it(
    office: Office, other_office: Office
) -> None:
    calls, call, kinds = office.rows.calls, office.call(), {EventKind.CALL_CHANGED, EventKind.CALL_STARTED}
    await calls.insert(call)
    await subscribe(office)
    await subscribe(other_office, URL, EventKind.CALL_CHANGED)
    ringing = replace(call, customer_name="Mai")
    assert await calls.save_unheard(ringing, kinds)
    assert await calls.is_saved(ringing)
    eager = await subscribe(office, URL, EventKind.CALL_CHANGED)
    assert not await calls.save_unheard(call, kinds)
    assert await calls.save_unheard(ringing, {EventKind.CALL_STARTED})
    assert await calls.get(call.id) == ringing
    assert not await calls.is_saved(call)
    await office.rows.subscriptions.disable(eager.id, "off")
    assert not await calls.save_unheard(call, kinds)  # what it would get is kept
    assert await calls.get(call.id) == ringing


async def test_closing_a_call_says_whether_somebody_wants_to_hear_of_it(office: Office) -> None:
    first, second = office.call(), office.call()
    for call in (first, second):
        await office.rows.calls.insert(call)
    await subscribe(office)
    assert await office.rows.calls.close(first.id, {EventKind.CALL_LEFT}) is False
    assert await office.rows.calls.close(first.id, {EventKind.CALL_RECORDED}) is None
    assert await office.rows.calls.close(second.id, {EventKind.CALL_RECORDED, EventKind.CALL_LEFT}) is True


async def test_what_a_subscription_wants_and_where_can_be_changed(office: Office, other_office: Office) -> None:
    subscription = await subscribe(office)
    subscriptions = office.rows.subscriptions
    assert await subscriptions.change(subscription.id) == subscription
    elsewhere = f"{URL}/elsewhere"
    changed = await subscriptions.change(
        subscription.id, url=elsewhere, kinds=(EventKind.CALL_LEFT,), notification_email="boss@acme.example"
    )
    assert (changed.url, changed.notification_email) == (elsewhere, "boss@acme.example")
    assert changed.kinds == frozenset({EventKind.CALL_LEFT})
    assert await subscriptions.by_uuid(subscription.uuid, "alohub") == changed
    assert await subscriptions.by_uuid(subscription.uuid, "voxloud") is None
    assert await other_office.rows.subscriptions.by_uuid(subscription.uuid, "alohub") is None
    assert (await subscriptions.list("alohub"), await subscriptions.list("voxloud")) == ([changed], [])
    assert await subscriptions.wanting({EventKind.CALL_RECORDED}) == []
    with pytest.raises(NotFound):
        await other_office.rows.subscriptions.change(subscription.id)


async def test_a_removed_subscription_takes_what_waits_with_it(office: Office, other_office: Office) -> None:
    subscription = await subscribe(office)
    await send(office, subscription, uuid4())
    with pytest.raises(NotFound):
        await other_office.rows.subscriptions.remove(subscription.id)
    await office.rows.subscriptions.remove(subscription.id)
    assert await claim(office) == []
    assert await office.rows.deliveries.list() == []
    with pytest.raises(NotFound):
        await office.rows.subscriptions.enable(subscription.id)
