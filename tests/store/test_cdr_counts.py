"""``total`` of a page equals a plain count, whatever is asked, whatever was folded, whatever happens meanwhile."""

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cordboard.domain.call_facts import CallFacts, Direction, RecordingStatus
from cordboard.domain.cause import Outcome
from cordboard.domain.cdr import CdrFilter
from cordboard.store import cdr_search
from cordboard.store.cdr_counts import COUNT_ALL, count_of
from cordboard.store.cdr_search import Numbers, search_of
from tests.store.conftest import NOW, Office
from tests.support.database import as_administrator

# The database is filled once and only read, so that examples may share it.
reading = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)

START = datetime(2026, 1, 29, 22, tzinfo=UTC)
AGENTS = ("alice", "bob", "")
# Whoever calls, is called, or is the DID: a tenant's own numbers may be its customers too.
NUMBERS = ("+84912345678", "+842873000001", "+842873000002", "6688", "101", "anonymous")
PARTS = ("123", "345678", "28730000", "0001", "101", "6688", "555")
CALLS = 120


def some_call(office: Office, chance: random.Random) -> CallFacts:
    """A call within 40 days from START on, some of them exactly at midnight."""
    at = START + timedelta(hours=2) + timedelta(days=chance.randrange(40), seconds=chance.choice((0, 0, -1, 40_000)))
    return replace(
        office.ended(),
        requested_at=at,
        direction=chance.choice(list(Direction)),
        outcome=chance.choice(list(Outcome)),
        agent_user_name=chance.choice(AGENTS),
        agent_extension=chance.choice(("6688", "101")),
        did_number=chance.choice(NUMBERS[1:3]),
        customer_number=chance.choice(NUMBERS),
    )


def is_meant(facts: CallFacts, criteria: CdrFilter) -> bool:
    """A plain reading of what CdrFilter says."""
    is_inbound = facts.direction is Direction.INBOUND
    other = facts.did_number if is_inbound else facts.agent_extension
    numbers = {facts.customer_number, other} if criteria.is_number_of_either else {facts.customer_number}
    part, beginning = criteria.number_part, criteria.number_beginning
    # An extension must be equal.
    whole = set() if is_inbound else {facts.agent_extension} - {facts.customer_number}
    has_part = any(part in number or (beginning and number.startswith(beginning)) for number in numbers - whole)
    return all(
        (
            criteria.started_from is None or facts.requested_at >= criteria.started_from,
            criteria.started_before is None or facts.requested_at < criteria.started_before,
            not criteria.directions or facts.direction in criteria.directions,
            not criteria.outcomes or facts.outcome in criteria.outcomes,
            not criteria.agent_user_names or facts.agent_user_name in criteria.agent_user_names,
            not criteria.extension or facts.agent_extension == criteria.extension,
            not criteria.number or numbers & set(criteria.number),
            not part or has_part or part in numbers,
        )
    )


instants = st.one_of(
    st.none(),
    st.builds(lambda days: START + timedelta(hours=2, days=days), st.integers(-2, 45)),
    st.builds(lambda seconds: START + timedelta(seconds=seconds), st.integers(-9, 3_700_000)),
    st.sampled_from([datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)]),
)
criteria = st.builds(
    CdrFilter,
    started_from=instants,
    started_before=instants,
    directions=st.lists(st.sampled_from(Direction), unique=True).map(tuple),
    outcomes=st.lists(st.sampled_from(Outcome), unique=True, max_size=3).map(tuple),
    agent_user_names=st.one_of(st.just(()), st.lists(st.sampled_from(AGENTS[:2]), unique=True).map(tuple)),
    extension=st.sampled_from(("", "", "6688", "102")),
    number=st.one_of(st.just(()), st.lists(st.sampled_from(NUMBERS), unique=True, max_size=2).map(tuple)),
    number_part=st.sampled_from(("", "", "", *PARTS)),
    number_beginning=st.sampled_from(("", "+8428", "+849")),
    is_number_of_either=st.booleans(),
    limit=st.sampled_from((1, 7, 200)),
    offset=st.sampled_from((0, 0, 3, 100)),
)


class Filled:
    """An office and its calls. No dataclass: Hypothesis would show all of it with every example."""

    def __init__(self, office: Office, calls: list[CallFacts]) -> None:
        self.office = office
        self.calls = calls


@pytest.fixture
async def filled(office: Office, other_office: Office) -> Filled:
    """Calls of two tenants, two thirds of them folded."""
    chance = random.Random(7)
    calls = [some_call(office, chance) for _ in range(CALLS)]
    for place, facts in enumerate(calls):
        await office.rows.cdrs.insert(facts, None)
        await other_office.rows.cdrs.insert(some_call(other_office, chance), None)
        if place == 2 * CALLS // 3:
            assert await office.store.system.cdrs.fold_counts(10_000)
    return Filled(office, calls)


@given(criteria=criteria, most_numbers=st.sampled_from((0, 1, 1000)))
@reading
async def test_the_total_is_a_plain_count(filled: Filled, criteria: CdrFilter, most_numbers: int) -> None:
    with patch.object(cdr_search, "MOST_NUMBERS", most_numbers):
        page = await filled.office.rows.cdrs.find(criteria)
    total = sum(is_meant(facts, criteria) for facts in filled.calls)
    assert page.total == total
    assert len(page.rows) == min(criteria.limit, max(0, total - criteria.offset))


FILTERS: list[dict[str, Any]] = [
    {},
    {"directions": (Direction.INBOUND,)},
    {"outcomes": (Outcome.BUSY, Outcome.ANSWERED)},
    {"started_from": START + timedelta(days=1, hours=3), "started_before": START + timedelta(days=37, hours=4)},
    {"agent_user_names": ("alice",)},
    {"extension": "6688"},
    {"number": ("+842873000001",), "is_number_of_either": True},
    {"number": ("6688",), "is_number_of_either": True},
]


async def counted_twice(connection: Any, office: Office, one: dict[str, Any]) -> tuple[int, int]:
    """The total of a page, and how many rows there are, in one snapshot."""
    asked = CdrFilter(**one)
    numbers = Numbers(asked.number, asked.number) if asked.number else None
    counted = count_of(office.tenant.id, asked, numbers)
    search = search_of(office.tenant.id, asked, numbers)
    assert counted is not None
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        total = await connection.fetchval(counted[0], *counted[1])
        return total, await connection.fetchval(search.count(), *search.values)


@pytest.fixture
async def administrator(database_url: str) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(as_administrator(database_url))
    yield connection
    await connection.close()


class Traffic:
    """Calls that end, are purged and corrected, and workers that fold, until ``is_over``."""

    def __init__(self, office: Office, administrator: Any) -> None:
        self.is_over = asyncio.Event()
        self._office = office
        self._administrator = administrator
        self._chance = random.Random(11)

    async def end_calls(self) -> None:
        for _ in range(60):
            async with self._office.rows.transaction() as rows:
                await rows.cdrs.insert(some_call(self._office, self._chance), None)
        self.is_over.set()

    async def purge(self) -> None:
        one = "id IN (SELECT id FROM cdrs ORDER BY random() LIMIT 1)"
        while not self.is_over.is_set():
            await self._administrator.execute(f"DELETE FROM cdrs WHERE {one}")
            await self._administrator.execute(f"UPDATE cdrs SET outcome = 'busy', agent_extension = '6688' WHERE {one}")

    async def fold(self) -> None:
        while not self.is_over.is_set():
            await self._office.store.system.cdrs.fold_counts(self._chance.randrange(1, 20))

    async def look(self, database_url: str) -> None:
        """Compare, again and again, and once more when all is over."""
        connection = await asyncpg.connect(database_url)
        is_last = False
        while not is_last:
            is_last = self.is_over.is_set()
            for one in FILTERS:
                total, plain = await counted_twice(connection, self._office, one)
                assert total == plain, one
        await connection.close()


async def test_counts_are_exact_in_every_snapshot_while_calls_end_and_workers_fold(
    office: Office, administrator: Any, database_url: str
) -> None:
    traffic = Traffic(office, administrator)
    everything = (traffic.end_calls(), traffic.end_calls(), traffic.purge(), traffic.fold(), traffic.fold())
    await asyncio.gather(*everything, traffic.look(as_administrator(database_url)))
    while await office.store.system.cdrs.fold_counts(50):
        pass
    assert await administrator.fetchval("SELECT count(*) FROM cdr_count_changes") == 0
    for one in FILTERS:
        total, plain = await counted_twice(administrator, office, one)
        assert total == plain, one
    before = await _counts(administrator)
    await administrator.execute("TRUNCATE cdr_counts")
    await administrator.execute(COUNT_ALL)
    assert await _counts(administrator) == before


async def _counts(connection: Any) -> set[Any]:
    return set(await connection.fetch("SELECT * FROM cdr_counts WHERE calls <> 0"))


async def test_an_updated_recording_or_event_changes_no_count(office: Office, administrator: Any) -> None:
    facts = office.ended()
    await office.rows.cdrs.insert(facts, NOW)
    await office.rows.cdrs.set_recording(facts.id, RecordingStatus.READY)
    await office.rows.cdrs.take_event(facts.id)
    assert await administrator.fetchval("SELECT count(*) FROM cdr_count_changes") == 1


async def test_a_page_beyond_the_last_is_empty_and_counted(office: Office) -> None:
    await office.rows.cdrs.insert(office.ended(), None)
    for one in FILTERS[:1] + FILTERS[-1:]:
        page = await office.rows.cdrs.find(CdrFilter(**one, offset=10))
        assert (page.rows, page.total) == ([], 1), one
