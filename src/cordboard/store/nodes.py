"""Nodes and workers: who is alive, and what each node has been told."""

from datetime import datetime

from cordboard.domain.registration import Node
from cordboard.store.pool import Door, Row

COLUMNS = "id, name, heartbeat_at, startup_time, is_connected, live_calls, applied_revision"


def node_of(row: Row) -> Node:
    """The node in a row that has ``COLUMNS``."""
    return Node(
        id=row["id"],
        name=row["name"],
        heartbeat_at=row["heartbeat_at"],
        startup_time=row["startup_time"],
        is_connected=row["is_connected"],
        live_calls=row["live_calls"],
        applied_revision=row["applied_revision"],
    )


class Nodes:
    """Every node."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def upsert(self, name: str) -> Node:
        """The node of that name; made when it is new."""
        row = await self._door.row(
            "INSERT INTO nodes (name) VALUES ($1) ON CONFLICT (name) DO UPDATE SET name = excluded.name"
            f" RETURNING {COLUMNS}",
            name,
        )
        assert row is not None
        return node_of(row)

    async def beat(self, node_id: int, *, at: datetime, startup_time: str, is_connected: bool, live_calls: int) -> None:
        """A sign of life."""
        await self._door.fetch(
            "UPDATE nodes SET heartbeat_at = $2, startup_time = $3, is_connected = $4, live_calls = $5 WHERE id = $1",
            node_id,
            at,
            startup_time,
            is_connected,
            live_calls,
        )

    async def set_applied_revision(self, node_id: int, revision: int) -> None:
        """The node has applied the configuration as of ``revision``."""
        await self._door.fetch("UPDATE nodes SET applied_revision = $2 WHERE id = $1", node_id, revision)

    async def list(self) -> list[Node]:
        """All nodes, dead ones too, oldest first."""
        return [node_of(row) for row in await self._door.fetch(f"SELECT {COLUMNS} FROM nodes ORDER BY id")]


class Workers:
    """Every ``worker`` process, by a name of its own choice."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def beat(self, name: str, at: datetime) -> None:
        """A sign of life."""
        await self._door.fetch(
            "INSERT INTO workers (name, heartbeat_at) VALUES ($1, $2)"
            " ON CONFLICT (name) DO UPDATE SET heartbeat_at = excluded.heartbeat_at",
            name,
            at,
        )

    async def heartbeats(self) -> list[datetime]:
        """When each worker was last heard of."""
        return [row[0] for row in await self._door.fetch("SELECT heartbeat_at FROM workers")]
