"""Remove a group."""

from cordboard.actions.core import Core
from cordboard.domain.tenant import Tenant


async def remove_group(core: Core, tenant: Tenant, name: str) -> None:
    """Remove a group; its members stay. Its phones that ring at this moment go on.

    Raises:
        NotFound, Unavailable.
        InvalidInput: a DID leads to it.
    """
    async with core.store.for_tenant(tenant.id).transaction() as rows:
        await rows.groups.remove(name)
