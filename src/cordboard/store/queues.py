"""Inbound queues and the agents who serve them."""

from collections.abc import Iterable
from typing import Any

from cordboard.domain.errors import AlreadyExists, InvalidInput, NotFound
from cordboard.domain.queue import Queue, QueuePage, Selection, Strategy
from cordboard.store.pool import Door, Row

_COLUMNS = """
q.id, q.tenant_id, q.name, q.strategy, q.music, q.max_wait_seconds, q.selection, q.does_announce_position,
COALESCE(q.number, (SELECT d.number FROM dids d WHERE d.tenant_id = q.tenant_id AND d.queue_id = q.id
    ORDER BY d.id LIMIT 1)) AS number,
ARRAY(SELECT x.extension FROM queue_members m JOIN extensions x
    ON x.tenant_id = m.tenant_id AND x.agent_id = m.agent_id AND x.is_main
    WHERE (m.tenant_id, m.queue_id) = (q.tenant_id, q.id) ORDER BY m.agent_id) AS agents
"""
_CHANGEABLE = frozenset({"strategy", "music", "max_wait_seconds", "does_announce_position"})


class Queues:
    """A tenant's inbound queues."""

    def __init__(self, door: Door, tenant_id: int) -> None:
        self._door = door
        self._tenant_id = tenant_id

    async def create(self, *, name: str, number: str | None = None, selection: Selection | None = None) -> Queue:
        """A new queue that nobody serves; ``number`` is canonical. Raises AlreadyExists (the name)."""
        row = await self._door.row(
            "INSERT INTO queues (tenant_id, name, number, selection) VALUES ($1, $2, $3, $4) RETURNING id",
            self._tenant_id,
            name,
            number,
            None if selection is None else selection.value,
            refusals={"queues_name": AlreadyExists("queue", name)},
        )
        assert row is not None
        return Queue(id=row[0], tenant_id=self._tenant_id, name=name, number=number, selection=selection)

    async def list(self, *, offset: int = 0, limit: int | None = None) -> QueuePage:
        """Queues, oldest first."""
        count = "SELECT count(*) FROM queues WHERE tenant_id = $1"
        sql = f"SELECT {_COLUMNS}, ({count}) AS total FROM queues q WHERE q.tenant_id = $1"
        rows = await self._door.fetch(f"{sql} ORDER BY q.id LIMIT $2 OFFSET $3", self._tenant_id, limit, offset)
        total = rows[0]["total"] if rows else int(await self._door.value(count, self._tenant_id)) if offset else 0
        return QueuePage(rows=[_queue_of(row) for row in rows], total=total)

    async def get(self, queue_id: int) -> Queue | None:
        """The queue of that id."""
        sql = f"SELECT {_COLUMNS} FROM queues q WHERE q.tenant_id = $1 AND q.id = $2"
        row = await self._door.row(sql, self._tenant_id, queue_id)
        return None if row is None else _queue_of(row)

    async def change(self, queue_id: int, **fields: Any) -> None:  # noqa: ANN401 -- the types of Queue's fields
        """Change some of ``strategy``, ``music``, ``max_wait_seconds``, ``does_announce_position``. Raises NotFound."""
        assert fields.keys() <= _CHANGEABLE, fields
        changes = ", ".join(f"{name} = ${place}" for place, name in enumerate(fields, 3))
        sql = f"UPDATE queues SET {changes} WHERE tenant_id = $1 AND id = $2 RETURNING 1"
        if await self._door.value(sql, self._tenant_id, queue_id, *fields.values()) is None:
            raise NotFound("queue", str(queue_id))

    async def remove(self, name: str) -> None:
        """Remove a queue; its agents stay. Raises NotFound, InvalidInput (a DID leads to it)."""
        row = await self._door.row(
            "DELETE FROM queues WHERE tenant_id = $1 AND name = $2 RETURNING 1",
            self._tenant_id,
            name,
            refusals={"dids_queue_id": InvalidInput("name", f"a DID leads to queue '{name}'")},
        )
        if row is None:
            raise NotFound("queue", name)

    async def of_agent(self, agent_id: int) -> tuple[int, ...]:
        """The ids of the queues that an agent serves, lowest first."""
        sql = "SELECT queue_id FROM queue_members WHERE tenant_id = $1 AND agent_id = $2 ORDER BY queue_id"
        return tuple(row[0] for row in await self._door.fetch(sql, self._tenant_id, agent_id))

    async def join(self, agent_id: int, queue_ids: Iterable[int]) -> None:
        """Let an agent serve these queues too. Raises NotFound (the first queue that there is not)."""
        wanted = sorted(set(queue_ids))
        missing = await self._door.value(
            "SELECT min(w.id) FROM unnest($2::bigint[]) AS w (id)"
            " WHERE NOT EXISTS (SELECT FROM queues q WHERE q.tenant_id = $1 AND q.id = w.id)",
            self._tenant_id,
            wanted,
        )
        if missing is not None:
            raise NotFound("queue", str(missing))
        await self._door.fetch(
            "INSERT INTO queue_members (tenant_id, queue_id, agent_id) SELECT $1, unnest($3::bigint[]), $2"
            " ON CONFLICT DO NOTHING",
            self._tenant_id,
            agent_id,
            wanted,
            # Removed since it was looked for.
            refusals={"queue_members_queue": NotFound("queue", ", ".join(map(str, wanted)))},
        )

    async def leave_others(self, agent_id: int, queue_ids: Iterable[int]) -> None:
        """Let an agent serve no queue but these."""
        sql = "DELETE FROM queue_members WHERE tenant_id = $1 AND agent_id = $2 AND queue_id <> ALL ($3::bigint[])"
        await self._door.fetch(sql, self._tenant_id, agent_id, list(queue_ids))


def _queue_of(row: Row) -> Queue:
    return Queue(
        id=row["id"],
        tenant_id=row["tenant_id"],
        name=row["name"],
        strategy=Strategy(row["strategy"]),
        music=row["music"],
        max_wait_seconds=row["max_wait_seconds"],
        selection=None if row["selection"] is None else Selection(row["selection"]),
        does_announce_position=row["does_announce_position"],
        number=row["number"],
        agents=tuple(row["agents"]),
    )
