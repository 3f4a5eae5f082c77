"""Tell the subscribers of a tenant about a call: one delivery for each, its body frozen in the same transaction."""

from cordboard.actions.core import Core
from cordboard.domain.call_facts import CallFacts
from cordboard.domain.tenant import Tenant
from cordboard.domain.webhook import EventKind
from cordboard.store import TenantRows


async def release_record(core: Core, rows: TenantRows, tenant: Tenant, facts: CallFacts) -> None:
    """Write the deliveries of a call's final record. Call it once per call, when its recording is settled or late."""
    await _write(core, rows, tenant, facts, EventKind.CALL_RECORDED)


async def announce_change(core: Core, rows: TenantRows, tenant: Tenant, facts: CallFacts) -> None:
    """Write the deliveries of a live call's new status, for those subscribers who want every change."""
    await _write(core, rows, tenant, facts, EventKind.CALL_CHANGED)


async def _write(core: Core, rows: TenantRows, tenant: Tenant, facts: CallFacts, kind: EventKind) -> None:
    for subscription in await rows.subscriptions.for_events():
        if kind is EventKind.CALL_CHANGED and not subscription.wants_every_change:
            continue
        body = core.renderers[subscription.dialect](tenant, facts, subscription)
        await rows.deliveries.insert(subscription.id, facts.id, kind, body, core.clock.now())
