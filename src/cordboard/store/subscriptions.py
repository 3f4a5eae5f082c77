"""Subscriptions: who wants to hear what."""

from collections.abc import Iterable
from uuid import UUID

from cordboard.domain.errors import NotFound
from cordboard.domain.webhook import EventKind, Subscription
from cordboard.store.pool import Door, Row
from cordboard.store.vault import Vault

_COLUMNS = "id, uuid, tenant_id, dialect, url, kinds, notification_email, is_enabled, failed_count, last_error"
# Whether anybody wants to hear of one of the kinds in a parameter; for statements of others, too.
IS_ANY_WANTED = "EXISTS (SELECT FROM subscriptions WHERE tenant_id = $1 AND is_enabled AND kinds && {}::text[])"


def plain_kinds(kinds: Iterable[EventKind]) -> list[str]:
    """Kinds as they are stored."""
    return sorted(kind.value for kind in kinds)


class Subscriptions:
    """A tenant's subscriptions. Authorizations go in here and come out only with a claimed delivery."""

    def __init__(self, door: Door, tenant_id: int, vault: Vault) -> None:
        self._door = door
        self._tenant_id = tenant_id
        self._vault = vault

    async def add(
        self,
        *,
        dialect: str,
        url: str,
        kinds: Iterable[EventKind],
        authorization: str = "",
        notification_email: str = "",
    ) -> Subscription:
        """A new subscription, enabled."""
        row = await self._door.row(
            "INSERT INTO subscriptions (tenant_id, dialect, url, kinds, authorization_sealed, notification_email)"
            f" VALUES ($1, $2, $3, $4, $5, $6) RETURNING {_COLUMNS}",
            self._tenant_id,
            dialect,
            url,
            plain_kinds(kinds),
            self._vault.seal(self._tenant_id, authorization),
            notification_email,
        )
        assert row is not None
        return _subscription_of(row)

    async def wanting(self, kinds: Iterable[EventKind]) -> list[Subscription]:
        """The enabled ones that want one of these, without authorizations, oldest first."""
        sql = (
            f"SELECT {_COLUMNS} FROM subscriptions WHERE tenant_id = $1 AND is_enabled AND kinds && $2::text[]"
            " ORDER BY id"
        )
        return [_subscription_of(row) for row in await self._door.fetch(sql, self._tenant_id, plain_kinds(kinds))]

    async def by_uuid(self, uuid: UUID, dialect: str) -> Subscription | None:
        """The one of that dialect."""
        sql = f"SELECT {_COLUMNS} FROM subscriptions WHERE tenant_id = $1 AND uuid = $2 AND dialect = $3"
        row = await self._door.row(sql, self._tenant_id, uuid, dialect)
        return None if row is None else _subscription_of(row)

    async def change(
        self,
        subscription_id: int,
        *,
        url: str | None = None,
        kinds: Iterable[EventKind] | None = None,
        notification_email: str | None = None,
    ) -> Subscription:
        """Another address, or other events; None leaves what is there. Raises NotFound."""
        row = await self._door.row(
            "UPDATE subscriptions SET url = COALESCE($3, url), kinds = COALESCE($4::text[], kinds),"
            f" notification_email = COALESCE($5, notification_email) WHERE tenant_id = $1 AND id = $2"
            f" RETURNING {_COLUMNS}",
            self._tenant_id,
            subscription_id,
            url,
            None if kinds is None else plain_kinds(kinds),
            notification_email,
        )
        return _found(row, subscription_id)

    async def enable(self, subscription_id: int) -> Subscription:
        """Start afresh. Raises NotFound."""
        row = await self._door.row(
            "UPDATE subscriptions SET is_enabled = true, last_error = NULL, failed_count = 0"
            f" WHERE tenant_id = $1 AND id = $2 RETURNING {_COLUMNS}",
            self._tenant_id,
            subscription_id,
        )
        return _found(row, subscription_id)

    async def disable(self, subscription_id: int, reason: str | None = None) -> Subscription:
        """Send nothing more; what still waits goes to the log with the outcome ``kept``. Raises NotFound.

        ``reason`` becomes the last error; None leaves the one that there is.
        """
        row = await self._door.row(
            "UPDATE subscriptions SET is_enabled = false, last_error = COALESCE($3, last_error)"
            f" WHERE tenant_id = $1 AND id = $2 RETURNING {_COLUMNS}",
            self._tenant_id,
            subscription_id,
            reason,
        )
        subscription = _found(row, subscription_id)
        await self._door.fetch(
            "WITH kept AS (DELETE FROM deliveries WHERE tenant_id = $1 AND subscription_id = $2 RETURNING *)"
            " INSERT INTO delivery_log (tenant_id, id, subscription_id, call_id, kind, body, created_at, attempts,"
            " outcome, finished_at) SELECT tenant_id, id, subscription_id, call_id, kind, body, created_at, attempts,"
            " 'kept', now() FROM kept",
            self._tenant_id,
            subscription_id,
        )
        return subscription

    async def remove(self, subscription_id: int) -> None:
        """Remove a subscription and all that still waits for it. Raises NotFound."""
        sql = "DELETE FROM subscriptions WHERE tenant_id = $1 AND id = $2 RETURNING 1"
        if await self._door.value(sql, self._tenant_id, subscription_id) is None:
            raise NotFound("webhook", str(subscription_id))

    async def list(self, dialect: str = "") -> list[Subscription]:
        """All subscriptions, or those of a dialect, without authorizations, oldest first."""
        sql = f"SELECT {_COLUMNS} FROM subscriptions WHERE tenant_id = $1 AND $2 IN ('', dialect) ORDER BY id"
        return [_subscription_of(row) for row in await self._door.fetch(sql, self._tenant_id, dialect)]


def _found(row: Row | None, subscription_id: int) -> Subscription:
    if row is None:
        raise NotFound("webhook", str(subscription_id))
    return _subscription_of(row)


def _subscription_of(row: Row) -> Subscription:
    return Subscription(
        id=row["id"],
        uuid=row["uuid"],
        tenant_id=row["tenant_id"],
        dialect=row["dialect"],
        url=row["url"],
        kinds=frozenset(EventKind(kind) for kind in row["kinds"]),
        notification_email=row["notification_email"],
        is_enabled=row["is_enabled"],
        failed_count=row["failed_count"],
        last_error=row["last_error"],
    )
