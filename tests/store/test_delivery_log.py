"""The log of deliveries is kept for thirty days, day by day."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from cordboard.domain.webhook import Attempt, EventKind
from tests.store.conftest import NOW, Office
from tests.support.database import as_administrator

TODAY = datetime.now(UTC)
TABLES = ("delivery_log", "delivery_attempts")


async def deliver(office: Office, at: datetime) -> None:
    """A delivery that was answered then."""
    subscription = await office.rows.subscriptions.add(
        dialect="alohub", url=f"http://partner.example/{uuid4()}", kinds={EventKind.CALL_RECORDED}
    )
    await office.rows.deliveries.insert(subscription.id, uuid4(), EventKind.CALL_RECORDED, b"{}", at)
    (claimed,) = await office.store.system.deliveries.claim(9, at, 30, 4)
    attempt = Attempt(started_at=at, duration_milliseconds=5, status=200)
    await office.store.system.deliveries.record(claimed, attempt, None, "delivered")


async def days(connection: Any, table: str) -> list[str]:
    """The partitions that have rows, by the end of their names."""
    rows = await connection.fetch(f"SELECT DISTINCT tableoid::regclass::text FROM {table}")
    return sorted(row[0].removeprefix(f"{table}_") for row in rows)


async def test_a_row_lies_in_its_day_and_goes_with_it(office: Office, database_url: str) -> None:
    system = office.store.system
    for back in (0, 29, 30, 31):
        await system.turn_log_days(TODAY - timedelta(days=back))
        await deliver(office, TODAY - timedelta(days=back))
    connection = await asyncpg.connect(as_administrator(database_url))
    expected = [f"{TODAY - timedelta(days=back):%Y%m%d}" for back in (31, 30, 29, 0)]
    for table in TABLES:
        assert await days(connection, table) == expected
    await system.purge(TODAY)
    for table in TABLES:
        assert await days(connection, table) == expected[1:]
    await connection.close()


async def test_a_row_that_no_day_was_made_for_is_kept_and_purged_all_the_same(office: Office) -> None:
    await deliver(office, NOW)
    await office.store.system.purge(NOW + timedelta(days=30))
    (logged,) = await office.rows.deliveries.list()
    assert await office.store.system.purge(NOW + timedelta(days=31)) == 2
    assert await office.rows.deliveries.list() == []
    assert await office.rows.deliveries.attempts(logged.delivery.id) == []


async def test_a_day_whose_rows_lie_elsewhere_does_not_keep_the_others_from_being_made(
    office: Office, database_url: str
) -> None:
    later = TODAY + timedelta(days=20)
    await deliver(office, later)
    await office.store.system.turn_log_days(later)
    await deliver(office, later + timedelta(days=1))
    connection = await asyncpg.connect(as_administrator(database_url))
    for table in TABLES:
        assert await days(connection, table) == [f"{later + timedelta(days=1):%Y%m%d}", "other"]
    await connection.close()


@pytest.mark.parametrize("role", ["cordboard_app", "cordboard_system"])
async def test_a_partition_is_reached_through_its_table_only(office: Office, database_url: str, role: str) -> None:
    await deliver(office, TODAY)
    settings = {"role": role, "cordboard.tenant_id": str(office.tenant.id)}
    connection = await asyncpg.connect(database_url, server_settings=settings)
    for table in TABLES:
        assert await connection.fetchval(f"SELECT count(*) FROM {table}") == 1
        for partition in ("other", f"{TODAY:%Y%m%d}"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.fetch(f"SELECT FROM {table}_{partition}")
    await connection.close()
