"""Change what is known of a tenant."""

import asyncio
from collections.abc import Mapping
from typing import Any

from cordboard.actions.authenticate import KEPT_SECONDS
from cordboard.actions.await_applied import await_applied
from cordboard.actions.check_tenant import check_tenant
from cordboard.actions.core import Core
from cordboard.domain.errors import InvalidInput
from cordboard.domain.tenant import Tenant


async def change_tenant(core: Core, tenant: Tenant, changes: Mapping[str, Any]) -> Tenant:
    """Change the fields named in ``changes``, and wait until nobody works with the old ones.

    ``web`` keeps who a key belongs to for a moment, tenant included; after that moment the change is everywhere. A
    tenant that is disabled has no working key, phone or trunk when this returns; calls that it has go on.

    Raises:
        InvalidInput, AlreadyExists (the name or the ``pbx_id``), Unavailable.
    """
    if not changes:
        raise InvalidInput("changes", "nothing to change was given")
    checked = check_tenant(changes)
    async with core.store.for_tenant(tenant.id).transaction() as rows:
        changed = await rows.tenants.change(**checked)
        # Nodes are told of phones and trunks of enabled tenants alone.
        revision = await rows.configuration.raise_revision() if "is_enabled" in checked else None
    if revision is not None:
        await await_applied(core, revision)
    await asyncio.sleep(KEPT_SECONDS)
    return changed
