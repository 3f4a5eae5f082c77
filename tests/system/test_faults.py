"""Programs are killed at random under load, and no event is lost; one that comes twice has the same id.

``FAULTS`` is how often (20; ``make faults``: 200).
"""

import asyncio
import json
import os
import random
import signal
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import aiohttp
import asyncpg
import pytest

from cordboard.lab.behaviour import Behaviour
from cordboard.lab.number_plan import number
from tests.support.descendants import descendants
from tests.support.exchange import Agent, Exchange, Office, running_exchange, until

pytestmark = pytest.mark.asyncio(loop_scope="session")

FAULTS = int(os.environ.get("FAULTS", "20"))
AGENTS = 8
# Busy: a call of a moment. The other answers and hangs up after a second.
CUSTOMERS = (number("4486"), number("3001"))
VICTIMS = {"worker": "processes.worker", "switch": "processes.switch", "PostgreSQL": "/postgres "}
# The database takes all with it, and longest to come back: were it every third, there would be little load.
WEIGHTED = ("worker", "worker", "worker", "switch", "switch", "PostgreSQL")
# One program may have to wait for another one that was killed as well.
SETTLE_SECONDS = 120


async def make_calls(office: Office, agent: Agent, accepted: set[str]) -> None:
    """One call after the other, for ever. What is refused, or not answered at all, is no call of ours to count."""
    while True:
        body = {"phoneNumber": random.choice(CUSTOMERS), "ipPhone": agent.extension}
        with suppress(aiohttp.ClientError, TimeoutError):
            answer = await office.post("/api/v1.0/base/makeCall", body)
            if answer.get("success") == "1":
                accepted.add(answer["call_id"])
        await asyncio.sleep(0.05)


@contextmanager
def load(office: Office, agents: list[Agent], accepted: set[str]) -> Iterator[None]:
    """Calls, one after the other on each agent's phone."""
    tasks = [asyncio.create_task(make_calls(office, agent, accepted)) for agent in agents]
    try:
        yield
        for task in tasks:
            assert not task.done(), task.exception()
    finally:
        for task in tasks:
            task.cancel()


def kill_one(exchange: Exchange) -> str | None:
    """Kill one of the programs, if it is there; returns which."""
    assert exchange.copy.process is not None
    name = random.choice(WEIGHTED)
    found = [pid for pid, command in descendants(exchange.copy.process.pid) if VICTIMS[name] in command]
    if not found:
        return None  # it was killed a moment ago
    with suppress(ProcessLookupError):
        os.kill(random.choice(found), signal.SIGKILL)
    return name


async def kill_many(exchange: Exchange, accepted: set[str]) -> Counter[str]:
    """Kill ``FAULTS`` times, each in the middle of calls; returns what was killed how often."""
    killed: Counter[str] = Counter()
    while killed.total() < FAULTS:
        before = len(accepted)
        with suppress(TimeoutError):  # or while it is coming back from the kill before
            async with asyncio.timeout(random.uniform(0.5, 3)):
                while len(accepted) < before + AGENTS // 2:
                    await asyncio.sleep(0.02)
        await asyncio.sleep(random.uniform(0, 0.5))
        if (name := kill_one(exchange)) is not None:
            killed[name] += 1
    return killed


async def ledger(exchange: Exchange) -> list[str] | None:
    """The calls that have ended, one entry for each record; None while there is something left to do."""
    try:
        database = await asyncpg.connect(exchange.settings.database_url, timeout=5)
    except (OSError, asyncpg.PostgresError, TimeoutError):
        return None
    try:
        await database.execute("SET ROLE cordboard_system")
        unfinished = " OR ".join(f"EXISTS (SELECT FROM {table})" for table in ("calls", "cdr_events", "deliveries"))
        if await database.fetchval(f"SELECT {unfinished}"):
            return None
        rows = await database.fetch("SELECT reference FROM cdrs")
    finally:
        await database.close()
    return [row["reference"] for row in rows]


async def test_no_event_is_lost_whatever_is_killed(public_folder: Path) -> None:
    folder = public_folder / "faults"
    folder.mkdir()
    folder.chmod(0o755)
    accepted: set[str] = set()
    async with running_exchange(folder, delivery_timeout_seconds="2", cdr_event_seconds="2") as exchange:
        office = await exchange.open_office()
        agents = [await office.hire(Behaviour.answering(after_seconds=0)) for _ in range(AGENTS)]
        with load(office, agents, accepted):
            killed = await kill_many(exchange, accepted)
        await until(exchange.copy.is_healthy, SETTLE_SECONDS)
        calls = await until(lambda: ledger(exchange), SETTLE_SECONDS)
        ids = defaultdict(set)
        for received in exchange.receiver.requests:
            ids[json.loads(received.body)["call_id"]].add(received.webhook_id)
        distinct = sum(len(each) for each in ids.values())
        duplicates = len(exchange.receiver.requests) - distinct
        print(  # noqa: T201 - `make faults` shows it
            f"\n{dict(killed)} killed, {len(calls)} calls, {distinct} events, {duplicates} of them twice"
        )
        assert len(set(calls)) == len(calls)
        assert accepted <= set(calls)
        assert set(ids) == set(calls)
        assert [call for call, each in ids.items() if len(each) != 1] == []
