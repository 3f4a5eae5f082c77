"""Tell a live call something from outside: hang up, pause or resume its recording. Its node carries it out."""

from uuid import UUID

from cordboard.actions.core import Core
from cordboard.domain.errors import NotFound
from cordboard.domain.instruction import InstructionKind


async def instruct_call(core: Core, tenant_id: int, call_id: UUID, kind: InstructionKind) -> None:
    """Leave an instruction for a live call of the tenant.

    Raises:
        NotFound: the tenant has no such live call.
        Unavailable: the database is away.
    """
    async with core.store.for_tenant(tenant_id).transaction() as rows:
        if await rows.calls.get(call_id) is None:
            raise NotFound("live call", call_id.hex)
        await rows.instructions.insert(call_id, kind, core.clock.now())
