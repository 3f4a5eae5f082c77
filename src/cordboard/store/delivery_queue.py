"""The queue of all tenants' deliveries: claimed by workers, in order per call and target, few per target at once."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from cordboard.domain.breaker import PAUSE_SECONDS
from cordboard.domain.webhook import Attempt, Delivery
from cordboard.store.deliveries import delivery_of
from cordboard.store.pool import Door, HeldDoor, PoolDoor, Row
from cordboard.store.signing_secrets import open_secrets
from cordboard.store.vault import Vault

# The next delivery of a call to a target leaves at the latest this long after the one before it did.
ORDER_SECONDS = 10
# A target that is limited to a rate may have what the workers' look after 250 ms brings at once.
BURST_SECONDS = 0.25
# Hosts that are tried again in one claim.
MOST_PROBES = 20
# Claims take turns: only then is the count of a target's slots true. "delivery" in ASCII.
_TURN = 0x64656C6976657279

# The table is full one minute and empty the next, and plans are made for another time: with them a claim took 65 ms
# instead of 7. So it goes by the indexes, always, and in the order that is written: that is what OFFSET 0 below is for.
# And not by bitmaps: those never learn which entries are dead.
_BY_INDEX = tuple(f"enable_{way} = off" for way in ("seqscan", "bitmapscan", "hashjoin", "mergejoin", "sort"))
# A claim need not outlast a crash of the database: a lost one only means that the delivery is sent again.
_FORGETFUL = "synchronous_commit = off"

# Whether a delivery's turn has come: no earlier one of its call and target is untried, or at its first try.
_IN_TURN = """
NOT EXISTS (
    SELECT FROM deliveries before
    WHERE before.tenant_id = d.tenant_id AND before.call_id = d.call_id AND before.target = d.target
      AND before.sequence < d.sequence AND before.attempts = 0
      AND (before.first_claimed_at IS NULL OR before.first_claimed_at > {stalled_since})
    OFFSET 0)
"""
_CLAIMED = """
d.id, d.tenant_id, d.subscription_id, d.call_id, d.kind, d.body, d.created_at, d.due_at, d.attempts,
d.sequence, d.target, s.url, s.host, s.authorization_sealed, s.secrets_sealed
"""

# Attempts that are due, and leases that ended without a word from their worker. Bounded: a claim stays short. Tells
# whether a host that did not answer may be tried again. From here on it is this claim's turn.
_PROMOTE = """
WITH waiting AS (SELECT tenant_id, id FROM deliveries WHERE state = 'waiting' AND due_at <= $1
                 ORDER BY due_at LIMIT 1000 FOR UPDATE SKIP LOCKED),
leased AS (SELECT tenant_id, id FROM deliveries WHERE state = 'leased' AND due_at <= $1
           LIMIT 1000 FOR UPDATE SKIP LOCKED),
promoted AS (
    UPDATE deliveries d SET state = 'ready' FROM (TABLE waiting UNION ALL TABLE leased) AS due
    WHERE (d.tenant_id, d.id) = (due.tenant_id, due.id))
SELECT EXISTS (SELECT FROM delivery_hosts WHERE open_until <= $1) FROM (SELECT pg_advisory_xact_lock($2)) AS turn
"""

# One delivery for each host that did not answer and whose time is up. Until it is known what became of that one, the
# host stays as it is: as long as its lease at the most.
_PROBE = f"""
WITH due AS (SELECT tenant_id, host FROM delivery_hosts WHERE open_until <= $1
             ORDER BY open_until LIMIT $4 FOR UPDATE SKIP LOCKED),
picked AS MATERIALIZED (
    SELECT first.*, due.host
    FROM due CROSS JOIN LATERAL (
        SELECT d.tenant_id, d.id, d.subscription_id
        FROM subscriptions s JOIN deliveries d ON d.state = 'ready' AND d.target = s.target
        WHERE s.tenant_id = due.tenant_id AND s.host = due.host AND {_IN_TURN.format(stalled_since="$3")}
          AND $5 > (SELECT count(*) FROM deliveries l WHERE l.state = 'leased' AND l.target = s.target)
        ORDER BY d.due_at, d.sequence LIMIT 1 FOR UPDATE OF d SKIP LOCKED) AS first
), probing AS (
    UPDATE delivery_hosts h SET open_until = $2
    FROM picked WHERE (h.tenant_id, h.host) = (picked.tenant_id, picked.host)
)
UPDATE deliveries d
SET state = 'leased', due_at = $2, first_claimed_at = COALESCE(d.first_claimed_at, $1), leased_by = $6
FROM picked CROSS JOIN LATERAL (
    SELECT s.url, s.host, s.authorization_sealed, s.secrets_sealed FROM subscriptions s
    WHERE s.tenant_id = picked.tenant_id AND s.id = picked.subscription_id OFFSET 0) AS s
WHERE (d.tenant_id, d.id) = (picked.tenant_id, picked.id)
RETURNING {_CLAIMED}
"""

# Steps from one target that has something ready to the next, in one index, and takes from each what its slots and its
# pace allow: the cost grows with the targets passed, not with what waits. It begins where the last one had enough, so
# that none is last for ever.
_PICK = f"""
WITH RECURSIVE targets (target) AS (
    (SELECT target FROM deliveries WHERE state = 'ready' AND target >= $4 AND target < $5 ORDER BY target LIMIT 1)
    UNION ALL
    SELECT (SELECT d.target FROM deliveries d
            WHERE d.state = 'ready' AND d.target > t.target AND d.target < $5 ORDER BY d.target LIMIT 1)
    FROM targets t WHERE t.target IS NOT NULL
), closed AS MATERIALIZED (
    SELECT s.target
    FROM delivery_hosts h CROSS JOIN LATERAL (
        SELECT target FROM subscriptions WHERE tenant_id = h.tenant_id AND host = h.host OFFSET 0) AS s
    WHERE h.open_until IS NOT NULL
), picked AS MATERIALIZED (
    SELECT due.*
    FROM targets t CROSS JOIN LATERAL (
        SELECT d.tenant_id, d.id, d.subscription_id FROM deliveries d
        WHERE d.state = 'ready' AND d.target = t.target AND {_IN_TURN.format(stalled_since="$6")}
        ORDER BY d.due_at, d.sequence
        LIMIT GREATEST(0, LEAST(
            $7 - (SELECT count(*) FROM deliveries l WHERE l.state = 'leased' AND l.target = t.target),
            CASE WHEN $8::float8 > 0 THEN floor(0.000001 + $8::float8 * ($9::float8 - greatest(0, extract(epoch FROM (
                SELECT p.next_at FROM delivery_paces p WHERE p.target = t.target) - $2)))) END))
        FOR UPDATE SKIP LOCKED) AS due
    WHERE NOT EXISTS (SELECT FROM closed WHERE closed.target = t.target)
    LIMIT $1
)
UPDATE deliveries d
SET state = 'leased', due_at = $3, first_claimed_at = COALESCE(d.first_claimed_at, $2), leased_by = $10
FROM picked CROSS JOIN LATERAL (
    SELECT s.url, s.host, s.authorization_sealed, s.secrets_sealed FROM subscriptions s
    WHERE s.tenant_id = picked.tenant_id AND s.id = picked.subscription_id OFFSET 0) AS s
WHERE (d.tenant_id, d.id) = (picked.tenant_id, picked.id)
RETURNING {_CLAIMED}
"""

# $1, $2: tenant and target of each delivery that was claimed just now, at $3, where $4 a second are allowed.
_PACE = """
INSERT INTO delivery_paces AS p (tenant_id, target, next_at)
SELECT tenant_id, target, $3::timestamptz + make_interval(secs => count(*) / $4::float8)
FROM unnest($1::bigint[], $2::bigint[]) AS claimed (tenant_id, target) GROUP BY tenant_id, target
ON CONFLICT (tenant_id, target) DO UPDATE SET next_at = greatest(p.next_at, $3) + (excluded.next_at - $3)
"""

# All in one statement: attempts, what comes next, the subscriptions' counts, and the hosts that do not answer. Rows
# that several workers change are locked in the order of their keys, so that two of them cannot block each other.
_RECORD = """
WITH result AS (
    SELECT * FROM unnest($1::bigint[], $2::uuid[], $3::bigint[], $4::timestamptz[], $5::integer[], $6::integer[],
        $7::text[], $8::bytea[], $9::text[], $10::timestamptz[], $11::text[], $12::boolean[], $13::timestamptz[],
        $14::text[], $15::text[])
    AS r (tenant_id, delivery_id, subscription_id, started_at, duration_milliseconds, status, error, response_body,
        response_headers, next_due_at, outcome, is_delivered, finished_at, host, url)
), attempted AS (
    INSERT INTO delivery_attempts (tenant_id, delivery_id, started_at, duration_milliseconds, status, error,
        response_body, response_headers, url)
    SELECT tenant_id, delivery_id, started_at, duration_milliseconds, status, error, response_body,
        response_headers::json, url FROM result ON CONFLICT DO NOTHING
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
), host_verdict AS (
    SELECT tenant_id, host, bool_or(status IS NOT NULL) AS has_answered, count(*) AS failures,
        max(finished_at) AS finished_at, max(error) AS error
    FROM result GROUP BY tenant_id, host
), answered AS (
    DELETE FROM delivery_hosts h USING host_verdict v
    WHERE (h.tenant_id, h.host) = (v.tenant_id, v.host) AND v.has_answered
), unanswered AS (
    INSERT INTO delivery_hosts AS h (tenant_id, host, failures, failing_since, failed_at, open_until, last_error)
    SELECT tenant_id, host, failures, finished_at, finished_at,
        finished_at + make_interval(secs => ($16::float8[])[least(failures, cardinality($16::float8[]))]), error
    FROM host_verdict WHERE NOT has_answered ORDER BY tenant_id, host
    ON CONFLICT (tenant_id, host) DO UPDATE SET
        failures = h.failures + excluded.failures, failed_at = excluded.failed_at, last_error = excluded.last_error,
        open_until = excluded.failed_at + make_interval(
            secs => ($16::float8[])[least(h.failures + excluded.failures, cardinality($16::float8[]))])
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

# A killed worker's leases. What is locked is done the next time.
_HOLDERS = "SELECT DISTINCT leased_by FROM deliveries WHERE state = 'leased'"
_END_LEASES = """
WITH held AS (SELECT tenant_id, id FROM deliveries WHERE state = 'leased' AND leased_by = ANY($1)
              FOR UPDATE SKIP LOCKED)
UPDATE deliveries d SET due_at = $2 FROM held WHERE (d.tenant_id, d.id) = (held.tenant_id, held.id)
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
        self._start = _LEAST

    async def claim(
        self,
        limit: int,
        now: datetime,
        lease_seconds: float,
        slots_per_target: int,
        rate_per_target: float = 0,
        *,
        worker: str = "",
    ) -> list[Delivery]:
        """Up to ``limit`` deliveries to send now, with URL and authorization; nobody else gets them.

        No target has more than ``slots_per_target`` out at once, nor gets more than ``rate_per_target`` a second (0: no
        limit), and a host that does not answer gets one now and then. A delivery that is not recorded before its lease
        ends is ready again. ``worker`` is who has it in hand: see ``end_leases``.
        """
        lease_end, stalled_since = now + timedelta(seconds=lease_seconds), now - timedelta(seconds=ORDER_SECONDS)
        async with self._transaction(_FORGETFUL) as door:
            rows: list[Row] = []
            if await door.value(_PROMOTE, now, _TURN):
                rows += await door.fetch(
                    _PROBE, now, lease_end, stalled_since, min(limit, MOST_PROBES), slots_per_target, worker
                )
            rate = float(rate_per_target)
            burst_seconds = max(1 / rate, BURST_SECONDS) if rate else 0.0
            start, self._start = self._start, _LEAST
            for first, end in ((start, _MOST), (_LEAST, start)):
                if len(rows) < limit and first < end:
                    rows += await door.fetch(
                        _PICK,
                        limit - len(rows),
                        now,
                        lease_end,
                        first,
                        end,
                        stalled_since,
                        slots_per_target,
                        rate,
                        burst_seconds,
                        worker,
                    )
                    if len(rows) >= limit:
                        self._start = max(row["target"] for row in rows if first <= row["target"] < end)
            if rate and rows:
                await door.fetch(_PACE, [row["tenant_id"] for row in rows], [row["target"] for row in rows], now, rate)
        rows.sort(key=lambda row: row["sequence"])
        return [
            delivery_of(
                row,
                url=row["url"],
                host=row["host"],
                authorization=self._vault.open(row["tenant_id"], row["authorization_sealed"]),
                secrets=open_secrets(self._vault, row["tenant_id"], row["secrets_sealed"]),
            )
            for row in rows
        ]

    async def lease_holders(self) -> list[str]:
        """The workers that have deliveries in hand, or had when they died."""
        async with self._transaction() as door:
            return [row[0] for row in await door.fetch(_HOLDERS)]

    async def end_leases(self, workers: Sequence[str], now: datetime) -> None:
        """What these workers had in hand may be claimed again: they must be dead, or it is sent twice at once."""
        async with self._transaction(_FORGETFUL) as door:
            await door.fetch(_END_LEASES, workers, now)

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
                one.delivery.host,
                one.delivery.url,
            )
            for one in finished
        ]
        async with self._transaction() as door:
            await door.fetch(_RECORD, *(list(column) for column in zip(*rows, strict=True)), list(PAUSE_SECONDS))

    def _transaction(self, *settings: str) -> AbstractAsyncContextManager[HeldDoor]:
        """A short transaction that goes by the indexes."""
        door = self._door
        return door.transaction(*_BY_INDEX, *settings) if isinstance(door, PoolDoor) else door.held()
