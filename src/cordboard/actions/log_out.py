"""End an agent's login."""

from uuid import UUID

from cordboard.actions.core import Core
from cordboard.domain.tenant import Tenant


async def log_out(core: Core, tenant: Tenant, login_id: UUID) -> None:
    """End a login of the tenant's; one that has ended stays so. Raises Unavailable."""
    await core.store.for_tenant(tenant.id).logins.close(login_id)
