"""What is looked up in a log of many, and how: by an index."""

import re
from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg

from cordboard.domain.delivery_log import DeliveryFilter, DeliveryResult
from cordboard.domain.webhook import EventKind, Subscription
from tests.store.conftest import NOW, Office
from tests.support.database import as_administrator

URL = "https://partner.example/hook"
KINDS = (EventKind.CALL_RECORDED,)


async def subscribe(office: Office) -> Subscription:
    return await office.rows.subscriptions.add(dialect="alohub", url=URL, kinds=KINDS)


async def keep(office: Office, subscription: Subscription, *, seconds: float = 0) -> UUID:
    at = NOW + timedelta(seconds=seconds)
    return await office.rows.deliveries.keep(subscription.id, uuid4(), EventKind.CALL_RECORDED, b"{}", at)


async def test_a_replay_takes_the_oldest_first_and_goes_on_behind_the_last(office: Office) -> None:
    subscription = await subscribe(office)
    kept = [await keep(office, subscription, seconds=number // 2) for number in range(6)]
    log, place, seen = office.rows.delivery_log, None, []
    while places := await log.replay(DeliveryFilter(), NOW, limit=4, after=place):
        seen += [each.id for each in places]
        place = places[-1]
    assert seen == sorted(kept, key=lambda each: (kept.index(each) // 2, each))
    claimed = await office.store.system.deliveries.claim(9, NOW, 30, 9)
    assert [each.id for each in claimed] == seen
    assert {each.created_at for each in claimed} == {NOW + timedelta(seconds=number) for number in range(3)}


async def test_what_waits_is_not_replayed(office: Office) -> None:
    subscription = await subscribe(office)
    await office.rows.deliveries.insert(subscription.id, uuid4(), EventKind.CALL_RECORDED, b"{}", NOW)
    everything = DeliveryFilter(results=frozenset(DeliveryResult))
    assert await office.rows.delivery_log.replay(everything, NOW, limit=9) == []
    assert (
        await office.rows.delivery_log.replay(DeliveryFilter(results=frozenset({DeliveryResult.PENDING})), NOW, limit=9)
        == []
    )


async def test_nobody_replays_what_is_foreign(office: Office, other_office: Office) -> None:
    delivery_id = await keep(office, await subscribe(office))
    foreign = other_office.rows.delivery_log
    assert await foreign.replay(DeliveryFilter(), NOW, limit=9) == []
    assert not await foreign.resend(delivery_id, NOW)
    assert await foreign.get(delivery_id) is None
    assert await foreign.find(DeliveryFilter(), limit=9) == []
    assert len(await office.rows.delivery_log.find(DeliveryFilter(), limit=9)) == 1


async def test_what_never_arrived_is_found_among_many_by_an_index(office: Office, database_url: str) -> None:
    subscription = await subscribe(office)
    kept = await keep(office, subscription)
    connection = await asyncpg.connect(as_administrator(database_url))
    await connection.execute(
        "INSERT INTO delivery_log (tenant_id, id, subscription_id, call_id, kind, body, created_at, attempts, outcome,"
        " finished_at) SELECT $1, gen_random_uuid(), $2, gen_random_uuid(), 'call_recorded', '{}',"
        " $3::timestamptz + n * interval '1 second', 1, 'delivered', $3::timestamptz + n * interval '1 second'"
        " FROM generate_series(1, 20000) AS n",
        office.tenant.id, subscription.id, NOW,
    )  # fmt: skip
    await connection.execute("ANALYZE delivery_log")
    wanted = DeliveryFilter(subscription_id=subscription.id, results=frozenset({DeliveryResult.KEPT}))
    (found,) = await office.rows.delivery_log.find(wanted, limit=50)
    assert found.delivery.id == kept
    newest = await office.rows.delivery_log.find(DeliveryFilter(), limit=50)
    assert newest[0].delivery.created_at == NOW + timedelta(seconds=20_000)
    plan = await connection.fetch(
        "EXPLAIN SELECT id FROM delivery_log d WHERE tenant_id = 1 AND subscription_id = 1"
        " AND d.outcome IN ('kept') AND d.outcome <> 'delivered' ORDER BY created_at DESC, id DESC LIMIT 50"
    )
    assert re.search(r"Index .*using \w*_subscr", "\n".join(row[0] for row in plan))
    await connection.close()
