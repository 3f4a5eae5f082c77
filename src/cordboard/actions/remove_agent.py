"""Remove an agent of a tenant."""

from cordboard.actions.await_applied import await_applied
from cordboard.actions.core import Core
from cordboard.domain.tenant import Tenant


async def remove_agent(core: Core, tenant: Tenant, user_name: str) -> None:
    """Remove an agent, with extensions and SIP accounts. Records of the agent's calls stay.

    Raises:
        NotFound, Unavailable.
    """
    async with core.store.for_tenant(tenant.id).transaction() as rows:
        await rows.agents.remove(user_name)
        revision = await rows.configuration.raise_revision()
    await await_applied(core, revision)
