"""Click-to-calls, and how many of them a tenant may have."""

from uuid import UUID

from cordboard.domain.call_state import Party
from cordboard.domain.click_to_call import ClickToCall
from cordboard.domain.errors import NotFound
from cordboard.store.pool import Door, Row

_COLUMNS = "id, tenant_id, name, extension, did_number, first"


class ClickToCalls:
    """A tenant's click-to-calls."""

    def __init__(self, door: Door, tenant_id: int) -> None:
        self._door = door
        self._tenant_id = tenant_id

    async def add(self, click_to_call: ClickToCall) -> None:
        """A new one."""
        await self._door.fetch(
            "INSERT INTO click_to_calls (tenant_id, id, name, extension, did_number, first)"
            " VALUES ($1, $2, $3, $4, $5, $6)",
            self._tenant_id,
            click_to_call.id,
            click_to_call.name,
            click_to_call.extension,
            click_to_call.did_number,
            click_to_call.first.value,
        )

    async def list(self) -> list[ClickToCall]:
        """All of them, oldest first."""
        sql = f"SELECT {_COLUMNS} FROM click_to_calls WHERE tenant_id = $1 ORDER BY sequence"
        return [_click_to_call_of(row) for row in await self._door.fetch(sql, self._tenant_id)]

    async def get(self, click_to_call_id: UUID) -> ClickToCall | None:
        """The one of that id."""
        sql = f"SELECT {_COLUMNS} FROM click_to_calls WHERE tenant_id = $1 AND id = $2"
        row = await self._door.row(sql, self._tenant_id, click_to_call_id)
        return None if row is None else _click_to_call_of(row)

    async def remove(self, click_to_call_id: UUID) -> None:
        """Remove one. Raises NotFound."""
        sql = "DELETE FROM click_to_calls WHERE tenant_id = $1 AND id = $2 RETURNING 1"
        if await self._door.value(sql, self._tenant_id, click_to_call_id) is None:
            raise NotFound("click-to-call", click_to_call_id.hex)

    async def lock_room(self) -> tuple[int, int]:
        """How many there are and how many there may be: one for each agent and each group. Only in a transaction.

        Nobody else learns of this room until the transaction ends.
        """
        # Two statements: the second sees what others committed while the first waited for its lock.
        await self._door.fetch("SELECT FROM tenants WHERE id = $1 FOR NO KEY UPDATE", self._tenant_id)
        row = await self._door.row(
            "SELECT (SELECT count(*) FROM click_to_calls WHERE tenant_id = $1),"
            " (SELECT count(*) FROM agents WHERE tenant_id = $1) + (SELECT count(*) FROM groups WHERE tenant_id = $1)",
            self._tenant_id,
        )
        assert row is not None
        return row[0], row[1]


def _click_to_call_of(row: Row) -> ClickToCall:
    return ClickToCall(
        id=row["id"],
        tenant_id=row["tenant_id"],
        name=row["name"],
        extension=row["extension"],
        did_number=row["did_number"],
        first=Party(row["first"]),
    )
