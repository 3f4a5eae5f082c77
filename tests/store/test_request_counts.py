"""Limits: never more than so many in any ten seconds, and nothing refused more than half a second too early."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cordboard.domain.allowance import Allowance, Quota
from cordboard.store import Store
from cordboard.store.store import OpenTenantRows
from tests.support.database import TEMPLATE, Cluster, as_administrator

NOW = datetime(2026, 3, 10, 9, 52, 27, 130_000, tzinfo=UTC)
WINDOW = timedelta(seconds=10)
EARLY = timedelta(seconds=0.5)
ROUTES = ("POST /a", "GET /a")


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


@pytest.fixture
async def rows(store: Store) -> OpenTenantRows:
    return store.for_tenant((await store.system.tenants.create("acme")).id)


async def admitted(rows: OpenTenantRows, count: int, *, tenant: int, route: int, at: datetime, name: str = "r") -> int:
    """How many of so many requests are."""
    answers = [
        await rows.request_counts.count(name, limit_tenant=tenant, limit_route=route, at=at) for _ in range(count)
    ]
    return sum(answer.wait_seconds == 0 for answer in answers)


async def test_what_one_request_is_told(rows: OpenTenantRows) -> None:
    counts = rows.request_counts
    for used in (1, 2, 3):
        assert await counts.count("r", limit_tenant=9, limit_route=3, at=NOW) == Allowance(
            tenant=Quota(limit=9, remaining=9 - used), route=Quota(limit=3, remaining=3 - used)
        )
    refused = await counts.count("r", limit_tenant=9, limit_route=3, at=NOW)
    # Refused by the route, and not counted for the tenant; the counts' half second ends at 27.5.
    assert refused == Allowance(tenant=Quota(limit=9, remaining=6), route=Quota(limit=3, remaining=0), wait_seconds=11)
    other = await counts.count("other", limit_tenant=4, limit_route=3, at=NOW)
    assert (other.tenant, other.route) == (Quota(limit=4, remaining=0), Quota(limit=3, remaining=2))
    refused = await counts.count("other", limit_tenant=4, limit_route=3, at=NOW)
    assert (refused.route, refused.wait_seconds) == (Quota(limit=3, remaining=2), 11)


async def test_no_limit_is_told_nothing_and_counts_nothing(rows: OpenTenantRows) -> None:
    counts = rows.request_counts
    only_tenant = await counts.count("r", limit_tenant=5, limit_route=0, at=NOW)
    assert only_tenant == Allowance(tenant=Quota(limit=5, remaining=4))
    only_route = await counts.count("r", limit_tenant=0, limit_route=5, at=NOW)
    assert only_route == Allowance(route=Quota(limit=5, remaining=4))
    assert await counts.count("r", limit_tenant=0, limit_route=0, at=NOW) == Allowance()


async def test_a_limit_that_is_lowered_never_leaves_less_than_nothing(rows: OpenTenantRows) -> None:
    assert await admitted(rows, 9, tenant=9, route=0, at=NOW) == 9
    assert await admitted(rows, 9, tenant=18, route=0, at=later(4)) == 9
    refused = await rows.request_counts.count("r", limit_tenant=3, limit_route=0, at=later(5))
    assert (refused.tenant, refused.wait_seconds) == (Quota(limit=3, remaining=0), 10)
    assert await admitted(rows, 9, tenant=3, route=0, at=later(15)) == 3


async def test_tenants_do_not_share(store: Store) -> None:
    first, second = [store.for_tenant((await store.system.tenants.create(name)).id) for name in ("acme", "globex")]
    assert await admitted(first, 3, tenant=2, route=2, at=NOW) == 2
    assert await admitted(second, 3, tenant=2, route=2, at=NOW) == 2


async def test_a_clock_set_back_opens_no_gap_and_locks_nobody_out(rows: OpenTenantRows) -> None:
    assert await admitted(rows, 5, tenant=5, route=0, at=NOW) == 5
    for seconds in (-1, -9):
        refused = await rows.request_counts.count("r", limit_tenant=5, limit_route=0, at=later(seconds))
        assert refused.wait_seconds == 11 - seconds
    assert await admitted(rows, 6, tenant=5, route=0, at=later(-3600)) == 5


@asynccontextmanager
async def fresh_rows(cluster: Cluster) -> AsyncIterator[OpenTenantRows]:
    """A new tenant in the database that others are copied from, so that each example is cheap."""
    store = await Store.open(cluster.url("examples"), key_file=Path(cluster.folder) / "examples.key")
    try:
        number = len(await store.system.tenants.list())
        yield store.for_tenant((await store.system.tenants.create(f"tenant{number}")).id)
    finally:
        await store.close()


@pytest.fixture(scope="module")
def examples(cluster: Cluster) -> Cluster:
    """The run's server with a database for this file's examples."""
    asyncio.run(cluster.run(f"CREATE DATABASE examples TEMPLATE {TEMPLATE} OWNER keeper"))
    return cluster


gaps = st.one_of(st.just(0.0), st.floats(0, 1), st.sampled_from([0.25, 0.5, 9.5, 9.75, 10.0, 10.5]))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    asked=st.lists(st.tuples(gaps, st.sampled_from(ROUTES)), min_size=1, max_size=60),
    limit_tenant=st.integers(0, 8),
    limit_route=st.integers(0, 5),
)
async def test_against_a_model(
    examples: Cluster, asked: list[tuple[float, str]], limit_tenant: int, limit_route: int
) -> None:
    log: list[tuple[datetime, str]] = []

    def used(at: datetime, window: timedelta, route: str | None) -> int:
        """How many were admitted in the last ``window``, on a route or in all."""
        return sum(at - window < then and route in (None, name) for then, name in log)

    def is_full(at: datetime, window: timedelta, route: str) -> bool:
        by_tenant = limit_tenant and used(at, window, None) >= limit_tenant
        return bool(by_tenant or (limit_route and used(at, window, route) >= limit_route))

    async with fresh_rows(examples) as rows:

        async def ask(at: datetime, route: str) -> Allowance:
            told = await rows.request_counts.count(route, limit_tenant=limit_tenant, limit_route=limit_route, at=at)
            if told.wait_seconds == 0:
                assert not is_full(at, WINDOW, route), "more than the limit in ten seconds"
                log.append((at, route))
            else:
                assert is_full(at, WINDOW + EARLY, route), "refused more than half a second too early"
            return told

        at, told = NOW, Allowance()
        for gap, route in asked:
            at += timedelta(seconds=gap)
            told = await ask(at, route)
            for quota, limit, name in ((told.tenant, limit_tenant, None), (told.route, limit_route, route)):
                assert (quota is None) == (limit == 0)
                if quota is not None:
                    # What is shown is what is left by the count that decides.
                    assert limit - used(at, WINDOW + EARLY, name) <= quota.remaining <= limit - used(at, WINDOW, name)
        if told.wait_seconds:
            assert 1 <= told.wait_seconds <= 11
            assert (await ask(at + timedelta(seconds=told.wait_seconds), route)).wait_seconds == 0


async def test_many_at_once_by_the_databases_clock(rows: OpenTenantRows, database_url: str) -> None:
    async def ask(number: int) -> bool:
        told = await rows.request_counts.count(f"r{number % 3}", limit_tenant=50, limit_route=20)
        return told.wait_seconds == 0

    assert sum(await asyncio.gather(*(ask(number) for number in range(200)))) == 50
    connection = await asyncpg.connect(as_administrator(database_url))
    counted = await connection.fetch("SELECT used, (SELECT sum(n) FROM unnest(counts) n) FROM request_counts")
    await connection.close()
    assert all(row[0] == row[1] for row in counted)
    assert max(row[0] for row in counted) == 50 == sum(row[0] for row in counted) // 2
