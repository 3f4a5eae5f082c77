"""Make a group of agents whose phones ring together."""

from collections.abc import Sequence

from cordboard.actions.checks import check_extension, check_name
from cordboard.actions.core import Core
from cordboard.domain.errors import NotFound
from cordboard.domain.group import Group
from cordboard.domain.tenant import Tenant


async def create_group(core: Core, tenant: Tenant, *, name: str, extension: str, members: Sequence[str] = ()) -> Group:
    """Make a group; ``members`` are agents' extensions, and one that is given twice is a member once.

    Raises:
        InvalidInput, AlreadyExists (the name; the extension, also when it is an agent's), NotFound (a member),
        Unavailable.
    """
    name, extension = check_name("name", name), check_extension("extension", extension)
    wanted = tuple(dict.fromkeys(members))
    async with core.store.for_tenant(tenant.id).transaction() as rows:
        for member in wanted:
            if not await rows.extensions.exists(member):
                raise NotFound("extension", member)
        return await rows.groups.create(name=name, extension=extension, members=wanted)
