"""Forget a contact."""

from uuid import UUID

from cordboard.actions.core import Core
from cordboard.domain.tenant import Tenant


async def remove_contact(core: Core, tenant: Tenant, contact_id: UUID) -> None:
    """Remove a contact. Records of calls keep its name.

    Raises:
        NotFound, Unavailable.
    """
    async with core.store.for_tenant(tenant.id).transaction() as rows:
        await rows.contacts.remove(contact_id)
