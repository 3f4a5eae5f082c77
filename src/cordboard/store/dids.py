"""DIDs."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from cordboard.domain.did import Did, RouteKind
from cordboard.domain.errors import AlreadyExists, InvalidInput, NotFound
from cordboard.domain.tenant import Tenant
from cordboard.store.pool import Door, Row
from cordboard.store.tenants import COLUMNS as TENANT_COLUMNS
from cordboard.store.tenants import tenant_of

_COLUMNS = "id, tenant_id, number, label, route_kind, route_to"
_TENANT_COLUMNS = ", ".join(f"t.{column}" for column in TENANT_COLUMNS.split(", "))


class Dids:
    """A tenant's public numbers."""

    def __init__(self, door: Door, tenant_id: int) -> None:
        self._door = door
        self._tenant_id = tenant_id

    async def add(
        self, *, number: str, label: str = "", route_kind: RouteKind | None = None, route_to: str = ""
    ) -> Did:
        """A new DID; ``number`` is canonical.

        Raises AlreadyExists, also when another tenant has it, and NotFound (the group or queue).
        """
        row = await self._door.row(
            "INSERT INTO dids (tenant_id, number, label, route_kind, route_to) VALUES ($1, $2, $3, $4, $5)"
            f" RETURNING {_COLUMNS}",
            self._tenant_id,
            number,
            label,
            None if route_kind is None else route_kind.value,
            route_to,
            refusals={
                "dids_number": AlreadyExists("DID", number),
                "dids_own_number": AlreadyExists("DID", number),
                "dids_group_name": NotFound("group", route_to),
                "dids_queue_id": NotFound("queue", route_to),
            },
        )
        assert row is not None
        return _did_of(row)

    async def list(self) -> list[Did]:
        """All DIDs; the first is the one that agents without their own call out with."""
        sql = f"SELECT {_COLUMNS} FROM dids WHERE tenant_id = $1 ORDER BY id"
        return [_did_of(row) for row in await self._door.fetch(sql, self._tenant_id)]

    async def exists(self, number: str) -> bool:
        """Whether the canonical ``number`` is one of the tenant's."""
        sql = "SELECT EXISTS (SELECT FROM dids WHERE tenant_id = $1 AND number = $2)"
        return bool(await self._door.value(sql, self._tenant_id, number))

    async def remove(self, number: str) -> None:
        """Remove a DID; agents who called out with it fall back to the first.

        Raises NotFound, InvalidInput (a callout calls out with it).
        """
        row = await self._door.row(
            "DELETE FROM dids WHERE tenant_id = $1 AND number = $2 RETURNING 1",
            self._tenant_id,
            number,
            refusals={"callouts_did_number": InvalidInput("number", f"a callout calls out with {number}")},
        )
        if row is None:
            raise NotFound("DID", number)


class TrunkAddress(msgspec.Struct, frozen=True):
    """Where a trunk leads."""

    id: int
    host: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnedDid:
    """A DID, whose it is, and where that tenant's trunks lead, in the order in which they are tried."""

    tenant: Tenant
    did: Did
    trunks: tuple[TrunkAddress, ...]


_trunks = msgspec.json.Decoder(tuple[TrunkAddress, ...])


class AllDids:
    """Every tenant's DIDs: the look-up that comes before a tenant is known."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def owned(self, numbers: Sequence[str]) -> list[OwnedDid]:
        """Those of the canonical ``numbers`` that are enabled tenants' DIDs, in the order of ``numbers``."""
        if not numbers:
            return []
        rows = await self._door.fetch(
            f"SELECT {_TENANT_COLUMNS}, d.id AS did_id, d.number, d.label, d.route_kind, d.route_to,"
            " (SELECT json_agg(json_build_object('id', k.id, 'host', k.host) ORDER BY k.priority, k.id)"
            " FROM trunks k WHERE k.tenant_id = t.id) AS trunks"
            " FROM dids d JOIN tenants t ON t.id = d.tenant_id"
            " WHERE d.number = ANY ($1::text[]) AND t.is_enabled ORDER BY array_position($1::text[], d.number)",
            list(numbers),
        )
        return [_owned_of(row) for row in rows]

    async def countries(self) -> list[str]:
        """The countries of the tenants who have DIDs."""
        sql = "SELECT DISTINCT country FROM tenants t WHERE EXISTS (SELECT FROM dids WHERE tenant_id = t.id) ORDER BY 1"
        return [row[0] for row in await self._door.fetch(sql)]


def _owned_of(row: Row) -> OwnedDid:
    did = Did(
        id=row["did_id"],
        tenant_id=row["id"],
        number=row["number"],
        label=row["label"],
        route_kind=None if row["route_kind"] is None else RouteKind(row["route_kind"]),
        route_to=row["route_to"],
    )
    return OwnedDid(tenant=tenant_of(row), did=did, trunks=_trunks.decode(row["trunks"] or "[]"))


def _did_of(row: Row) -> Did:
    return Did(
        id=row["id"],
        tenant_id=row["tenant_id"],
        number=row["number"],
        label=row["label"],
        route_kind=None if row["route_kind"] is None else RouteKind(row["route_kind"]),
        route_to=row["route_to"],
    )
