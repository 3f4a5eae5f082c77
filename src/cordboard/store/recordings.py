"""Recordings: written when a call ends, settled by a worker, played by their name."""

from datetime import datetime, timedelta

from cordboard.domain.call_facts import RecordingStatus
from cordboard.domain.errors import NotFound
from cordboard.domain.recording import Recording
from cordboard.store.pool import Door, Row

_COLUMNS = (
    "tenant_id, call_id, name, parts, path, status, recorded_from, duration_seconds, size_bytes, sha256, created_at,"
    " attempts"
)
# Table-qualified, for joins.
_QUALIFIED = ", ".join(f"r.{column}" for column in _COLUMNS.split(", "))
# By its tenant's retention as it is now: whoever changes it changes it for what is recorded already, too.
_EXPIRES_AT = "r.recorded_from + t.recording_days * interval '24 hours'"


class Recordings:
    """A tenant's recordings."""

    def __init__(self, door: Door, tenant_id: int) -> None:
        self._door = door
        self._tenant_id = tenant_id

    async def insert(self, recording: Recording) -> None:
        """A recording to be settled."""
        await self._door.fetch(
            f"INSERT INTO recordings ({_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
            self._tenant_id,
            recording.call_id,
            recording.name,
            recording.parts,
            recording.path,
            recording.status.value,
            recording.recorded_from,
            recording.duration_seconds,
            recording.size_bytes,
            recording.sha256,
            recording.created_at,
            recording.attempts,
        )

    async def by_name(self, name: str) -> Recording | None:
        """The recording of that very name."""
        sql = (
            f"SELECT {_QUALIFIED}, {_EXPIRES_AT} FROM recordings r JOIN tenants t ON t.id = r.tenant_id"
            " WHERE r.tenant_id = $1 AND r.name = $2"
        )
        row = await self._door.row(sql, self._tenant_id, name)
        return None if row is None else _recording_of(row)

    async def settle(
        self,
        name: str,
        status: RecordingStatus,
        *,
        path: str = "",
        duration_seconds: float = 0.0,
        size_bytes: int = 0,
        sha256: str = "",
    ) -> RecordingStatus:
        """What became of it: READY with its file, FAILED, or later EXPIRED. Returns what it was. Raises NotFound."""
        sql = (
            "UPDATE recordings r SET status = $3, path = $4, duration_seconds = $5, size_bytes = $6, sha256 = $7,"
            " leased_until = '-infinity' FROM (SELECT status FROM recordings WHERE tenant_id = $1 AND name = $2"
            " FOR NO KEY UPDATE) AS before WHERE r.tenant_id = $1 AND r.name = $2 RETURNING before.status"
        )
        values = (self._tenant_id, name, status.value, path, duration_seconds, size_bytes, sha256)
        before = await self._door.value(sql, *values)
        if before is None:
            raise NotFound("recording", name)
        return RecordingStatus(before)


class AllRecordings:
    """Every tenant's recordings that there is work with."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def claim(self, limit: int, now: datetime, lease_seconds: float) -> list[Recording]:
        """Recordings to settle, oldest first. Nobody else gets them before the lease ends."""
        rows = await self._door.fetch(
            "WITH due AS (SELECT tenant_id, name FROM recordings WHERE status = 'pending' AND leased_until <= $2"
            " ORDER BY created_at LIMIT $1 FOR NO KEY UPDATE SKIP LOCKED)"
            " UPDATE recordings r SET leased_until = $3, attempts = r.attempts + 1 FROM due"
            f" WHERE (r.tenant_id, r.name) = (due.tenant_id, due.name) RETURNING {_QUALIFIED}, NULL",
            limit,
            now,
            now + timedelta(seconds=lease_seconds),
        )
        return sorted((_recording_of(row) for row in rows), key=lambda recording: recording.created_at)

    async def expired(self, now: datetime, limit: int) -> list[Recording]:
        """Playable recordings whose time is over, longest over first."""
        sql = (
            "SELECT r.* FROM tenants t CROSS JOIN LATERAL"
            f" (SELECT {_QUALIFIED}, {_EXPIRES_AT} AS expires_at FROM recordings r"
            " WHERE r.tenant_id = t.id AND r.status = 'ready'"
            " AND r.recorded_from <= $1::timestamptz - t.recording_days * interval '24 hours'"
            " ORDER BY r.recorded_from LIMIT $2) r"
            " WHERE t.recording_days IS NOT NULL ORDER BY r.expires_at LIMIT $2"
        )
        return [_recording_of(row) for row in await self._door.fetch(sql, now, limit)]


def _recording_of(row: Row) -> Recording:
    return Recording(
        tenant_id=row[0],
        call_id=row[1],
        name=row[2],
        parts=row[3],
        path=row[4],
        status=RecordingStatus(row[5]),
        recorded_from=row[6],
        duration_seconds=row[7],
        size_bytes=row[8],
        sha256=row[9],
        created_at=row[10],
        attempts=row[11],
        expires_at=row[12],
    )
