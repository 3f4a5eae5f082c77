"""Tell a live call something from outside: hang up, hold, transfer, pause its recording. Its node carries it out."""

from uuid import UUID

from cordboard.actions.core import Core
from cordboard.domain.errors import InvalidInput, NotFound
from cordboard.domain.instruction import InstructionKind


async def instruct_call(core: Core, tenant_id: int, call_id: UUID, kind: InstructionKind, argument: str = "") -> None:
    """Leave an instruction for a live call of the tenant. ``argument``: of a transfer, the number that it leads to.

    Raises:
        InvalidInput: a transfer to nowhere.
        NotFound: the tenant has no such live call.
        Unavailable: the database is away.
    """
    if kind is InstructionKind.TRANSFER and not argument.strip():
        raise InvalidInput("number", "a transfer has to lead somewhere")
    async with core.store.for_tenant(tenant_id).transaction() as rows:
        if not await rows.instructions.insert(call_id, kind, core.clock.now(), argument.strip()):
            raise NotFound("live call", call_id.hex)
