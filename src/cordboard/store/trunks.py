"""Trunks, their sealed passwords, and what nodes say of them."""

from cordboard.domain.errors import AlreadyExists, NotFound
from cordboard.domain.registration import TrunkState
from cordboard.domain.trunk import NumberFormat, Trunk
from cordboard.store.pool import Door, Row
from cordboard.store.vault import Vault

COLUMNS = "id, tenant_id, name, host, port, username, number_format, does_register, priority, codecs, external_address"


def trunk_of(row: Row, password: str = "") -> Trunk:
    """The trunk in a row that has ``COLUMNS`` first, in their order."""
    return Trunk(
        id=row[0],
        tenant_id=row[1],
        name=row[2],
        host=row[3],
        port=row[4],
        username=row[5],
        password=password,
        number_format=NumberFormat(row[6]),
        does_register=row[7],
        priority=row[8],
        codecs=tuple(row[9]),
        external_address=row[10],
    )


class Trunks:
    """A tenant's trunks. Passwords go in here and come out only in ``configuration.load``."""

    def __init__(self, door: Door, tenant_id: int, vault: Vault) -> None:
        self._door = door
        self._tenant_id = tenant_id
        self._vault = vault

    async def add(
        self,
        *,
        name: str,
        host: str,
        port: int = 5060,
        username: str = "",
        password: str = "",
        number_format: NumberFormat = NumberFormat.E164_PLUS,
        does_register: bool = False,
        priority: int = 1,
        codecs: tuple[str, ...] = ("alaw", "ulaw"),
        external_address: str = "",
    ) -> Trunk:
        """A new trunk. Raises AlreadyExists."""
        row = await self._door.row(
            "INSERT INTO trunks (tenant_id, name, host, port, username, password_sealed, number_format, does_register,"
            " priority, codecs, external_address) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
            f" RETURNING {COLUMNS}",
            self._tenant_id,
            name,
            host,
            port,
            username,
            self._vault.seal(self._tenant_id, password),
            number_format.value,
            does_register,
            priority,
            codecs,
            external_address,
            refusals={"trunks_name": AlreadyExists("trunk", name)},
        )
        assert row is not None
        return trunk_of(row)

    async def states(self) -> list[TrunkState]:
        """The latest that was heard of each trunk that registers."""
        rows = await self._door.fetch(
            "SELECT DISTINCT ON (trunk_id) trunk_id, is_registered, detail, changed_at FROM trunk_states"
            " WHERE tenant_id = $1 ORDER BY trunk_id, changed_at DESC",
            self._tenant_id,
        )
        return [TrunkState(trunk_id=row[0], is_registered=row[1], detail=row[2], at=row[3]) for row in rows]

    async def remove(self, name: str) -> None:
        """Remove a trunk. Raises NotFound."""
        sql = "DELETE FROM trunks WHERE tenant_id = $1 AND name = $2 RETURNING 1"
        if await self._door.value(sql, self._tenant_id, name) is None:
            raise NotFound("trunk", name)

    async def list(self) -> list[Trunk]:
        """All trunks, without passwords, in the order in which they are tried."""
        sql = f"SELECT {COLUMNS} FROM trunks WHERE tenant_id = $1 ORDER BY priority, id"
        return [trunk_of(row) for row in await self._door.fetch(sql, self._tenant_id)]


class TrunkStates:
    """What nodes say of every tenant's trunks."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def put(self, node_id: int, state: TrunkState) -> None:
        """Write down what a node says; of a trunk that is gone, nothing."""
        await self._door.fetch(
            "INSERT INTO trunk_states (tenant_id, trunk_id, node_id, is_registered, detail, changed_at)"
            " SELECT tenant_id, id, $2, $3, $4, $5 FROM trunks WHERE id = $1"
            " ON CONFLICT (tenant_id, trunk_id, node_id) DO UPDATE SET is_registered = excluded.is_registered,"
            " detail = excluded.detail, changed_at = excluded.changed_at",
            state.trunk_id,
            node_id,
            state.is_registered,
            state.detail,
            state.at,
        )
