"""Remove a click-to-call."""

from uuid import UUID

from cordboard.actions.core import Core
from cordboard.domain.tenant import Tenant


async def remove_click_to_call(core: Core, tenant: Tenant, click_to_call_id: UUID) -> None:
    """Remove one. Calls that were made with it go on.

    Raises:
        NotFound, Unavailable.
    """
    async with core.store.for_tenant(tenant.id).transaction() as rows:
        await rows.click_to_calls.remove(click_to_call_id)
