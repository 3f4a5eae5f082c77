"""The queue of all tenants' deliveries: claimed by workers, in order per call and target, few per target at once."""

import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from cordboard.domain.webhook import Attempt, Delivery
from cordboard.store.deliveries import delivery_of
from cordboard.store.pool import Door, HeldDoor, PoolDoor, Row
from cordboard.store.signing_secrets import open_secrets
from cordboard.store.vault import Vault

# The next delivery of a call to a target leaves at the latest this long after the one before it did.
ORDER_SECONDS = 10
# Claims take turns: only then is the count of a target's slots true. "delivery" in ASCII.
_TURN = 0x64656C6976657279

# Attempts that are due, and leases that ended without a word from their worker. Bounded: a claim stays short.
_PROMOTE = """
WITH waiting AS (SELECT tenant_id, id FROM deliveries WHERE state = 'waiting' AND due_at <= $1
                 ORDER BY due_at LIMIT 1000 FOR UPDATE SKIP LOCKED),
leased AS (SELECT tenant_id, id FROM deliveries WHERE state = 'leased' AND due_at <= $1
           LIMIT 1000 FOR UPDATE SKIP LOCKED)
UPDATE deliveries d SET state = 'ready' FROM (TABLE waiting UNION ALL TABLE leased) AS due
WHERE (d.tenant_id, d.id) = (due.tenant_id, due.id)
"""

# Steps from one target that has something ready to the next, in one index, and takes from each what its slots allow:
# the cost grows with the targets passed, not with what waits. It begins at a random target, so that none is last for
# ever. A delivery is held back by an earlier one of its call and target that was not tried, or whose first try is on.
_PICK = """
WITH RECURSIVE targets (target) AS (
    (SELECT target FROM deliveries WHERE state = 'ready' AND target >= $4 AND target < $5 ORDER BY target LIMIT 1)
    UNION ALL
    SELECT (SELECT d.target FROM deliveries d
            WHERE d.state = 'ready' AND d.target > t.target AND d.target < $5 ORDER BY d.target LIMIT 1)
    FROM targets t WHERE t.target IS NOT NULL
), picked AS MATERIALIZED (
    SELECT due.tenant_id, due.id
    FROM targets t CROSS JOIN LATERAL (
        SELECT d.tenant_id, d.id FROM deliveries d
        WHERE d.state = 'ready' AND d.target = t.target AND NOT EXISTS (
            SELECT FROM deliveries before
            WHERE before.tenant_id = d.tenant_id AND before.call_id = d.call_id AND before.target = d.target
              AND before.sequence < d.sequence AND before.attempts = 0
              AND (before.first_claimed_at IS NULL OR before.first_claimed_at > $6))
        ORDER BY d.due_at, d.sequence
        LIMIT GREATEST(0, $7 - (SELECT count(*) FROM deliveries l WHERE l.state = 'leased' AND l.target = t.target))
        FOR UPDATE SKIP LOCKED) AS due
    LIMIT $1
)
UPDATE deliveries d
SET state = 'leased', due_at = $3, first_claimed_at = COALESCE(d.first_claimed_at, $2)
FROM picked, subscriptions s
WHERE (d.tenant_id, d.id) = (picked.tenant_id, picked.id) AND (s.tenant_id, s.id) = (d.tenant_id, d.subscription_id)
RETURNING d.id, d.tenant_id, d.subscription_id, d.call_id, d.kind, d.body, d.created_at, d.due_at, d.attempts,
    d.sequence, s.url, s.authorization_sealed, s.secrets_sealed
"""

# All in one statement: attempts, what comes next, and the subscriptions' counts. Those are locked in the order of
# their ids, so that two workers cannot block each other.
_RECORD = """
WITH result AS (
    SELECT * FROM unnest($1::bigint[], $2::uuid[], $3::bigint[], $4::timestamptz[], $5::integer[], $6::integer[],
        $7::text[], $8::bytea[], $9::text[], $10::timestamptz[], $11::text[], $12::boolean[], $13::timestamptz[],
        $14::text[])
    AS r (tenant_id, delivery_id, subscription_id, started_at, duration_milliseconds, status, error, response_body,
        response_headers, next_due_at, outcome, is_delivered, finished_at, url)
), attempted AS (
    INSERT INTO delivery_attempts (tenant_id, delivery_id, started_at, duration_milliseconds, status, error,
        response_body, response_headers, url)
    SELECT tenant_id, delivery_id, started_at, duration_milliseconds, status, error, response_body,
        response_headers::json, url FROM result
), retried AS (
    UPDATE deliveries d SET state = 'waiting', due_at = r.next_due_at, attempts = d.attempts + 1
    FROM result r WHERE (d.tenant_id, d.id) = (r.tenant_id, r.delivery_id) AND r.next_due_at IS NOT NULL
), finished AS (
    DELETE FROM deliveries d USING result r
    WHERE (d.tenant_id, d.id) = (r.tenant_id, r.delivery_id) AND r.next_due_at IS NULL
    RETURNING d.*, r.outcome, r.finished_at
), logged AS (
    INSERT INTO delivery_log (tenant_id, id, subscription_id, call_id, kind, body, created_at, attempts, outcome,
        finished_at)
    SELECT tenant_id, id, subscription_id, call_id, kind, body, created_at, attempts + 1, outcome, finished_at
    FROM finished ON CONFLICT DO NOTHING
), verdict AS (
    SELECT tenant_id, subscription_id, bool_or(is_delivered) AS is_delivered, count(*) AS failures,
        max(COALESCE(NULLIF(error, ''), 'HTTP ' || status)) AS error,
        min(finished_at) AS first_failed_at, max(finished_at) AS last_failed_at
    FROM result GROUP BY tenant_id, subscription_id
), judged AS MATERIALIZED (
    SELECT s.tenant_id, s.id, v.is_delivered, v.failures, v.error, v.first_failed_at, v.last_failed_at
    FROM subscriptions s JOIN verdict v ON (s.tenant_id, s.id) = (v.tenant_id, v.subscription_id)
    WHERE NOT v.is_delivered OR s.failed_count > 0 OR s.last_error IS NOT NULL
    ORDER BY s.id FOR NO KEY UPDATE OF s
)
UPDATE subscriptions s
SET failed_count = CASE WHEN j.is_delivered THEN 0 ELSE s.failed_count + j.failures END,
    last_error = CASE WHEN j.is_delivered THEN NULL ELSE j.error END,
    failing_since = CASE WHEN NOT j.is_delivered THEN COALESCE(s.failing_since, j.first_failed_at) END,
    last_failed_at = CASE WHEN NOT j.is_delivered THEN greatest(s.last_failed_at, j.last_failed_at) END,
    warned_at = CASE WHEN NOT j.is_delivered THEN s.warned_at END
FROM judged j WHERE (s.tenant_id, s.id) = (j.tenant_id, j.id)
"""

_LEAST, _MOST = -(2**63), 2**63 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedAttempt:
    """What became of a claimed delivery. ``next_due_at`` None: it is finished, with ``outcome``."""

    delivery: Delivery
    attempt: Attempt
    next_due_at: datetime | None = None
    outcome: str = ""

    @property
    def finished_at(self) -> datetime:
        """When the attempt was over."""
        return self.attempt.started_at + timedelta(milliseconds=self.attempt.duration_milliseconds)


class DeliveryQueue:
    """Every tenant's deliveries."""

    def __init__(self, door: Door, vault: Vault) -> None:
        self._door = door
        self._vault = vault

    async def claim(self, limit: int, now: datetime, lease_seconds: float, slots_per_target: int) -> list[Delivery]:
        """Up to ``limit`` deliveries to send now, with URL and authorization; nobody else gets them.

        No target has more than ``slots_per_target`` out at once. A delivery that is not recorded before its lease ends
        is ready again.
        """
        async with self._turn() as door:
            await door.fetch(_PROMOTE, now)
            start = secrets.randbits(64) - 2**63
            rows: list[Row] = []
            for first, end in ((start, _MOST), (_LEAST, start)):
                if len(rows) < limit:
                    rows += await door.fetch(
                        _PICK,
                        limit - len(rows),
                        now,
                        now + timedelta(seconds=lease_seconds),
                        first,
                        end,
                        now - timedelta(seconds=ORDER_SECONDS),
                        slots_per_target,
                    )
        rows.sort(key=lambda row: row["sequence"])
        return [
            delivery_of(
                row,
                url=row["url"],
                authorization=self._vault.open(row["tenant_id"], row["authorization_sealed"]),
                secrets=open_secrets(self._vault, row["tenant_id"], row["secrets_sealed"]),
            )
            for row in rows
        ]

    async def record(
        self, delivery: Delivery, attempt: Attempt, next_due_at: datetime | None, outcome: str = ""
    ) -> None:
        """What became of a claimed delivery; see ``FinishedAttempt``."""
        finished = FinishedAttempt(delivery=delivery, attempt=attempt, next_due_at=next_due_at, outcome=outcome)
        await self.record_all((finished,))

    async def record_all(self, finished: Sequence[FinishedAttempt]) -> None:
        """What became of several claimed deliveries, in one statement. Each delivery at most once."""
        if not finished:
            return
        rows = [
            (
                one.delivery.tenant_id,
                one.delivery.id,
                one.delivery.subscription_id,
                one.attempt.started_at,
                one.attempt.duration_milliseconds,
                one.attempt.status,
                one.attempt.error.replace("\0", ""),
                one.attempt.response_body,
                msgspec.json.encode(one.attempt.response_headers).decode(),
                one.next_due_at,
                one.outcome,
                one.attempt.is_delivered,
                one.finished_at,
                one.delivery.url,
            )
            for one in finished
        ]
        await self._door.fetch(_RECORD, *(list(column) for column in zip(*rows, strict=True)))

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[HeldDoor]:
        """A short transaction, one claim at a time in the whole house.

        It need not outlast a crash of the database: a lost claim only means that the delivery is sent again.
        """
        door = self._door
        async with door.transaction("synchronous_commit = off") if isinstance(door, PoolDoor) else door.held() as held:
            await held.fetch("SELECT pg_advisory_xact_lock($1)", _TURN)
            yield held
