"""What is kept for a while only."""

from datetime import UTC, datetime, timedelta

from cordboard.domain.login import ATTEMPTS_WITHIN
from cordboard.store.pool import Door

LOG_KEPT = timedelta(days=30)
REQUESTS_KEPT = timedelta(hours=24)
WORKERS_KEPT = timedelta(hours=1)
# Longer than the longest pause between two attempts of a delivery.
HOSTS_KEPT = timedelta(days=2)
PACES_KEPT = timedelta(hours=1)
# Per statement: the time-out is far, and nobody waits for its locks.
_BATCH = 10_000

# Table, the column that says how old a row is, its key, how long rows are kept.
_KEPT = (
    ("delivery_hosts", "failed_at", "tenant_id, host", HOSTS_KEPT),
    ("delivery_paces", "next_at", "tenant_id, target", PACES_KEPT),
    ("mails", "created_at", "tenant_id, id", LOG_KEPT),
    ("call_requests", "accepted_at", "tenant_id, request_id", REQUESTS_KEPT),
    ("logins", "expires_at", "tenant_id, id", timedelta()),
    ("login_attempts", "began_at", "tenant_id, user_name", ATTEMPTS_WITHIN),
    ("workers", "heartbeat_at", "name", WORKERS_KEPT),
)


# The log goes by whole days; only rows that no day was made for are deleted one by one.
_LOG = (
    ("delivery_attempts", "started_at", "tenant_id, delivery_id, started_at"),
    ("delivery_log", "finished_at", "tenant_id, id, finished_at"),
)


async def turn_log_days(door: Door, now: datetime) -> None:
    """Make the delivery log's next days, and drop those that are past their time. Raises Unavailable."""
    await door.fetch("SELECT turn_delivery_days($1, $2)", now.date(), _oldest_log_day(now).date())


async def purge(door: Door, now: datetime) -> int:
    """Delete what is past its time, of every tenant; returns how many rows that were, days of the log not counted."""
    await turn_log_days(door, now)
    past = [(table, column, key, _oldest_log_day(now)) for table, column, key in _LOG]
    past += [(table, column, key, now - kept) for table, column, key, kept in _KEPT]
    total = 0
    for table, column, key, before in past:
        sql = (
            f"WITH old AS (DELETE FROM {table} WHERE ({key}) IN"
            f" (SELECT {key} FROM {table} WHERE {column} < $1 LIMIT $2) RETURNING 1) SELECT count(*) FROM old"
        )
        while deleted := int(await door.value(sql, before, _BATCH)):
            total += deleted
            if deleted < _BATCH:
                break
    return total


def _oldest_log_day(now: datetime) -> datetime:
    """The beginning of the oldest day that is kept."""
    return (now - LOG_KEPT).astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
