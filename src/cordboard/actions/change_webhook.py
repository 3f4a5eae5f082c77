"""Change a webhook: where it goes, what it tells, whether it is on."""

from dataclasses import dataclass

from cordboard.actions.add_webhook import LONGEST_AUTHORIZATION, check_callback_url, check_kinds
from cordboard.actions.checks import check_text
from cordboard.actions.core import Core
from cordboard.domain.tenant import Tenant
from cordboard.domain.webhook import EventKind, Subscription


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookChange:
    """What is to be changed; None leaves what is there. ``is_enabled`` true also forgets its failures."""

    url: str | None = None
    kinds: frozenset[EventKind] | None = None
    notification_email: str | None = None
    authorization: str | None = None
    is_enabled: bool | None = None


async def change_webhook(core: Core, tenant: Tenant, webhook: Subscription, change: WebhookChange) -> Subscription:
    """The webhook as it is then. One that is switched off is sent nothing more: what still waits is kept in the log.

    Raises:
        InvalidInput: a URL that cannot be sent to, an address that may not be reached, or kinds that its dialect does
            not send.
        NotFound: it was removed in the meantime.
        Unavailable: the database is away.
    """
    if change.kinds is not None:
        check_kinds(core, webhook.dialect, change.kinds)
    if change.url is not None and change.url != webhook.url:
        await check_callback_url(core, change.url)
    if change.notification_email is not None:
        check_text("notification_email", change.notification_email)
    authorization = change.authorization
    if authorization is not None:
        authorization = check_text("authorization", authorization, longest=LONGEST_AUTHORIZATION).strip()
    async with core.store.for_tenant(tenant.id).transaction() as rows:
        changed = await rows.subscriptions.change(
            webhook.id,
            url=change.url,
            kinds=change.kinds,
            notification_email=change.notification_email,
            authorization=authorization,
        )
        if change.is_enabled is None:
            return changed
        if change.is_enabled:
            return await rows.subscriptions.enable(webhook.id)
        return await rows.subscriptions.disable(webhook.id)
