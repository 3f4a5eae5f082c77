"""Make a callout: a number that agents call out with."""

from collections.abc import Sequence

from cordboard.actions.add_did import canonical_did
from cordboard.actions.checks import check_name
from cordboard.actions.core import Core
from cordboard.actions.serving_agents import agents_by_extension
from cordboard.domain.queue import Callout
from cordboard.domain.tenant import Tenant


async def create_callout(
    core: Core, tenant: Tenant, *, name: str, did_number: str, agents: Sequence[str] = ()
) -> Callout:
    """Make a callout; its agents, each named by an extension, call out with it from their next call on.

    Raises:
        InvalidInput, AlreadyExists (the name), NotFound (the DID, an extension), Unavailable.
    """
    name, did_number = check_name("name", name), canonical_did(did_number, tenant)
    async with core.store.for_tenant(tenant.id).transaction() as rows:
        callout = await rows.callouts.create(name=name, did_number=did_number)
        for agent in await agents_by_extension(rows, agents):
            await rows.callouts.assign(agent.id, callout.id)
        return await rows.callouts.get(callout.id) or callout
