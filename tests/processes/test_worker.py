import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import asyncpg
import pytest

from cordboard.app import SystemClock
from cordboard.domain.call_facts import RecordingStatus
from cordboard.store import Store
from tests.support.database import Cluster, as_administrator
from tests.support.mail_server import MailServer, Received
from tests.support.receiver import Answer, Receiver
from tests.support.tones import raw_tone
from tests.support.worker import Workshop, open_workshop

PATIENCE_SECONDS = 60


@pytest.fixture
async def workshop(store: Store, database_url: str, tmp_path: Path) -> Workshop:
    made = await open_workshop(store, tmp_path, database_url=database_url)
    made.clock.move((datetime.now(UTC) - made.clock.now()).total_seconds())
    return made


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver() as each:
        yield each


@asynccontextmanager
async def running(workshop: Workshop) -> AsyncIterator[Process]:
    """The worker program in a process of its own."""
    environment = os.environ | workshop.core.settings.environment()
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "cordboard.processes.worker", env=environment)
    try:
        await until(lambda: _beats_since(workshop, process))
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _beats_since(workshop: Workshop, process: Process) -> bool:
    assert process.returncode is None
    beats = await workshop.core.store.system.workers.heartbeats()
    return any((datetime.now(UTC) - beat).total_seconds() < 2 for beat in beats)


async def until(is_so: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await is_so():
            await asyncio.sleep(0.02)


async def outcomes(workshop: Workshop) -> list[str]:
    return [each.outcome for each in await workshop.deliveries()]


async def test_delivers_records_and_stops_when_told(workshop: Workshop, receiver: Receiver) -> None:
    await workshop.subscribe(receiver.url)
    waiting = await workshop.end_call()
    async with running(workshop) as process:
        [first] = await receiver.wait_for(1)
        assert waiting.reference.encode() in first.body
        facts = await workshop.end_call(is_recorded=True, raw=(raw_tone(1, 440), None))
        [_, second] = await receiver.wait_for(2)
        said = json.loads(second.body)
        assert said["call_id"] == facts.reference
        assert facts.recording_name in said["recording_url"]
        assert await workshop.recording_status(facts) is RecordingStatus.READY
        process.terminate()
        assert await process.wait() == 0
    assert await outcomes(workshop) == ["delivered", "delivered"]


async def test_what_is_in_flight_is_finished_before_it_stops(workshop: Workshop, receiver: Receiver) -> None:
    await workshop.subscribe(receiver.url)
    receiver.default = Answer(delay_seconds=0.5)
    async with running(workshop) as process:
        for _ in range(3):
            await workshop.end_call()
        await receiver.wait_for(3)
        process.terminate()
        assert await process.wait() == 0
    assert await outcomes(workshop) == ["delivered"] * 3


async def test_killed_in_the_middle_the_next_one_takes_over(workshop: Workshop, receiver: Receiver) -> None:
    await workshop.subscribe(receiver.url)
    receiver.script(Answer(is_hanging=True))
    async with running(workshop) as process:
        await workshop.end_call()
        [first] = await receiver.wait_for(1)
        process.send_signal(signal.SIGKILL)
        await process.wait()
    async with running(workshop):
        [_, second] = await receiver.wait_for(2)
        assert (second.webhook_id, second.body) == (first.webhook_id, first.body)
        await until(lambda: _is_delivered(workshop, 1))


async def test_a_killed_workers_leases_end_at_once_and_a_stopped_ones_do_not(
    workshop: Workshop, receiver: Receiver
) -> None:
    settings = workshop.core.settings.changed(delivery_timeout_seconds=3600)
    patient = replace(workshop, core=replace(workshop.core, settings=settings))
    await workshop.subscribe(receiver.url)
    receiver.script(Answer(is_hanging=True), Answer(is_hanging=True))
    async with running(patient) as stopped:
        await workshop.end_call()
        await receiver.wait_for(1)
        stopped.send_signal(signal.SIGSTOP)
        async with running(patient) as killed:
            await workshop.end_call()
            await receiver.wait_for(2)
            killed.send_signal(signal.SIGKILL)
            await killed.wait()
        async with running(patient):
            first, second, third = await receiver.wait_for(3)
            await until(lambda: _has_one_outcome(workshop))
    assert third.webhook_id == second.webhook_id != first.webhook_id
    assert len(receiver.requests) == 3


async def _has_one_outcome(workshop: Workshop) -> bool:
    return sorted(await outcomes(workshop)) == ["", "delivered"]


async def test_two_workers_send_each_webhook_once(workshop: Workshop, receiver: Receiver) -> None:
    await workshop.subscribe(receiver.url)
    await workshop.subscribe(receiver.url + "/second")
    async with running(workshop), running(workshop):
        for _ in range(50):
            await workshop.end_call()
        await until(lambda: _is_delivered(workshop, 100))
    assert len(receiver.requests) == 100
    assert len({each.webhook_id for each in receiver.requests}) == 100
    assert receiver.most_in_flight <= 2 * workshop.core.settings.delivery_slots


async def test_a_hanging_receiver_holds_up_no_other(workshop: Workshop, receiver: Receiver) -> None:
    async with Receiver() as hanging, running(workshop):
        hanging.default = Answer(is_hanging=True)
        stuck = await workshop.subscribe(hanging.url)
        for _ in range(20):
            await workshop.end_call()
        await hanging.wait_for(4)
        await workshop.rows.subscriptions.disable(stuck.id, "only one of them from here on")
        await workshop.subscribe(receiver.url)
        for _ in range(5):
            await workshop.end_call()
        await receiver.wait_for(5)
        assert hanging.most_in_flight == 4


async def test_goes_on_after_the_database_was_away(
    workshop: Workshop, receiver: Receiver, cluster: Cluster, database_url: str
) -> None:
    database = database_url.partition("@/")[2].partition("?")[0]
    await workshop.subscribe(receiver.url)
    async with running(workshop) as process:
        for count in (1, 2, 3):
            await workshop.end_call()
            await receiver.wait_for(count)
            await cluster.run(
                f"ALTER DATABASE {database} CONNECTION LIMIT 0",
                f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'",  # noqa: S608 - our own
            )
            await asyncio.wait([asyncio.ensure_future(process.wait())], timeout=1)
            assert process.returncode is None
            await cluster.run(f"ALTER DATABASE {database} CONNECTION LIMIT -1")
            await until(partial(_is_delivered, workshop, count))


async def test_counts_of_records_are_folded(workshop: Workshop, database_url: str) -> None:
    connection = await asyncpg.connect(as_administrator(database_url))

    async def is_folded() -> bool:
        sql = "SELECT (SELECT count(*) FROM cdr_count_changes), (SELECT sum(calls) FROM cdr_counts WHERE grain = 'day')"
        return tuple(await connection.fetchrow(sql)) == (0, 3)

    async with running(workshop):
        for _ in range(3):
            await workshop.end_call()
        await until(is_folded)
    await connection.close()


async def test_a_late_record_is_released_without_its_recording(workshop: Workshop, receiver: Receiver) -> None:
    await workshop.subscribe(receiver.url)
    hasty = replace(workshop, core=replace(workshop.core, settings=workshop.core.settings.changed(cdr_event_seconds=1)))
    hasty.clock.move((SystemClock().now() - hasty.clock.now()).total_seconds())
    async with running(workshop):
        facts = await hasty.end_call(is_recorded=True)
        [request] = await receiver.wait_for(1)
        said = json.loads(request.body)
        assert (said["call_id"], said["recording_url"]) == (facts.reference, "")


async def _is_delivered(workshop: Workshop, count: int) -> bool:
    return await outcomes(workshop) == ["delivered"] * count


async def test_two_workers_tell_once_of_a_webhook_that_is_gone(workshop: Workshop, receiver: Receiver) -> None:
    receiver.default = Answer(status=410, delay_seconds=0.1)
    await workshop.rows.tenants.change(admin_email="admin@acme.example", language="en")
    async with MailServer() as server:
        settings = workshop.core.settings.changed(smtp_url=server.url, mail_from="calls@cordboard.example")
        told = replace(workshop, core=replace(workshop.core, settings=settings))
        webhook = await workshop.subscribe(receiver.url)
        for _ in range(4):
            await workshop.end_call()
        async with running(told) as first, running(told):
            await until(lambda: _has(server.mails))
            first.kill()
            await first.wait()
            async with running(told):
                await until(lambda: _is_nothing_left(workshop))
    assert set(server.subjects) == {f"Webhook {webhook.id} is switched off"}
    assert len({each.message["Message-ID"] for each in server.mails}) == 1


async def _has(things: list[Received]) -> bool:
    return bool(things)


async def _is_nothing_left(workshop: Workshop) -> bool:
    return all(each.outcome for each in await workshop.deliveries())
