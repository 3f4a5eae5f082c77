"""Live calls. A call is stored whole, as JSON, beside the few columns it is looked for by."""

from collections.abc import Iterable
from uuid import UUID

import msgspec

from cordboard.domain.call_state import Call
from cordboard.domain.webhook import EventKind
from cordboard.store.pool import Door, Row
from cordboard.store.subscriptions import IS_ANY_WANTED, plain_kinds

CHANNEL = "call_queued"

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Call)

# The wake-up is part of the transaction: it is heard when the row can be seen, and never without it.
_INSERT = f"""
WITH inserted AS (
    INSERT INTO calls (tenant_id, id, node_id, phase, reference, request_id, customer_number, requested_at,
        last_event_at, state)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)),
occupied AS (
    INSERT INTO call_agents (tenant_id, call_id, agent_id) SELECT $1, $2, unnest($11::bigint[]))
SELECT pg_notify('{CHANNEL}', $12) WHERE $12 <> ''
"""
_SAVE = "UPDATE calls SET phase = $3, last_event_at = $4, state = $5 WHERE tenant_id = $1 AND id = $2{} RETURNING 1"
# No agents (NULL): slots are left alone.
_TURN_SLOTS = """
freed AS (
    DELETE FROM call_agents WHERE tenant_id = $1 AND call_id = $2 AND agent_id <> ALL ($6::bigint[]){}),
occupied AS (
    INSERT INTO call_agents (tenant_id, call_id, agent_id) SELECT $1, $2, unnest($6::bigint[]) FROM saved
    ON CONFLICT DO NOTHING)
"""
_SAVE_WITH_AGENTS = f"WITH saved AS ({_SAVE.format('')}), {_TURN_SLOTS.format('')} SELECT 1 FROM saved"
_UNHEARD = " AND NOT (SELECT is_any FROM wanted)"
_SAVE_UNHEARD = (
    f"WITH wanted AS (SELECT {IS_ANY_WANTED.format('$7')} AS is_any), saved AS ({_SAVE.format(_UNHEARD)}),"
    f" {_TURN_SLOTS.format(_UNHEARD)} SELECT is_any FROM wanted"
)
_CLOSE = f"DELETE FROM calls WHERE tenant_id = $1 AND id = $2 RETURNING {IS_ANY_WANTED.format('$3')}"


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

    async def insert(self, call: Call, *, is_announced: bool = True) -> None:
        """A new call, with its agents' slots; its node is woken when this is committed, if it has to be."""
        await self._door.fetch(
            _INSERT,
            self._tenant_id,
            call.id,
            call.node_id,
            call.phase.value,
            call.reference,
            call.request_id,
            call.customer_number,
            call.requested_at,
            call.last_event_at,
            encode_call(call),
            sorted(call.busy_agents),
            f"{self._tenant_id}:{call.id.hex}" if is_announced else "",
        )

    async def save(self, call: Call, *, with_agents: bool = True) -> bool:
        """What became of it, in one statement; False when its row is gone. Its agents' slots only ``with_agents``."""
        if with_agents:
            return await self._door.value(_SAVE_WITH_AGENTS, *_values(call), sorted(call.busy_agents)) is not None
        return await self._door.value(_SAVE.format(""), *_values(call)) is not None

    async def save_unheard(self, call: Call, kinds: Iterable[EventKind], *, with_agents: bool = True) -> bool:
        """The same; False when somebody wants to hear of one of ``kinds``, and then nothing is saved."""
        agents = sorted(call.busy_agents) if with_agents else None
        return not await self._door.value(_SAVE_UNHEARD, *_values(call), agents, plain_kinds(kinds))

    async def is_saved(self, call: Call) -> bool:
        """Whether it was saved exactly as it is: by an earlier try, whose answer was lost."""
        sql = "SELECT 1 FROM calls WHERE tenant_id = $1 AND id = $2 AND state::text = $3"
        return await self._door.value(sql, self._tenant_id, call.id, encode_call(call)) is not None

    async def occupy(self, call_id: UUID, agent_ids: Iterable[int]) -> bool:
        """Take more agents' slots for a live call, until it is saved with its agents; False when its row is gone."""
        taken = await self._door.value(
            "WITH live AS (SELECT id FROM calls WHERE tenant_id = $1 AND id = $2 FOR KEY SHARE),"
            " occupied AS (INSERT INTO call_agents (tenant_id, call_id, agent_id)"
            " SELECT $1, id, unnest($3::bigint[]) FROM live ON CONFLICT DO NOTHING)"
            " SELECT 1 FROM live",
            self._tenant_id,
            call_id,
            sorted(agent_ids),
        )
        return taken is not None

    async def delete(self, call_id: UUID) -> bool:
        """Free its slots; False when that was done before."""
        sql = "DELETE FROM calls WHERE tenant_id = $1 AND id = $2 RETURNING 1"
        return await self._door.value(sql, self._tenant_id, call_id) is not None

    async def close(self, call_id: UUID, kinds: Iterable[EventKind]) -> bool | None:
        """Free its slots; whether anybody wants to hear of one of ``kinds``, None when that was done before."""
        is_wanted = await self._door.value(_CLOSE, self._tenant_id, call_id, plain_kinds(kinds))
        return None if is_wanted is None else bool(is_wanted)

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


def _values(call: Call) -> tuple[object, ...]:
    return call.tenant_id, call.id, call.phase.value, call.last_event_at, encode_call(call)
