"""Switch a webhook on again."""

from cordboard.actions.core import Core
from cordboard.domain.tenant import Tenant


async def enable_webhook(core: Core, tenant: Tenant, subscription_id: int) -> None:
    """Switch it on and forget its failures. One that is on stays on.

    Raises:
        NotFound, Unavailable.
    """
    async with core.store.for_tenant(tenant.id).transaction() as rows:
        await rows.subscriptions.enable(subscription_id)
