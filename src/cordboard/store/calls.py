"""Live calls. A call is stored whole, as JSON, beside the few columns it is looked for by."""

from uuid import UUID

import msgspec

from cordboard.domain.call_state import Call
from cordboard.store.pool import Door, Row

CHANNEL = "call_queued"

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Call)

# The wake-up is part of the transaction: it is heard when the row can be seen, and never without it.
_INSERT = f"""
WITH inserted AS (
    INSERT INTO calls (tenant_id, id, node_id, phase, agent_id, reference, request_id, customer_number, requested_at,
        last_event_at, state)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11))
SELECT pg_notify('{CHANNEL}', $12)
"""


def encode_call(call: Call) -> str:
    """The call as JSON."""
    return _encoder.encode(call).decode()


def decode_call(state: str) -> Call:
    """The call again, equal to what it was."""
    return _decoder.decode(state)


class Calls:
    """A tenant's live calls."""

    def __init__(self, door: Door, tenant_id: int) -> None:
        self._door = door
        self._tenant_id = tenant_id

    async def insert(self, call: Call) -> None:
        """A new call; its node is woken when this is committed."""
        await self._door.fetch(
            _INSERT,
            self._tenant_id,
            call.id,
            call.node_id,
            call.phase.value,
            call.agent_id,
            call.reference,
            call.request_id,
            call.customer_number,
            call.requested_at,
            call.last_event_at,
            encode_call(call),
            f"{self._tenant_id}:{call.id.hex}",
        )

    async def save(self, call: Call) -> bool:
        """What became of it; False when its row is gone."""
        saved = await self._door.value(
            "UPDATE calls SET phase = $3, last_event_at = $4, state = $5 WHERE tenant_id = $1 AND id = $2 RETURNING 1",
            self._tenant_id,
            call.id,
            call.phase.value,
            call.last_event_at,
            encode_call(call),
        )
        return saved is not None

    async def delete(self, call_id: UUID) -> bool:
        """Free its slots; False when that was done before."""
        sql = "DELETE FROM calls WHERE tenant_id = $1 AND id = $2 RETURNING 1"
        return await self._door.value(sql, self._tenant_id, call_id) is not None

    async def get(self, call_id: UUID) -> Call | None:
        """The live call of that id."""
        row = await self._door.row("SELECT state FROM calls WHERE tenant_id = $1 AND id = $2", self._tenant_id, call_id)
        return _call_of(row)

    async def by_reference(self, reference: str) -> Call | None:
        """The live call of that reference."""
        sql = "SELECT state FROM calls WHERE tenant_id = $1 AND reference = $2"
        return _call_of(await self._door.row(sql, self._tenant_id, reference))

    async def live(self) -> list[Call]:
        """All live calls, newest first."""
        sql = "SELECT state FROM calls WHERE tenant_id = $1 ORDER BY requested_at DESC, id DESC"
        return [decode_call(row[0]) for row in await self._door.fetch(sql, self._tenant_id)]


class AllCalls:
    """Every tenant's live calls, by node."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def get(self, call_id: UUID) -> Call | None:
        """The live call of that id."""
        return _call_of(await self._door.row("SELECT state FROM calls WHERE id = $1", call_id))

    async def queued(self, node_id: int) -> list[Call]:
        """The calls that wait at a node, oldest first."""
        sql = "SELECT state FROM calls WHERE node_id = $1 AND is_queued ORDER BY requested_at"
        return [decode_call(row[0]) for row in await self._door.fetch(sql, node_id)]

    async def open(self, node_id: int) -> list[Call]:
        """All live calls of a node, oldest first."""
        sql = "SELECT state FROM calls WHERE node_id = $1 ORDER BY requested_at"
        return [decode_call(row[0]) for row in await self._door.fetch(sql, node_id)]


def _call_of(row: Row | None) -> Call | None:
    return None if row is None else decode_call(row[0])
