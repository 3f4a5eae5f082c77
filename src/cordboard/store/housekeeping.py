"""What is kept for a while only."""

from datetime import datetime, timedelta

from cordboard.domain.login import ATTEMPTS_WITHIN
from cordboard.store.pool import Door

LOG_KEPT = timedelta(days=30)
REQUESTS_KEPT = timedelta(hours=24)
WORKERS_KEPT = timedelta(hours=1)
# Per statement: the time-out is far, and nobody waits for its locks.
_BATCH = 10_000

# Table, the column that says how old a row is, its key, how long rows are kept.
_KEPT = (
    ("delivery_attempts", "started_at", "tenant_id, delivery_id, id", LOG_KEPT),
    ("delivery_log", "finished_at", "tenant_id, id", LOG_KEPT),
    ("mails", "created_at", "tenant_id, id", LOG_KEPT),
    ("call_requests", "accepted_at", "tenant_id, request_id", REQUESTS_KEPT),
    ("logins", "expires_at", "tenant_id, id", timedelta()),
    ("login_attempts", "began_at", "tenant_id, user_name", ATTEMPTS_WITHIN),
    ("workers", "heartbeat_at", "name", WORKERS_KEPT),
)


async def purge(door: Door, now: datetime) -> int:
    """Delete what is past its time, of every tenant; returns how many rows that were."""
    total = 0
    for table, column, key, kept in _KEPT:
        sql = (
            f"WITH old AS (DELETE FROM {table} WHERE ({key}) IN"
            f" (SELECT {key} FROM {table} WHERE {column} < $1 LIMIT $2) RETURNING 1) SELECT count(*) FROM old"
        )
        while deleted := int(await door.value(sql, now - kept, _BATCH)):
            total += deleted
            if deleted < _BATCH:
                break
    return total
