"""Tenants."""

import secrets
from typing import Any

import msgspec

from cordboard.domain.errors import AlreadyExists, InvalidInput, NotFound
from cordboard.domain.tenant import Tenant
from cordboard.store.pool import Door, Row

COLUMNS = (
    "id, name, pbx_id, account_id, country, timezone, language, admin_email, allowed_destinations, cors_origins,"
    " limit_tenant, limit_route, max_calls, recording_days, crm_logos, is_enabled"
)
_logos = msgspec.json.Decoder(dict[str, str])
_CHANGEABLE = frozenset(COLUMNS.split(", ")) - {"id", "account_id"}
# Tenants without a number of their own get the next free one from here on.
_FIRST_PBX_ID = 1000
# Held until the commit by whoever takes the next one: of two at once the second sees the first's.
_NEXT_PBX_ID_LOCK = 0x70627869


def tenant_of(row: Row) -> Tenant:
    """The tenant in a row that has ``COLUMNS`` first, in their order."""
    return Tenant(
        id=row[0],
        name=row[1],
        pbx_id=row[2],
        account_id=row[3],
        country=row[4],
        timezone=row[5],
        language=row[6],
        admin_email=row[7],
        allowed_destinations=tuple(row[8]),
        cors_origins=tuple(row[9]),
        limit_tenant=row[10],
        limit_route=row[11],
        max_calls=row[12],
        recording_days=row[13],
        crm_logos=_logos.decode(row[14]),
        is_enabled=row[15],
    )


class Tenants:
    """The tenant itself."""

    def __init__(self, door: Door, tenant_id: int) -> None:
        self._door = door
        self._tenant_id = tenant_id

    async def get(self) -> Tenant:
        """The tenant. Raises NotFound."""
        row = await self._door.row(f"SELECT {COLUMNS} FROM tenants WHERE id = $1", self._tenant_id)
        if row is None:
            raise NotFound("tenant", str(self._tenant_id))
        return tenant_of(row)

    async def change(self, **fields: Any) -> Tenant:  # noqa: ANN401 -- the types of Tenant's fields
        """Set fields of the tenant, by the names of ``Tenant``. Raises InvalidInput, AlreadyExists, NotFound."""
        for name in fields:
            if name not in _CHANGEABLE:
                raise InvalidInput(name, "a tenant has no such field to change")
        if not fields:
            return await self.get()
        changes = ", ".join(f"{name} = ${place}" for place, name in enumerate(fields, 2))
        row = await self._door.row(
            f"UPDATE tenants SET {changes} WHERE id = $1 RETURNING {COLUMNS}",
            self._tenant_id,
            *(_json(value) if name == "crm_logos" else value for name, value in fields.items()),
            refusals=_taken(fields.get("name", ""), fields.get("pbx_id")),
        )
        if row is None:
            raise NotFound("tenant", str(self._tenant_id))
        return tenant_of(row)


class AllTenants:
    """Every tenant."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def create(self, name: str, *, pbx_id: int | None = None, **fields: Any) -> Tenant:  # noqa: ANN401 -- as above
        """A new tenant; ``fields`` by the names of ``Tenant``, with its defaults. Raises AlreadyExists."""
        if pbx_id is None:
            await self._door.fetch("SELECT pg_advisory_xact_lock($1)", _NEXT_PBX_ID_LOCK)
        wanted = Tenant(id=0, name=name, pbx_id=pbx_id or 0, account_id=secrets.token_hex(16), **fields)
        row = await self._door.row(
            f"INSERT INTO tenants ({COLUMNS.removeprefix('id, ')}) VALUES ($1,"
            f" COALESCE($2, (SELECT GREATEST(max(pbx_id) + 1, {_FIRST_PBX_ID}) FROM tenants)),"
            " $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"
            f" RETURNING {COLUMNS}",
            wanted.name,
            pbx_id,
            wanted.account_id,
            wanted.country,
            wanted.timezone,
            wanted.language,
            wanted.admin_email,
            wanted.allowed_destinations,
            wanted.cors_origins,
            wanted.limit_tenant,
            wanted.limit_route,
            wanted.max_calls,
            wanted.recording_days,
            _json(wanted.crm_logos),
            wanted.is_enabled,
            refusals=_taken(name, pbx_id),
        )
        assert row is not None
        return tenant_of(row)

    async def by_name(self, name: str) -> Tenant | None:
        """The tenant of that name."""
        row = await self._door.row(f"SELECT {COLUMNS} FROM tenants WHERE name = $1", name)
        return None if row is None else tenant_of(row)

    async def list(self) -> list[Tenant]:
        """All tenants, oldest first."""
        return [tenant_of(row) for row in await self._door.fetch(f"SELECT {COLUMNS} FROM tenants ORDER BY id")]


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _taken(name: str, pbx_id: int | None) -> dict[str, AlreadyExists]:
    return {
        "tenants_name": AlreadyExists("tenant", name),
        "tenants_pbx_id": AlreadyExists("pbx id", str(pbx_id)),
    }
