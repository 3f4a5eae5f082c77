"""The log of a tenant's deliveries: what waits and what is finished, as one list, and what is sent again."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from cordboard.domain.delivery_log import (
    FAILED_RESULTS,
    DeliveryEntry,
    DeliveryFilter,
    DeliveryPlace,
    DeliveryResult,
)
from cordboard.store.deliveries import delivery_of
from cordboard.store.pool import Door, Row

_COLUMNS = "id, tenant_id, subscription_id, call_id, kind, body, created_at"
_WAITING = f"SELECT {_COLUMNS}, due_at, 'pending' AS result, NULL::timestamptz AS finished_at FROM deliveries d"
_FINISHED = f"SELECT {_COLUMNS}, created_at AS due_at, outcome AS result, finished_at FROM delivery_log d"
# No clock is an hour off; it lets the log's older days be left alone.
_DESCRIBE = """
SELECT d.*, 0 AS attempts, s.uuid, s.url,
    (SELECT count(*) FROM delivery_attempts a WHERE a.tenant_id = $1 AND a.delivery_id = d.id
        AND a.started_at >= d.created_at - interval '1 hour') AS attempt_count
FROM ({}) AS d LEFT JOIN subscriptions s ON (s.tenant_id, s.id) = (d.tenant_id, d.subscription_id)
ORDER BY d.created_at DESC, d.id DESC
"""
_BACK = """
INSERT INTO deliveries (tenant_id, id, subscription_id, target, call_id, kind, body, created_at, due_at)
SELECT m.tenant_id, m.id, m.subscription_id, s.target, m.call_id, m.kind, m.body, m.created_at, {}
FROM moved m JOIN subscriptions s ON (s.tenant_id, s.id) = (m.tenant_id, m.subscription_id)
ORDER BY m.created_at, m.id
RETURNING created_at, id
"""


class DeliveryLog:
    """A tenant's deliveries, newest first, as long as they are kept."""

    def __init__(self, door: Door, tenant_id: int) -> None:
        self._door = door
        self._tenant_id = tenant_id
        self.has_news = False

    async def find(
        self, wanted: DeliveryFilter, *, limit: int, after: DeliveryPlace | None = None
    ) -> list[DeliveryEntry]:
        """A page: up to ``limit`` that come after a place."""
        conditions, values = _conditions(wanted, first=2)
        if after is not None:
            conditions.append(f"(d.created_at, d.id) < (${len(values) + 2}, ${len(values) + 3})")
            values += [after.created_at, after.id]
        results = wanted.results or frozenset(DeliveryResult)
        where, end = " AND ".join(("d.tenant_id = $1", *conditions)), "ORDER BY d.created_at DESC, d.id DESC LIMIT"
        parts = []
        if DeliveryResult.PENDING in results:
            parts.append(f"({_WAITING} WHERE {where} {end} {int(limit)})")
        if finished := results - {DeliveryResult.PENDING}:
            parts.append(f"({_FINISHED} WHERE {where} AND {_result_in(finished)} {end} {int(limit)})")
        union = f"SELECT * FROM ({' UNION ALL '.join(parts)}) AS d {end} {int(limit)}"
        rows = await self._door.fetch(_DESCRIBE.format(union), self._tenant_id, *values)
        return [_entry_of(row) for row in rows]

    async def get(self, delivery_id: UUID) -> DeliveryEntry | None:
        """One of them."""
        where = "WHERE d.tenant_id = $1 AND d.id = $2"
        sql = _DESCRIBE.format(f"{_WAITING} {where} UNION ALL {_FINISHED} {where}")
        row = await self._door.row(sql, self._tenant_id, delivery_id)
        return None if row is None else _entry_of(row)

    async def resend(self, delivery_id: UUID, now: datetime) -> bool:
        """Send one again at once, under its id, whatever became of it; one that waits goes now.

        False: there is no such delivery, or its subscription is removed or switched off.
        """
        again = await self._door.value(
            "WITH moved AS (DELETE FROM delivery_log l USING subscriptions s WHERE l.tenant_id = $1 AND l.id = $2"
            " AND (s.tenant_id, s.id) = (l.tenant_id, l.subscription_id) AND s.is_enabled RETURNING l.*),"
            " sooner AS (UPDATE deliveries SET state = 'ready', due_at = $3"
            " WHERE tenant_id = $1 AND id = $2 AND state = 'waiting')"
            f", back AS ({_BACK.format('$3')})"
            " SELECT EXISTS (SELECT FROM back)"
            " OR EXISTS (SELECT FROM deliveries WHERE tenant_id = $1 AND id = $2)",
            self._tenant_id,
            delivery_id,
            now,
        )
        self.has_news = self.has_news or bool(again)
        return bool(again)

    async def replay(
        self, wanted: DeliveryFilter, now: datetime, *, limit: int, after: DeliveryPlace | None = None
    ) -> list[DeliveryPlace]:
        """Send up to ``limit`` of them again, those that never arrived unless others are wanted, oldest first.

        They keep their ids. Those of subscriptions that are switched off stay. Returns where they stand, oldest first:
        the next ones come after the last of them.
        """
        conditions, values = _conditions(wanted, first=4)
        if after is not None:
            conditions.append(f"(d.created_at, d.id) > (${len(values) + 4}, ${len(values) + 5})")
            values += [after.created_at, after.id]
        conditions.append(_result_in((wanted.results or FAILED_RESULTS) - {DeliveryResult.PENDING}))
        rows = await self._door.fetch(
            "WITH chosen AS (SELECT d.id, d.finished_at FROM delivery_log d JOIN subscriptions s"
            " ON (s.tenant_id, s.id) = (d.tenant_id, d.subscription_id) AND s.is_enabled"
            f" WHERE d.tenant_id = $1 AND {' AND '.join(conditions)} ORDER BY d.created_at, d.id LIMIT $2),"
            " moved AS (DELETE FROM delivery_log l USING chosen c WHERE l.tenant_id = $1 AND l.id = c.id"
            f" AND l.finished_at = c.finished_at RETURNING l.*) {_BACK.format('$3::timestamptz')}",
            self._tenant_id,
            limit,
            now,
            *values,
        )
        self.has_news = self.has_news or bool(rows)
        return sorted((DeliveryPlace(created_at=row[0], id=row[1]) for row in rows), key=_order)


def _order(place: DeliveryPlace) -> tuple[datetime, UUID]:
    return place.created_at, place.id


def _conditions(wanted: DeliveryFilter, *, first: int) -> tuple[list[str], list[object]]:
    """Conditions on ``d`` and the values of their parameters, of which ``first`` is the first."""
    given: Sequence[tuple[str, object]] = (
        ("d.subscription_id = ${}", wanted.subscription_id),
        ("d.call_id = ${}", wanted.call_id),
        ("d.kind = ANY (${}::text[])", sorted(wanted.kinds) or None),
        ("d.created_at >= ${}", wanted.since),
        ("d.created_at < ${}", wanted.until),
    )
    chosen = [(sql, value) for sql, value in given if value is not None]
    return [sql.format(place) for place, (sql, _) in enumerate(chosen, first)], [value for _, value in chosen]


def _result_in(results: frozenset[DeliveryResult]) -> str:
    """Words of ours, written out: the index on what never arrived is found by them."""
    words = ", ".join(f"'{result.value}'" for result in sorted(results))
    in_index = "" if DeliveryResult.DELIVERED in results else " AND d.outcome <> 'delivered'"
    return f"d.outcome IN ({words or 'NULL'}){in_index}"


def _entry_of(row: Row) -> DeliveryEntry:
    result = DeliveryResult(row["result"])
    return DeliveryEntry(
        delivery=delivery_of(row, url=row["url"] or ""),
        result=result,
        attempts=row["attempt_count"],
        subscription_uuid=row["uuid"],
        finished_at=row["finished_at"],
        next_attempt_at=row["due_at"] if result is DeliveryResult.PENDING else None,
    )
