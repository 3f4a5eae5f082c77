"""Unlink a tenant from a carrier."""

from cordboard.actions.await_applied import await_applied
from cordboard.actions.core import Core
from cordboard.domain.tenant import Tenant


async def remove_trunk(core: Core, tenant: Tenant, name: str) -> None:
    """Remove a trunk: no new call takes it.

    Raises:
        NotFound, Unavailable.
    """
    async with core.store.for_tenant(tenant.id).transaction() as rows:
        await rows.trunks.remove(name)
        revision = await rows.configuration.raise_revision()
    await await_applied(core, revision)
