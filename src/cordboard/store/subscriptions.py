"""Subscriptions: who wants to hear what."""

from cordboard.domain.errors import NotFound
from cordboard.domain.webhook import Subscription
from cordboard.store.pool import Door, Row
from cordboard.store.vault import Vault

_COLUMNS = "id, tenant_id, dialect, url, wants_every_change, is_enabled, failed_count, last_error"


class Subscriptions:
    """A tenant's subscriptions. Authorizations go in here and come out only with a claimed delivery."""

    def __init__(self, door: Door, tenant_id: int, vault: Vault) -> None:
        self._door = door
        self._tenant_id = tenant_id
        self._vault = vault

    async def add(
        self, *, dialect: str, url: str, authorization: str = "", wants_every_change: bool = False
    ) -> Subscription:
        """A new subscription, enabled."""
        row = await self._door.row(
            "INSERT INTO subscriptions (tenant_id, dialect, url, authorization_sealed, wants_every_change)"
            f" VALUES ($1, $2, $3, $4, $5) RETURNING {_COLUMNS}",
            self._tenant_id,
            dialect,
            url,
            self._vault.seal(self._tenant_id, authorization),
            wants_every_change,
        )
        assert row is not None
        return _subscription_of(row)

    async def for_events(self) -> list[Subscription]:
        """The enabled ones, without authorizations, oldest first."""
        sql = f"SELECT {_COLUMNS} FROM subscriptions WHERE tenant_id = $1 AND is_enabled ORDER BY id"
        return [_subscription_of(row) for row in await self._door.fetch(sql, self._tenant_id)]

    async def want_changes(self) -> bool:
        """Whether any enabled one wants to hear of every change of a call."""
        sql = "SELECT EXISTS (SELECT FROM subscriptions WHERE tenant_id = $1 AND is_enabled AND wants_every_change)"
        return bool(await self._door.value(sql, self._tenant_id))

    async def enable(self, subscription_id: int) -> Subscription:
        """Start afresh. Raises NotFound."""
        return await self._switch(subscription_id, is_enabled=True, last_error=None)

    async def disable(self, subscription_id: int, reason: str) -> Subscription:
        """Send nothing more; what still waits goes to the log with the outcome ``kept``. Raises NotFound."""
        subscription = await self._switch(subscription_id, is_enabled=False, last_error=reason)
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

    async def _switch(self, subscription_id: int, *, is_enabled: bool, last_error: str | None) -> Subscription:
        row = await self._door.row(
            "UPDATE subscriptions SET is_enabled = $3, last_error = $4, failed_count = CASE WHEN $3 THEN 0 ELSE"
            f" failed_count END WHERE tenant_id = $1 AND id = $2 RETURNING {_COLUMNS}",
            self._tenant_id,
            subscription_id,
            is_enabled,
            last_error,
        )
        if row is None:
            raise NotFound("webhook", str(subscription_id))
        return _subscription_of(row)

    async def list(self) -> list[Subscription]:
        """All subscriptions, without authorizations, oldest first."""
        sql = f"SELECT {_COLUMNS} FROM subscriptions WHERE tenant_id = $1 ORDER BY id"
        return [_subscription_of(row) for row in await self._door.fetch(sql, self._tenant_id)]


def _subscription_of(row: Row) -> Subscription:
    return Subscription(
        id=row["id"],
        tenant_id=row["tenant_id"],
        dialect=row["dialect"],
        url=row["url"],
        wants_every_change=row["wants_every_change"],
        is_enabled=row["is_enabled"],
        failed_count=row["failed_count"],
        last_error=row["last_error"],
    )
