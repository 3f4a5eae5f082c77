"""DIDs."""

from cordboard.domain.did import Did, RouteKind
from cordboard.domain.errors import AlreadyExists, NotFound
from cordboard.store.pool import Door, Row

_COLUMNS = "id, tenant_id, number, label, route_kind, route_to"


class Dids:
    """A tenant's public numbers."""

    def __init__(self, door: Door, tenant_id: int) -> None:
        self._door = door
        self._tenant_id = tenant_id

    async def add(
        self, *, number: str, label: str = "", route_kind: RouteKind | None = None, route_to: str = ""
    ) -> Did:
        """A new DID; ``number`` is canonical. Raises AlreadyExists, also when another tenant has it."""
        row = await self._door.row(
            "INSERT INTO dids (tenant_id, number, label, route_kind, route_to) VALUES ($1, $2, $3, $4, $5)"
            f" RETURNING {_COLUMNS}",
            self._tenant_id,
            number,
            label,
            None if route_kind is None else route_kind.value,
            route_to,
            refusals={"dids_number": AlreadyExists("DID", number), "dids_own_number": AlreadyExists("DID", number)},
        )
        assert row is not None
        return _did_of(row)

    async def list(self) -> list[Did]:
        """All DIDs; the first is the one that agents without their own call out with."""
        sql = f"SELECT {_COLUMNS} FROM dids WHERE tenant_id = $1 ORDER BY id"
        return [_did_of(row) for row in await self._door.fetch(sql, self._tenant_id)]

    async def remove(self, number: str) -> None:
        """Remove a DID; agents who called out with it fall back to the first. Raises NotFound."""
        sql = "DELETE FROM dids WHERE tenant_id = $1 AND number = $2 RETURNING 1"
        if await self._door.value(sql, self._tenant_id, number) is None:
            raise NotFound("DID", number)


def _did_of(row: Row) -> Did:
    return Did(
        id=row["id"],
        tenant_id=row["tenant_id"],
        number=row["number"],
        label=row["label"],
        route_kind=None if row["route_kind"] is None else RouteKind(row["route_kind"]),
        route_to=row["route_to"],
    )
