"""Deliveries of a tenant: written in the transaction of what they tell, looked at afterwards."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec

from cordboard.domain.errors import NotFound
from cordboard.domain.ids import new_call_id
from cordboard.domain.signing_secret import SigningSecret
from cordboard.domain.webhook import Attempt, Delivery, EventKind
from cordboard.store.pool import Door, Row

_COLUMNS = "id, tenant_id, subscription_id, call_id, kind, body, created_at, attempts"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedDelivery:
    """A delivery and what became of it. ``outcome`` "": it is not finished, and then ``finished_at`` is None."""

    delivery: Delivery
    outcome: str = ""
    finished_at: datetime | None = None


class Deliveries:
    """A tenant's deliveries. ``has_news`` once one was written: whoever commits then wakes the workers."""

    def __init__(self, door: Door, tenant_id: int) -> None:
        self._door = door
        self._tenant_id = tenant_id
        self.has_news = False

    async def insert(
        self, subscription_id: int, call_id: UUID, kind: EventKind, body: bytes, created_at: datetime
    ) -> UUID:
        """A delivery, due at once; returns its ``webhook-id``. Per call and target they go in the order written.

        Raises NotFound: there is no such subscription.
        """
        delivery_id = new_call_id()  # time-ordered: new rows land side by side in the index
        row = await self._door.row(
            "INSERT INTO deliveries (tenant_id, id, subscription_id, target, call_id, kind, body, created_at, due_at)"
            " SELECT tenant_id, $3, id, target, $4, $5, $6, $7, $7 FROM subscriptions WHERE tenant_id = $1 AND id = $2"
            " RETURNING id",
            self._tenant_id,
            subscription_id,
            delivery_id,
            call_id,
            kind.value,
            body,
            created_at,
        )
        if row is None:
            raise NotFound("webhook", str(subscription_id))
        self.has_news = True
        return delivery_id

    async def keep(
        self, subscription_id: int, call_id: UUID, kind: EventKind, body: bytes, created_at: datetime
    ) -> UUID:
        """A delivery for a subscription that is off: it waits in the log to be replayed, or to be forgotten."""
        delivery_id = new_call_id()
        await self._door.fetch(
            "INSERT INTO delivery_log (tenant_id, id, subscription_id, call_id, kind, body, created_at, attempts,"
            " outcome, finished_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 'kept', $7)",
            self._tenant_id,
            delivery_id,
            subscription_id,
            call_id,
            kind.value,
            body,
            created_at,
        )
        return delivery_id

    async def attempts(self, delivery_id: UUID) -> list[Attempt]:
        """The HTTP requests of a delivery, first one first."""
        rows = await self._door.fetch(
            "SELECT started_at, duration_milliseconds, status, error, response_body, response_headers, url"
            " FROM delivery_attempts WHERE tenant_id = $1 AND delivery_id = $2 ORDER BY started_at",
            self._tenant_id,
            delivery_id,
        )
        return [
            Attempt(
                started_at=row[0],
                duration_milliseconds=row[1],
                status=row[2],
                error=row[3],
                response_body=row[4],
                response_headers=msgspec.json.decode(row[5], type=dict[str, str]),
                url=row[6],
            )
            for row in rows
        ]

    async def list(self, *, call_id: UUID | None = None, limit: int = 100) -> list[LoggedDelivery]:
        """Deliveries, of one call when it is given: unfinished ones first, then newest first."""
        of_call = "" if call_id is None else " AND call_id = $3"
        rows = await self._door.fetch(
            f"(SELECT {_COLUMNS}, due_at, '' AS outcome, NULL AS finished_at FROM deliveries"
            f" WHERE tenant_id = $1{of_call} ORDER BY created_at DESC LIMIT $2)"
            f" UNION ALL (SELECT {_COLUMNS}, created_at, outcome, finished_at FROM delivery_log"
            f" WHERE tenant_id = $1{of_call} ORDER BY created_at DESC, id DESC LIMIT $2) LIMIT $2",
            self._tenant_id,
            limit,
            *(() if call_id is None else (call_id,)),
        )
        return [
            LoggedDelivery(delivery=delivery_of(row), outcome=row["outcome"], finished_at=row["finished_at"])
            for row in rows
        ]


def delivery_of(
    row: Row, *, url: str = "", host: str = "", authorization: str = "", secrets: tuple[SigningSecret, ...] = ()
) -> Delivery:
    """The delivery in a row."""
    return Delivery(
        id=row["id"],
        tenant_id=row["tenant_id"],
        subscription_id=row["subscription_id"],
        call_id=row["call_id"],
        kind=EventKind(row["kind"]),
        body=row["body"],
        created_at=row["created_at"],
        due_at=row["due_at"],
        attempts=row["attempts"],
        url=url,
        host=host,
        authorization=authorization,
        secrets=secrets,
    )
