"""Subscriptions: who wants to hear what."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from cordboard.domain.errors import NotFound
from cordboard.domain.signing_secret import SigningSecret, new_secret
from cordboard.domain.webhook import EventKind, Subscription
from cordboard.store.pool import Door, Row
from cordboard.store.signing_secrets import open_secrets, seal_secrets
from cordboard.store.vault import Vault

_COLUMNS = (
    "id, uuid, tenant_id, dialect, url, kinds, notification_email, is_enabled, failed_count, last_error, failing_since,"
    " created_at"
)
# Whether anybody wants to hear of one of the kinds in a parameter; for statements of others, too.
# One that is switched off counts: what it would get is kept.
IS_ANY_WANTED = "EXISTS (SELECT FROM subscriptions WHERE tenant_id = $1 AND kinds && {}::text[])"


def plain_kinds(kinds: Iterable[EventKind]) -> list[str]:
    """Kinds as they are stored."""
    return sorted(kind.value for kind in kinds)


# Whether nothing has arrived since the time in a parameter, and this is more than one bad day.
_HAS_FAILED = "(failing_since <= {} AND last_failed_at >= failing_since + interval '24 hours')"


class Subscriptions:
    """A tenant's subscriptions. Authorizations and secrets go in here; they come out with a claimed delivery."""

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
        secret: str = "",
    ) -> Subscription:
        """A new subscription, enabled. Its webhooks are signed with ``secret``, "": with one that nobody knows yet."""
        row = await self._door.row(
            "INSERT INTO subscriptions (tenant_id, dialect, url, kinds, authorization_sealed, notification_email,"
            f" secrets_sealed) VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING {_COLUMNS}",
            self._tenant_id,
            dialect,
            url,
            plain_kinds(kinds),
            self._vault.seal(self._tenant_id, authorization),
            notification_email,
            seal_secrets(self._vault, self._tenant_id, (SigningSecret(value=secret or new_secret()),)),
        )
        assert row is not None
        return _subscription_of(row)

    async def wanting(self, kinds: Iterable[EventKind], *, even_if_off: bool = False) -> list[Subscription]:
        """The enabled ones that want one of these, or all that do, without authorizations, oldest first."""
        sql = (
            f"SELECT {_COLUMNS} FROM subscriptions WHERE tenant_id = $1 AND (is_enabled OR $3) AND kinds && $2::text[]"
            " ORDER BY id"
        )
        rows = await self._door.fetch(sql, self._tenant_id, plain_kinds(kinds), even_if_off)
        return [_subscription_of(row) for row in rows]

    async def by_uuid(self, uuid: UUID, dialect: str = "") -> Subscription | None:
        """The one of that dialect, or of any."""
        sql = f"SELECT {_COLUMNS} FROM subscriptions WHERE tenant_id = $1 AND uuid = $2 AND $3 IN ('', dialect)"
        row = await self._door.row(sql, self._tenant_id, uuid, dialect)
        return None if row is None else _subscription_of(row)

    async def change(
        self,
        subscription_id: int,
        *,
        url: str | None = None,
        kinds: Iterable[EventKind] | None = None,
        notification_email: str | None = None,
        authorization: str | None = None,
    ) -> Subscription:
        """Another address, or other events; None leaves what is there. Raises NotFound."""
        row = await self._door.row(
            "UPDATE subscriptions SET url = COALESCE($3, url), kinds = COALESCE($4::text[], kinds),"
            " notification_email = COALESCE($5, notification_email),"
            " authorization_sealed = COALESCE($6, authorization_sealed)"
            f" WHERE tenant_id = $1 AND id = $2 RETURNING {_COLUMNS}",
            self._tenant_id,
            subscription_id,
            url,
            None if kinds is None else plain_kinds(kinds),
            notification_email,
            None if authorization is None else self._vault.seal(self._tenant_id, authorization),
        )
        return _found(row, subscription_id)

    async def locked_secrets(self, subscription_id: int) -> tuple[SigningSecret, ...]:
        """What its webhooks are signed with, newest first; nobody changes it before this transaction ends.

        Raises NotFound.
        """
        sql = "SELECT secrets_sealed FROM subscriptions WHERE tenant_id = $1 AND id = $2 FOR NO KEY UPDATE"
        sealed = await self._door.value(sql, self._tenant_id, subscription_id)
        if sealed is None:
            raise NotFound("webhook", str(subscription_id))
        return open_secrets(self._vault, self._tenant_id, sealed)

    async def set_secrets(self, subscription_id: int, secrets: Iterable[SigningSecret]) -> None:
        """Sign with these from now on."""
        await self._door.fetch(
            "UPDATE subscriptions SET secrets_sealed = $3 WHERE tenant_id = $1 AND id = $2",
            self._tenant_id,
            subscription_id,
            seal_secrets(self._vault, self._tenant_id, secrets),
        )

    async def enable(self, subscription_id: int) -> Subscription:
        """Start afresh. Raises NotFound."""
        row = await self._door.row(
            "UPDATE subscriptions SET is_enabled = true, last_error = NULL, failed_count = 0,"
            " failing_since = NULL, last_failed_at = NULL, warned_at = NULL"
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
        await self._keep_deliveries(subscription_id)
        return subscription

    async def switch_off(
        self, subscription_id: int, *, reason: str | None = None, failing_before: datetime | None = None
    ) -> Subscription | None:
        """``disable`` it, once: None when it is off already, or gone, or has not failed all the time since then.

        Failures say nothing of a day as long as the first and the last of them are not a day apart.
        """
        row = await self._door.row(
            "UPDATE subscriptions SET is_enabled = false, last_error = COALESCE($3, last_error)"
            " WHERE tenant_id = $1 AND id = $2 AND is_enabled"
            f" AND ($4::timestamptz IS NULL OR {_HAS_FAILED.format('$4')}) RETURNING {_COLUMNS}",
            self._tenant_id,
            subscription_id,
            reason,
            failing_before,
        )
        if row is None:
            return None
        await self._keep_deliveries(subscription_id)
        return _subscription_of(row)

    async def keep_strays(self, subscription_id: int) -> None:
        """Move to the log what was written for one that is off, by who did not know of it yet."""
        sql = "SELECT FROM subscriptions WHERE tenant_id = $1 AND id = $2 AND NOT is_enabled FOR NO KEY UPDATE"
        if await self._door.row(sql, self._tenant_id, subscription_id) is not None:
            await self._keep_deliveries(subscription_id)

    async def _keep_deliveries(self, subscription_id: int) -> None:
        """Move what waits for it to the log, to be replayed or forgotten."""
        await self._door.fetch(
            "WITH kept AS (DELETE FROM deliveries WHERE tenant_id = $1 AND subscription_id = $2 RETURNING *)"
            " INSERT INTO delivery_log (tenant_id, id, subscription_id, call_id, kind, body, created_at, attempts,"
            " outcome, finished_at) SELECT tenant_id, id, subscription_id, call_id, kind, body, created_at, attempts,"
            " 'kept', now() FROM kept",
            self._tenant_id,
            subscription_id,
        )

    async def warn(self, subscription_id: int, *, now: datetime, failing_before: datetime) -> Subscription | None:
        """Note that its owner is told of its failures, once: None when that was done, or there is nothing to tell."""
        row = await self._door.row(
            "UPDATE subscriptions SET warned_at = $3 WHERE tenant_id = $1 AND id = $2 AND is_enabled"
            f" AND warned_at IS NULL AND {_HAS_FAILED.format('$4')} RETURNING {_COLUMNS}",
            self._tenant_id,
            subscription_id,
            now,
            failing_before,
        )
        return None if row is None else _subscription_of(row)

    async def remove(self, subscription_id: int) -> None:
        """Remove a subscription and all that still waits for it. Raises NotFound."""
        sql = "DELETE FROM subscriptions WHERE tenant_id = $1 AND id = $2 RETURNING 1"
        if await self._door.value(sql, self._tenant_id, subscription_id) is None:
            raise NotFound("webhook", str(subscription_id))

    async def list(self, dialect: str = "") -> list[Subscription]:
        """All subscriptions, or those of a dialect, without authorizations, oldest first."""
        sql = f"SELECT {_COLUMNS} FROM subscriptions WHERE tenant_id = $1 AND $2 IN ('', dialect) ORDER BY id"
        return [_subscription_of(row) for row in await self._door.fetch(sql, self._tenant_id, dialect)]


class AllSubscriptions:
    """Every tenant's subscriptions that there is work with."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def to_look_after(self, *, warn_before: datetime, off_before: datetime) -> list[tuple[int, int]]:
        """Tenant and id of those that have failed since ``warn_before`` or ``off_before`` and somebody has to be told.

        And of those that are off and have deliveries that wait, written by who did not know of it yet.
        """
        rows = await self._door.fetch(
            "SELECT tenant_id, id FROM subscriptions WHERE failing_since <= $1 AND is_enabled"
            f" AND (warned_at IS NULL AND {_HAS_FAILED.format('$1')} OR {_HAS_FAILED.format('$2')})"
            " UNION SELECT s.tenant_id, s.id FROM subscriptions s CROSS JOIN LATERAL (SELECT FROM deliveries d"
            " WHERE d.tenant_id = s.tenant_id AND d.subscription_id = s.id AND d.state <> 'leased' LIMIT 1) AS waiting"
            " WHERE NOT s.is_enabled ORDER BY 1, 2",
            warn_before,
            off_before,
        )
        return [(row[0], row[1]) for row in rows]


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
        failing_since=row["failing_since"],
        created_at=row["created_at"],
    )
