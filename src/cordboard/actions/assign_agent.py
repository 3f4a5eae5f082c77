"""Say which queues an agent serves, which callout the agent calls out with, which extensions the agent has."""

from collections.abc import Sequence
from dataclasses import dataclass

from cordboard.actions.await_applied import await_applied
from cordboard.actions.core import Core
from cordboard.domain.errors import NotFound
from cordboard.domain.tenant import Tenant


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """What an agent gets; what is empty or None leaves things as they are.

    ``queue_ids`` take the place of the queues that the agent serves, or, ``is_addition``, come to them. The callout
    takes the place of the one that the agent has, and ``extensions`` those of all that the agent has.
    """

    queue_ids: Sequence[int] = ()
    is_addition: bool = False
    callout_id: int | None = None
    extensions: Sequence[str] = ()


async def assign_agent(core: Core, tenant: Tenant, user_name: str, assignment: Assignment) -> None:
    """Do all of it or nothing; doing it twice is the same as once. It holds for the next call and the next REGISTER.

    An extension that the agent no longer has is nobody's: its phones cannot register until it is given to somebody.

    Raises:
        NotFound: no such agent, queue, callout or extension.
        AlreadyExists: an extension is another agent's.
        Unavailable: the database is away.
    """
    revision: int | None = None
    async with core.store.for_tenant(tenant.id).transaction() as rows:
        agent = await rows.agents.lock(user_name)
        if agent is None:
            raise NotFound("agent", user_name)
        if assignment.queue_ids:
            if not assignment.is_addition:
                await rows.queues.leave_others(agent.id, assignment.queue_ids)
            await rows.queues.join(agent.id, assignment.queue_ids)
        if assignment.callout_id is not None:
            await rows.callouts.assign(agent.id, assignment.callout_id)
        if assignment.extensions and await rows.extensions.assign(agent.id, assignment.extensions):
            revision = await rows.configuration.raise_revision()
    if revision is not None:
        await await_applied(core, revision)
