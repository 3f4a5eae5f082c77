"""All kinds of bad targets side by side, one worker program, and a good one that must not notice."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cordboard.domain.webhook import Subscription
from cordboard.store import Store
from tests.processes.test_worker import running, until
from tests.support.certificates import self_signed_certificate
from tests.support.receiver import Answer, Receiver
from tests.support.worker import Workshop, open_workshop

EVENTS = 30


@pytest.fixture
async def workshop(store: Store, database_url: str, tmp_path: Path) -> Workshop:
    made = await open_workshop(store, tmp_path, database_url=database_url, delivery_timeout_seconds=2)
    made.clock.move((datetime.now(UTC) - made.clock.now()).total_seconds())
    return made


@asynccontextmanager
async def secure_server(folder: Path) -> AsyncIterator[str]:
    """A server whose certificate nobody vouches for; its URL."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed_certificate(folder, "localhost"))
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=context)
    async with server:
        yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"


async def test_bad_targets_get_what_is_promised_and_the_good_one_does_not_notice(
    workshop: Workshop, tmp_path: Path
) -> None:
    answers = {
        "black hole": (Answer(is_hanging=True), "not finished within 2 s"),
        "reset": (Answer(is_reset=True), "closed"),
        "one byte after the other": (Answer(status=500, pause_seconds=0.2, is_endless=True), "not finished within 2 s"),
        "redirect": (Answer(status=307, headers={"Location": "http://10.0.0.1/"}), "HTTP 307"),
        "too many": (Answer(status=429, headers={"Retry-After": "90"}), "HTTP 429"),
        "gone": (Answer(status=410), "HTTP 410"),
    }
    expected: dict[int, str] = {}
    async with AsyncExitStack() as stack:
        good = await stack.enter_async_context(Receiver())
        endless = await stack.enter_async_context(Receiver())
        endless.default = Answer(body=b"x" * 10_000, is_endless=True)
        for answer, error in answers.values():
            receiver = await stack.enter_async_context(Receiver())
            receiver.default = answer
            expected[(await workshop.subscribe(receiver.url)).id] = error
        refused = {
            await stack.enter_async_context(secure_server(tmp_path)): "CERTIFICATE_VERIFY_FAILED",
            "http://10.0.0.1/hook": "10.0.0.1 is not a public address",
        }
        for url, error in refused.items():
            expected[(await workshop.subscribe(url)).id] = error
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
