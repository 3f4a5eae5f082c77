"""Make an API key useless."""

import asyncio

from cordboard.actions.authenticate import KEPT_SECONDS
from cordboard.actions.core import Core
from cordboard.domain.tenant import Tenant


async def revoke_key(core: Core, tenant: Tenant, key_id: int) -> None:
    """Revoke a key, and wait until no process can still know it: after this it opens nothing.

    Raises:
        NotFound: the tenant has no such key. Revoking twice is fine.
        Unavailable: the database is away.
    """
    async with core.store.for_tenant(tenant.id).transaction() as rows:
        await rows.keys.revoke(key_id)
    await asyncio.sleep(KEPT_SECONDS)
