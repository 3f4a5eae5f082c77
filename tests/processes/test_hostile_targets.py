"""All kinds of bad targets side by side, one worker program, and a good one that must not notice."""

from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cordboard.domain.webhook import Subscription
from cordboard.store import Store
from tests.processes.test_worker import running, until
from tests.support.hostile_targets import ANSWERS, BAD_CERTIFICATE, hostile_target
from tests.support.receiver import Receiver
from tests.support.worker import Workshop, open_workshop

EVENTS = 30
ERRORS = {
    "black hole": "not finished within 2 s",
    "reset": "closed",
    "one byte a second": "not finished within 2 s",
    "redirect": "HTTP 307",
    "too many": "HTTP 429",
    "gone": "HTTP 410",
    BAD_CERTIFICATE: "CERTIFICATE_VERIFY_FAILED",
}


@pytest.fixture
async def workshop(store: Store, database_url: str, tmp_path: Path) -> Workshop:
    made = await open_workshop(store, tmp_path, database_url=database_url, delivery_timeout_seconds=2)
    made.clock.move((datetime.now(UTC) - made.clock.now()).total_seconds())
    return made


async def test_bad_targets_get_what_is_promised_and_the_good_one_does_not_notice(workshop: Workshop) -> None:
    expected: dict[int, str] = {}
    async with AsyncExitStack() as stack:
        good = await stack.enter_async_context(Receiver())
        endless = await stack.enter_async_context(Receiver())
        endless.default = ANSWERS["endless body"]
        for kind, error in ERRORS.items():
            expected[(await workshop.subscribe(await stack.enter_async_context(hostile_target(kind)))).id] = error
        private = await workshop.subscribe("http://10.0.0.1/hook")
        expected[private.id] = "10.0.0.1 is not a public address"
        await workshop.subscribe(endless.url)
        await workshop.subscribe(good.url)
        await stack.enter_async_context(running(workshop))
        for _ in range(EVENTS):
            await workshop.end_call()
        await good.wait_for(EVENTS)
        await endless.wait_for(EVENTS)

        async def all_have_failed() -> bool:
            subscriptions = {each.id: each for each in await workshop.rows.subscriptions.list()}
            return all(error in (subscriptions[each].last_error or "") for each, error in expected.items())

        await until(all_have_failed)
        assert len({each.webhook_id for each in good.requests}) == EVENTS
        await the_rest_is_as_promised(workshop, {error: each for each, error in expected.items()})


async def the_rest_is_as_promised(workshop: Workshop, by_error: dict[str, int]) -> None:
    subscriptions: dict[int, Subscription] = {each.id: each for each in await workshop.rows.subscriptions.list()}
    assert [each.id for each in subscriptions.values() if not each.is_enabled] == [by_error["HTTP 410"]]
    too_many = [
        each
        for each in await workshop.rows.deliveries.list(limit=1000)
        if each.delivery.subscription_id == by_error["HTTP 429"] and each.delivery.attempts == 1
    ]
    assert too_many
    for each in too_many:
        (attempt,) = await workshop.rows.deliveries.attempts(each.delivery.id)
        assert each.delivery.due_at >= attempt.started_at + timedelta(seconds=90)
