"""Send deliveries again: one, or all that never arrived."""

from uuid import UUID

from cordboard.actions.core import Core
from cordboard.domain.delivery_log import DeliveryFilter, DeliveryPlace
from cordboard.domain.errors import InvalidInput, NotFound
from cordboard.domain.tenant import Tenant

# In one transaction: a moment's work for the database, and nobody waits behind it.
AT_ONCE = 1000


async def resend_delivery(core: Core, tenant: Tenant, delivery_id: UUID) -> None:
    """Send one again at once, whatever became of it. It keeps its id: the subscriber knows it again.

    Raises:
        NotFound: there is no such delivery, or not any more.
        InvalidInput: its subscription is switched off or removed.
        Unavailable: the database is away.
    """
    async with core.store.for_tenant(tenant.id).transaction() as rows:
        if await rows.delivery_log.resend(delivery_id, core.clock.now()):
            return
        if await rows.delivery_log.get(delivery_id) is None:
            raise NotFound("delivery", str(delivery_id))
    raise InvalidInput("webhook", "is switched off or removed; what is sent again needs one that is on")


async def replay_deliveries(core: Core, tenant: Tenant, wanted: DeliveryFilter) -> int:
    """Send all of them again, oldest first: those that never arrived, unless others are wanted. Returns how many.

    What belongs to a subscription that is switched off stays where it is. Killed in between, what is missing is
    replayed by doing it again.

    Raises:
        Unavailable: the database is away.
    """
    count, after, is_more = 0, None, True
    while is_more:
        done: list[DeliveryPlace]
        async with core.store.for_tenant(tenant.id).transaction() as rows:
            done = await rows.delivery_log.replay(wanted, core.clock.now(), limit=AT_ONCE, after=after)
        count, is_more = count + len(done), bool(done)
        after = done[-1] if done else after
    return count
