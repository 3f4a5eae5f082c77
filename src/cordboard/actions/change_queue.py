"""Change how an inbound queue treats its callers."""

from dataclasses import dataclass, fields

from cordboard.actions.checks import check_range
from cordboard.actions.core import Core
from cordboard.domain.errors import InvalidInput, NotFound
from cordboard.domain.queue import MOST_WAIT_SECONDS, MUSIC, Strategy
from cordboard.domain.tenant import Tenant


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueChanges:
    """What shall be different; None stays as it is. See ``domain.queue.Queue``."""

    strategy: Strategy | None = None
    music: str | None = None
    max_wait_seconds: int | None = None
    does_announce_position: bool | None = None


async def change_queue(core: Core, tenant: Tenant, queue_id: int, changes: QueueChanges) -> None:
    """Change a queue, from the next caller on.

    Raises:
        InvalidInput: nothing to change, or nobody waits that long.
        NotFound: the tenant has no such queue, or no such music.
        Unavailable: the database is away.
    """
    given = {field.name: value for field in fields(changes) if (value := getattr(changes, field.name)) is not None}
    if not given:
        raise InvalidInput("changes", "nothing to change was given")
    if changes.max_wait_seconds is not None:
        check_range("max_wait_seconds", changes.max_wait_seconds, 0, MOST_WAIT_SECONDS)
    if changes.music is not None and changes.music not in MUSIC:
        raise NotFound("music", changes.music)
    async with core.store.for_tenant(tenant.id).transaction() as rows:
        await rows.queues.change(queue_id, **given)
