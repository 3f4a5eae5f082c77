"""API keys: only their hashes."""

from collections.abc import Iterable

from cordboard.domain.errors import AlreadyExists, NotFound
from cordboard.domain.key import Key, hash_key, hint_of
from cordboard.domain.tenant import Identity
from cordboard.store.pool import Door, Row
from cordboard.store.tenants import COLUMNS as TENANT_COLUMNS
from cordboard.store.tenants import tenant_of

_COLUMNS = "id, tenant_id, name, hint, scopes, created_at, revoked_at"


class Keys:
    """A tenant's keys."""

    def __init__(self, door: Door, tenant_id: int) -> None:
        self._door = door
        self._tenant_id = tenant_id

    async def create(self, *, name: str, value: str, scopes: Iterable[str]) -> Key:
        """A key whose value is ``value`` (``domain.key.new_key``, or an imported one). Raises AlreadyExists."""
        row = await self._door.row(
            "INSERT INTO keys (tenant_id, name, hint, value_hash, scopes) VALUES ($1, $2, $3, $4, $5)"
            f" RETURNING {_COLUMNS}",
            self._tenant_id,
            name,
            hint_of(value),
            hash_key(value),
            sorted(set(scopes)),
            refusals={"keys_value_hash": AlreadyExists("key", hint_of(value))},
        )
        assert row is not None
        return _key_of(row)

    async def list(self) -> list[Key]:
        """All keys, revoked ones too, oldest first."""
        sql = f"SELECT {_COLUMNS} FROM keys WHERE tenant_id = $1 ORDER BY id"
        return [_key_of(row) for row in await self._door.fetch(sql, self._tenant_id)]

    async def revoke(self, key_id: int) -> Key:
        """Make a key useless; once is for ever. Raises NotFound."""
        row = await self._door.row(
            "UPDATE keys SET revoked_at = COALESCE(revoked_at, now()) WHERE tenant_id = $1 AND id = $2"
            f" RETURNING {_COLUMNS}",
            self._tenant_id,
            key_id,
        )
        if row is None:
            raise NotFound("key", str(key_id))
        return _key_of(row)


class AllKeys:
    """Every tenant's keys: the look-up that comes before a tenant is known."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def identify(self, value: str) -> Identity | None:
        """Who holds the key ``value``; None when it is unknown or revoked, or its tenant disabled.

        Compared by hash, in an index: how long it takes says nothing about the value.
        """
        row = await self._door.row(
            f"SELECT {', '.join(f't.{column}' for column in TENANT_COLUMNS.split(', '))}, k.id AS key_id, k.scopes"
            " FROM keys k JOIN tenants t ON t.id = k.tenant_id"
            " WHERE k.value_hash = $1 AND k.revoked_at IS NULL AND t.is_enabled",
            hash_key(value),
        )
        if row is None:
            return None
        return Identity(tenant=tenant_of(row), key_id=row["key_id"], scopes=frozenset(row["scopes"]))


def _key_of(row: Row) -> Key:
    return Key(
        id=row["id"],
        tenant_id=row["tenant_id"],
        name=row["name"],
        hint=row["hint"],
        scopes=frozenset(row["scopes"]),
        created_at=row["created_at"],
        revoked_at=row["revoked_at"],
    )
