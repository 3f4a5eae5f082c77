"""Take a public number from a tenant."""

from cordboard.actions.add_did import canonical_did
from cordboard.actions.core import Core
from cordboard.domain.tenant import Tenant


async def remove_did(core: Core, tenant: Tenant, number: str) -> str:
    """Remove a number, in any form, and return its canonical one.

    Raises:
        InvalidInput, NotFound, Unavailable.
    """
    canonical = canonical_did(number, tenant)
    async with core.store.for_tenant(tenant.id).transaction() as rows:
        await rows.dids.remove(canonical)
    return canonical
