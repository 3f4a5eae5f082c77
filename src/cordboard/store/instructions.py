"""What people tell live calls, on its way to their nodes."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from cordboard.domain.instruction import InstructionKind
from cordboard.store.pool import Door

CHANNEL = "call_instruction"


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruction:
    """One thing that a live call is told. ``argument``: of a transfer, the number that it leads to."""

    tenant_id: int
    call_id: UUID
    kind: InstructionKind
    argument: str
    at: datetime


class Instructions:
    """Instructions for a tenant's calls."""

    def __init__(self, door: Door, tenant_id: int) -> None:
        self._door = door
        self._tenant_id = tenant_id

    async def insert(self, call_id: UUID, kind: InstructionKind, at: datetime, argument: str = "") -> bool:
        """Tell a live call something; its node is woken. False when there is no such live call."""
        told = await self._door.fetch(
            "WITH told AS (INSERT INTO instructions (tenant_id, call_id, node_id, kind, given_at, argument)"
            " SELECT tenant_id, id, node_id, $3, $4, $6 FROM calls WHERE tenant_id = $1 AND id = $2 RETURNING id)"
            f" SELECT pg_notify('{CHANNEL}', $5) FROM told",
            self._tenant_id,
            call_id,
            InstructionKind(kind).value,
            at,
            f"{self._tenant_id}:{call_id.hex}",
            argument,
        )
        return bool(told)


class AllInstructions:
    """Instructions for every tenant's calls, by node."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def take(self, node_id: int) -> list[Instruction]:
        """All that waits for a node, in the order given. Taken is gone: an instruction is not repeated."""
        rows = await self._door.fetch(
            "WITH taken AS (DELETE FROM instructions WHERE node_id = $1 RETURNING *)"
            " SELECT tenant_id, call_id, kind, argument, given_at FROM taken ORDER BY id",
            node_id,
        )
        return [
            Instruction(tenant_id=row[0], call_id=row[1], kind=InstructionKind(row[2]), argument=row[3], at=row[4])
            for row in rows
        ]
