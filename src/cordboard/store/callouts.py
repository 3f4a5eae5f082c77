"""Callouts: outbound queues, and the agents who call out with them."""

from cordboard.domain.errors import AlreadyExists, NotFound
from cordboard.domain.queue import Callout
from cordboard.store.pool import Door, Row

_COLUMNS = """
o.id, o.tenant_id, o.name, o.did_number,
ARRAY(SELECT x.extension FROM agents a JOIN extensions x
    ON x.tenant_id = a.tenant_id AND x.agent_id = a.id AND x.is_main
    WHERE a.tenant_id = o.tenant_id AND a.callout_id = o.id ORDER BY a.id) AS agents
"""


class Callouts:
    """A tenant's callouts."""

    def __init__(self, door: Door, tenant_id: int) -> None:
        self._door = door
        self._tenant_id = tenant_id

    async def create(self, *, name: str, did_number: str) -> Callout:
        """A new callout that nobody calls out with. Raises AlreadyExists (the name), NotFound (the DID)."""
        row = await self._door.row(
            "INSERT INTO callouts (tenant_id, name, did_number) VALUES ($1, $2, $3) RETURNING id",
            self._tenant_id,
            name,
            did_number,
            refusals={
                "callouts_name": AlreadyExists("callout", name),
                "callouts_did_number": NotFound("DID", did_number),
            },
        )
        assert row is not None
        return Callout(id=row[0], tenant_id=self._tenant_id, name=name, did_number=did_number)

    async def list(self) -> list[Callout]:
        """All callouts, oldest first."""
        sql = f"SELECT {_COLUMNS} FROM callouts o WHERE o.tenant_id = $1 ORDER BY o.id"
        return [_callout_of(row) for row in await self._door.fetch(sql, self._tenant_id)]

    async def get(self, callout_id: int) -> Callout | None:
        """The callout of that id."""
        sql = f"SELECT {_COLUMNS} FROM callouts o WHERE o.tenant_id = $1 AND o.id = $2"
        row = await self._door.row(sql, self._tenant_id, callout_id)
        return None if row is None else _callout_of(row)

    async def exists(self, callout_id: int) -> bool:
        """Whether there is a callout of that id."""
        sql = "SELECT EXISTS (SELECT FROM callouts WHERE tenant_id = $1 AND id = $2)"
        return bool(await self._door.value(sql, self._tenant_id, callout_id))

    async def assign(self, agent_id: int, callout_id: int) -> None:
        """Let an agent call out with this one, and no other. Raises NotFound (the callout)."""
        await self._door.fetch(
            "UPDATE agents SET callout_id = $3 WHERE tenant_id = $1 AND id = $2 AND callout_id IS DISTINCT FROM $3",
            self._tenant_id,
            agent_id,
            callout_id,
            refusals={"agents_callout": NotFound("callout", str(callout_id))},
        )

    async def remove(self, name: str) -> None:
        """Remove a callout; its agents call out with their own numbers again. Raises NotFound."""
        sql = "DELETE FROM callouts WHERE tenant_id = $1 AND name = $2 RETURNING 1"
        if await self._door.value(sql, self._tenant_id, name) is None:
            raise NotFound("callout", name)


def _callout_of(row: Row) -> Callout:
    return Callout(
        id=row["id"],
        tenant_id=row["tenant_id"],
        name=row["name"],
        did_number=row["did_number"],
        agents=tuple(row["agents"]),
    )
