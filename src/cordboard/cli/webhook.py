"""``cordboard webhook``: who is told of calls."""

from typing import Annotated

import typer

from cordboard.actions.add_webhook import add_webhook
from cordboard.actions.core import Core
from cordboard.actions.enable_webhook import enable_webhook
from cordboard.actions.remove_webhook import remove_webhook
from cordboard.cli.output import Detail, Done, Listing, Row
from cordboard.cli.session import AnyTenant, TenantName, list_rows, with_owner, with_tenant
from cordboard.domain.tenant import Tenant
from cordboard.domain.webhook import EventKind, Subscription

app = typer.Typer(help="Webhooks: who is told of calls.")

AT_THE_END = frozenset({EventKind.CALL_RECORDED})
AT_EACH_CHANGE = AT_THE_END | {EventKind.CALL_CHANGED}

WebhookId = Annotated[int, typer.Argument(metavar="ID")]


@app.command("add")
def add(
    tenant: TenantName,
    dialect: Annotated[str, typer.Option(help="The API whose webhook it is: alohub. Voxloud's are made by its API.")],
    url: Annotated[str, typer.Option(help="Where to send it.")],
    authorization: Annotated[str, typer.Option(metavar="KEY", help="The partner's key, sent as Authorization.")],
    every_change: Annotated[bool, typer.Option("--every-change", help="At each change, not only at the end.")] = False,
) -> Detail:
    """Tell a partner's server of the tenant's calls."""

    async def task(core: Core, owner: Tenant) -> Subscription:
        kinds = AT_EACH_CHANGE if every_change else AT_THE_END
        return await add_webhook(core, owner, dialect=dialect, url=url, kinds=kinds, authorization=authorization)

    return Detail(values=_row(with_tenant(tenant, task)))


@app.command("list")
def list_(tenant: AnyTenant = "") -> Listing:
    """Webhooks, and how they fare."""
    columns = ("id", "dialect", "url", "events", "is_enabled", "failed_count", "last_error")
    return list_rows(tenant, _rows, columns=columns, empty="No webhooks. Add one: webhook add")


async def _rows(core: Core, tenant: Tenant) -> list[Row]:
    return [_row(each) for each in await core.store.for_tenant(tenant.id).subscriptions.list()]


@app.command("enable")
def enable(webhook_id: WebhookId, tenant: AnyTenant = "") -> Done:
    """Switch a webhook on again; its failures are forgotten."""
    with_owner(tenant, lambda core, owner: enable_webhook(core, owner, webhook_id))
    return Done(sentence=f"Webhook {webhook_id} is on.", values={"id": webhook_id, "is_enabled": True})


@app.command("remove")
def remove(webhook_id: WebhookId, tenant: AnyTenant = "") -> Done:
    """Remove a webhook. What waits for it is not sent."""
    with_owner(tenant, lambda core, owner: remove_webhook(core, owner, webhook_id))
    return Done(sentence=f"Webhook {webhook_id} is removed.", values={"id": webhook_id, "is_removed": True})


def _row(subscription: Subscription) -> dict[str, object]:
    """All but the partner's key."""
    return {
        "id": subscription.id,
        "uuid": str(subscription.uuid),
        "dialect": subscription.dialect,
        "url": subscription.url,
        "events": sorted(kind.value for kind in subscription.kinds),
        "notification_email": subscription.notification_email,
        "is_enabled": subscription.is_enabled,
        "failed_count": subscription.failed_count,
        "last_error": subscription.last_error,
    }
