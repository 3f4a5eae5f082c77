"""Remove an inbound queue."""

from cordboard.actions.core import Core
from cordboard.domain.tenant import Tenant


async def remove_queue(core: Core, tenant: Tenant, name: str) -> None:
    """Remove a queue; its agents stay.

    Raises:
        NotFound, Unavailable.
        InvalidInput: a DID leads to it.
    """
    async with core.store.for_tenant(tenant.id).transaction() as rows:
        await rows.queues.remove(name)
