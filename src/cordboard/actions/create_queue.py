"""Make an inbound queue."""

from collections.abc import Sequence

from cordboard.actions.add_did import canonical_did
from cordboard.actions.checks import check_name
from cordboard.actions.core import Core
from cordboard.actions.serving_agents import agents_by_extension
from cordboard.domain.queue import Queue, Selection
from cordboard.domain.tenant import Tenant


async def create_queue(
    core: Core,
    tenant: Tenant,
    *,
    name: str,
    number: str = "",
    agents: Sequence[str] = (),
    selection: Selection | None = None,
) -> Queue:
    """Make a queue that agents serve, each named by an extension.

    ``number`` is what it is known by, in any form of the tenant's country; "": the first DID that leads to it.

    Raises:
        InvalidInput, AlreadyExists (the name), NotFound (an extension), Unavailable.
    """
    name = check_name("name", name)
    canonical = canonical_did(number, tenant) if number else None
    async with core.store.for_tenant(tenant.id).transaction() as rows:
        queue = await rows.queues.create(name=name, number=canonical, selection=selection)
        for agent in await agents_by_extension(rows, agents):
            await rows.queues.join(agent.id, (queue.id,))
        return await rows.queues.get(queue.id) or queue
