"""Switch off webhooks that nothing arrives at, and tell their owners: halfway, and at the end, once each."""

import structlog

from cordboard.actions.checks import check_email
from cordboard.actions.core import Core
from cordboard.delivery.mail_texts import FAILING, SWITCHED_OFF, mail_text
from cordboard.delivery.schedule import SWITCH_OFF_AFTER, WARN_AFTER
from cordboard.domain.errors import InvalidInput
from cordboard.domain.ids import new_call_id
from cordboard.domain.mail import Mail
from cordboard.domain.tenant import Tenant
from cordboard.domain.webhook import Subscription
from cordboard.store import TenantRows

log = structlog.get_logger()

GONE_REASON = "HTTP 410: nobody is there any more"


async def look_after_webhooks(core: Core) -> int:
    """Do what is due with all webhooks that fail; returns with how many. Any number of workers may, at once.

    Raises:
        Unavailable: the database is away.
    """
    now = core.clock.now()
    warn_before, off_before = now - WARN_AFTER, now - SWITCH_OFF_AFTER
    due = await core.store.system.subscriptions.to_look_after(warn_before=warn_before, off_before=off_before)
    for tenant_id, subscription_id in due:
        async with core.store.for_tenant(tenant_id).transaction() as rows:
            if off := await rows.subscriptions.switch_off(subscription_id, failing_before=off_before):
                await _tell_of_end(core, rows, off)
            elif failing := await rows.subscriptions.warn(subscription_id, now=now, failing_before=warn_before):
                await _tell_of_failures(core, rows, failing)
            else:
                await rows.subscriptions.keep_strays(subscription_id)
    return len(due)


async def switch_off_gone(core: Core, tenant_id: int, subscription_id: int) -> None:
    """Switch off what answered that nobody will ever be there again (410), unless somebody has. Raises Unavailable."""
    async with core.store.for_tenant(tenant_id).transaction() as rows:
        if off := await rows.subscriptions.switch_off(subscription_id, reason=GONE_REASON):
            await _tell_of_end(core, rows, off)


async def _tell_of_failures(core: Core, rows: TenantRows, failing: Subscription) -> None:
    tenant = await rows.tenants.get()
    assert failing.failing_since is not None
    off_at = failing.failing_since + SWITCH_OFF_AFTER
    log.warning("webhook_failing", webhook=failing.id, tenant_id=tenant.id, error=failing.last_error)
    await _write(core, rows, tenant, failing, mail_text(FAILING, tenant, failing, off_at=off_at))


async def _tell_of_end(core: Core, rows: TenantRows, off: Subscription) -> None:
    tenant = await rows.tenants.get()
    log.warning("webhook_switched_off", webhook=off.id, tenant_id=tenant.id, error=off.last_error)
    await _write(core, rows, tenant, off, mail_text(SWITCHED_OFF, tenant, off, off_at=core.clock.now()))


async def _write(
    core: Core, rows: TenantRows, tenant: Tenant, subscription: Subscription, text: tuple[str, str]
) -> None:
    """In the outbox: it is sent when this is committed, whatever becomes of us."""
    subject, body = text
    recipient = _recipient(tenant, subscription)
    if not recipient:
        log.warning("mail_without_recipient", subject=subject, webhook=subscription.id, tenant_id=tenant.id)
        return
    mail = Mail(
        id=new_call_id(),
        tenant_id=tenant.id,
        recipient=recipient,
        subject=subject,
        body=body,
        created_at=core.clock.now(),
    )
    await rows.mails.add(mail)


def _recipient(tenant: Tenant, subscription: Subscription) -> str:
    """The subscription's own address when it can be one, else the tenant's; "" when there is neither."""
    for address in (subscription.notification_email, tenant.admin_email):
        try:
            if recipient := check_email("notification_email", address):
                return recipient
        except InvalidInput:
            continue
    return ""
