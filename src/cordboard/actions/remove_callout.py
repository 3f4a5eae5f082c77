"""Remove a callout."""

from cordboard.actions.core import Core
from cordboard.domain.tenant import Tenant


async def remove_callout(core: Core, tenant: Tenant, name: str) -> None:
    """Remove a callout; its agents call out with their own numbers, else the tenant's first, from the next call on.

    Raises:
        NotFound, Unavailable.
    """
    async with core.store.for_tenant(tenant.id).transaction() as rows:
        await rows.callouts.remove(name)
