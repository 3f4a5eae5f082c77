"""What ``/metrics`` says of deliveries: the whole house's, whichever ``web`` is asked."""

from datetime import timedelta
from uuid import uuid4

from cordboard.actions.count_deliveries import DeliveryCounts
from cordboard.domain.webhook import Attempt, EventKind
from cordboard.store import FinishedAttempt
from tests.api.house import House, Office


async def text(house: House) -> str:
    return (await house.ask("GET", "/metrics")).body.decode()


async def test_attempts_by_result_and_their_times(house: House, office: Office) -> None:
    rows = office.rows
    subscription = await rows.subscriptions.add(
        dialect="alohub", url="http://partner.example/hook", kinds={EventKind.CALL_RECORDED}
    )
    now = house.clock.now()
    for _ in range(3):
        await rows.deliveries.insert(subscription.id, uuid4(), EventKind.CALL_RECORDED, b"{}", now)
    claimed = await house.core.store.system.deliveries.claim(9, now, 30, 9)
    for worker in range(2):
        counts = DeliveryCounts(house.core)
        for each, milliseconds, outcome in zip(claimed, (4, 70, 20_000), ("delivered", "", "gone"), strict=True):
            attempt = Attempt(started_at=now, duration_milliseconds=milliseconds, status=200)
            counts.count(FinishedAttempt(delivery=each, attempt=attempt, outcome=outcome))
        await counts.write()
        await counts.write()
        said = await text(house)
        for result in ("delivered", "failed", "gone"):
            assert f'cordboard_delivery_attempts_total{{result="{result}"}} {worker + 1}.0' in said
        for bound, least in (("0.005", 1), ("0.05", 1), ("0.1", 2), ("15.0", 2), ("+Inf", 3)):
            assert f'cordboard_delivery_attempt_seconds_bucket{{le="{bound}"}} {(worker + 1) * least}.0' in said
        assert f"cordboard_delivery_attempt_seconds_count {(worker + 1) * 3}.0" in said


async def test_what_is_behind_and_where(house: House, office: Office) -> None:
    assert "cordboard_oldest_undelivered_seconds 0.0" in await text(house)
    rows, system = office.rows, house.core.store.system
    now = house.clock.now()
    urls = ("http://dead.example:8080/a", "http://dead.example:8080/b", "http://slow.example/hook")
    ids = []
    for number, url in enumerate(urls):
        subscription = await rows.subscriptions.add(dialect="alohub", url=url, kinds={EventKind.CALL_RECORDED})
        ids.append(subscription.id)
        for _ in range(6 - number):
            await rows.deliveries.insert(subscription.id, uuid4(), EventKind.CALL_RECORDED, b"{}", now)
    attempt = Attempt(started_at=now, duration_milliseconds=5, error="no answer")
    dead = [each for each in await system.deliveries.claim(99, now, 30, 9) if each.subscription_id == ids[0]]
    again_at = now + timedelta(hours=1)
    await system.deliveries.record_all(
        [FinishedAttempt(delivery=each, attempt=attempt, next_due_at=again_at) for each in dead]
    )
    house.clock.move(90)
    said = await text(house)
    assert "cordboard_oldest_undelivered_seconds 90.0" in said
    names = [
        f'{{host="{host}",subscription="{each}",tenant="{office.tenant.id}"}}'
        for each, host in zip(ids, ("dead.example:8080", "dead.example:8080", "slow.example"), strict=True)
    ]
    assert [f"cordboard_undelivered{name} {6 - number}.0" in said for number, name in enumerate(names)] == [True] * 3
    assert [
        f"cordboard_target_paused{name} {paused}.0" in said for name, paused in zip(names, (1, 1, 0), strict=True)
    ] == ([True] * 3)
