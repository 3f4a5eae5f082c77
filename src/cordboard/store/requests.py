"""Request ids that clients send with a call, so that a request sent twice makes one call."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from cordboard.store.pool import Door


@dataclass(frozen=True, slots=True, kw_only=True)
class CallKey:
    """Both identities of a call."""

    id: UUID
    reference: str


class Requests:
    """A tenant's request ids."""

    def __init__(self, door: Door, tenant_id: int) -> None:
        self._door = door
        self._tenant_id = tenant_id

    async def lock(self, request_id: str) -> None:
        """Hold the request id until the transaction ends; whoever comes second waits."""
        sql = "SELECT pg_advisory_xact_lock(hashtextextended($1, $2))"
        await self._door.fetch(sql, request_id, self._tenant_id)

    async def find(self, request_id: str, since: datetime) -> CallKey | None:
        """The call that the request id was accepted for, not before ``since``."""
        row = await self._door.row(
            "SELECT call_id, reference FROM call_requests"
            " WHERE tenant_id = $1 AND request_id = $2 AND accepted_at >= $3",
            self._tenant_id,
            request_id,
            since,
        )
        return None if row is None else CallKey(id=row[0], reference=row[1])

    async def insert(self, request_id: str, call_id: UUID, reference: str, at: datetime) -> None:
        """The request id was accepted for this call; an older meaning is forgotten."""
        await self._door.fetch(
            "INSERT INTO call_requests (tenant_id, request_id, call_id, reference, accepted_at)"
            " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (tenant_id, request_id) DO UPDATE"
            " SET call_id = excluded.call_id, reference = excluded.reference, accepted_at = excluded.accepted_at",
            self._tenant_id,
            request_id,
            call_id,
            reference,
            at,
        )
