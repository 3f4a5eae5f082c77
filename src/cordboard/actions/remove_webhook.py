"""Remove a webhook."""

from cordboard.actions.core import Core
from cordboard.domain.tenant import Tenant


async def remove_webhook(core: Core, tenant: Tenant, subscription_id: int) -> None:
    """Remove it, with all that waits to be sent to it.

    Raises:
        NotFound, Unavailable.
    """
    async with core.store.for_tenant(tenant.id).transaction() as rows:
        await rows.subscriptions.remove(subscription_id)
