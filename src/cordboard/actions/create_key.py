"""Give a tenant an API key."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from cordboard.actions.checks import check_scopes, check_text
from cordboard.actions.core import Core
from cordboard.domain.key import Key, check_imported, new_key
from cordboard.domain.tenant import Tenant


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatedKey:
    """A key and, this once, its value: only its hash is kept."""

    key: Key
    value: str = field(repr=False)


async def create_key(
    core: Core, tenant: Tenant, *, scopes: Sequence[str], name: str = "", value: str = ""
) -> CreatedKey:
    """Make a key with some scopes. ``value``: an existing key to take over; empty: a new one is drawn.

    Raises:
        InvalidInput, AlreadyExists (``value`` is somebody's key), Unavailable.
    """
    name, granted = check_text("name", name), check_scopes(scopes)
    value = check_imported(value) if value else new_key()
    async with core.store.for_tenant(tenant.id).transaction() as rows:
        key = await rows.keys.create(name=name, value=value, scopes=granted)
    return CreatedKey(key=key, value=value)
