"""Tell the subscribers of a tenant about a call: one delivery for each, its body frozen in the same transaction."""

from collections.abc import Sequence
from datetime import timedelta

from cordboard.actions.core import Core
from cordboard.domain.call_facts import CallFacts
from cordboard.domain.tenant import Tenant
from cordboard.domain.webhook import Notice, record_kinds
from cordboard.store import TenantRows


async def release_record(core: Core, rows: TenantRows, tenant: Tenant, facts: CallFacts) -> None:
    """Write the deliveries of a call's final record. Call it once per call, when its recording is settled or late."""
    at = core.clock.now()
    if facts.announced_at is not None:
        # The engine's clock may be ahead of ours.
        at = max(at, facts.announced_at + timedelta(milliseconds=1))
    await notify(core, rows, tenant, [Notice(kind=kind, at=at, facts=facts) for kind in record_kinds(facts)])


async def notify(core: Core, rows: TenantRows, tenant: Tenant, notices: Sequence[Notice]) -> None:
    """Write the deliveries of notices, in their order, for those who want them. Call it in a transaction.

    What a subscription that is switched off would get is kept in the log, to be replayed.
    """
    subscriptions = await rows.subscriptions.wanting({notice.kind for notice in notices}, even_if_off=True)
    for notice in notices:
        for subscription in subscriptions:
            if notice.kind in subscription.kinds:
                body = core.renderers[subscription.dialect].render(tenant, notice)
                write = rows.deliveries.insert if subscription.is_enabled else rows.deliveries.keep
                await write(subscription.id, notice.facts.id, notice.kind, body, core.clock.now())
