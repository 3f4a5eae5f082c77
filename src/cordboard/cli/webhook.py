"""``cordboard webhook``: who is told of calls."""

from typing import Annotated

import typer

from cordboard.actions.add_webhook import add_webhook
from cordboard.actions.change_webhook import WebhookChange, change_webhook
from cordboard.actions.checks import check_one_of
from cordboard.actions.core import Core
from cordboard.actions.enable_webhook import enable_webhook
from cordboard.actions.remove_webhook import remove_webhook
from cordboard.actions.rotate_secret import RotatedSecret, rotate_secret
from cordboard.cli.output import Detail, Done, Listing, Row
from cordboard.cli.session import AnyTenant, TenantName, list_rows, with_owner, with_tenant
from cordboard.domain.errors import NotFound
from cordboard.domain.signing_secret import new_secret
from cordboard.domain.tenant import Tenant
from cordboard.domain.webhook import EventKind, Subscription

app = typer.Typer(help="Webhooks: who is told of calls.")

AT_THE_END = frozenset({EventKind.CALL_RECORDED})
AT_EACH_CHANGE = AT_THE_END | {EventKind.CALL_CHANGED}
# Its webhooks carry the partner's key, as its documents have it.
KEYED_DIALECT = "alohub"
SHOWN_ONCE = "The secret is shown this once."

WebhookId = Annotated[int, typer.Argument(metavar="ID")]
Events = Annotated[
    list[str] | None,
    typer.Option("--event", metavar="EVENT", help=f"{', '.join(EventKind)}. One or more."),
]
Email = Annotated[str | None, typer.Option("--email", metavar="ADDRESS", help="Who is told by mail when it fails.")]
Secret = Annotated[str, typer.Option(metavar="WHSEC", help="What it is signed with, instead of a new secret.")]


@app.command("add")
def add(
    *,
    tenant: TenantName,
    dialect: Annotated[
        str, typer.Option(help="Whose webhook it is: alohub, voxloud, or cordboard for its own events.")
    ],
    url: Annotated[str, typer.Option(help="Where to send it.")],
    authorization: Annotated[str, typer.Option(metavar="KEY", help="The partner's key, sent as Authorization.")] = "",
    every_change: Annotated[bool, typer.Option("--every-change", help="At each change, not only at the end.")] = False,
    event: Events = None,
    email: Email = None,
    secret: Secret = "",
) -> Detail:
    """Tell a partner's server of the tenant's calls."""
    if dialect == KEYED_DIALECT and not authorization:
        raise typer.BadParameter("the partner's key is missing: --authorization")
    if event and every_change:
        raise typer.BadParameter("give either --event or --every-change")
    kinds = _kinds(event) or (AT_EACH_CHANGE if every_change else AT_THE_END)
    signing_secret = secret or new_secret()

    async def task(core: Core, owner: Tenant) -> Subscription:
        return await add_webhook(
            core,
            owner,
            dialect=dialect,
            url=url,
            kinds=kinds,
            authorization=authorization,
            notification_email=email or "",
            secret=signing_secret,
        )

    return Detail(values={**_row(with_tenant(tenant, task)), "secret": signing_secret}, note=SHOWN_ONCE)


@app.command("list")
def list_(tenant: AnyTenant = "") -> Listing:
    """Webhooks, and how they fare."""
    columns = ("id", "dialect", "url", "events", "is_enabled", "failed_count", "last_error")
    return list_rows(tenant, _rows, columns=columns, empty="No webhooks. Add one: webhook add")


async def _rows(core: Core, tenant: Tenant) -> list[Row]:
    return [_row(each) for each in await core.store.for_tenant(tenant.id).subscriptions.list()]


@app.command("set")
def set_(
    *,
    webhook_id: WebhookId,
    tenant: AnyTenant = "",
    url: Annotated[str | None, typer.Option(help="Where to send it.")] = None,
    authorization: Annotated[str | None, typer.Option(metavar="KEY", help="The partner's key.")] = None,
    event: Events = None,
    email: Email = None,
) -> Detail:
    """Change a webhook; what is not given stays as it is."""
    change = WebhookChange(url=url, kinds=_kinds(event) or None, authorization=authorization, notification_email=email)

    async def task(core: Core, owner: Tenant) -> Subscription:
        return await change_webhook(core, owner, await _find(core, owner, webhook_id), change)

    return Detail(values=_row(with_owner(tenant, task)))


@app.command("rotate-secret")
def rotate(
    webhook_id: WebhookId,
    tenant: AnyTenant = "",
    secret: Secret = "",
    at_once: Annotated[bool, typer.Option("--at-once", help="Those before it stop now, not in 24 hours.")] = False,
) -> Detail:
    """Sign with another secret; for 24 hours those before it sign as well."""

    async def task(core: Core, owner: Tenant) -> RotatedSecret:
        return await rotate_secret(core, owner, webhook_id, secret=secret, is_at_once=at_once)

    rotated = with_owner(tenant, task)
    until = [each.expires_at.isoformat() for each in rotated.others if each.expires_at]
    return Detail(values={"id": webhook_id, "secret": rotated.value, "others_until": until}, note=SHOWN_ONCE)


@app.command("enable")
def enable(webhook_id: WebhookId, tenant: AnyTenant = "") -> Done:
    """Switch a webhook on again; its failures are forgotten. What was kept is sent by ``deliveries replay``."""
    with_owner(tenant, lambda core, owner: enable_webhook(core, owner, webhook_id))
    return Done(sentence=f"Webhook {webhook_id} is on.", values={"id": webhook_id, "is_enabled": True})


@app.command("disable")
def disable(webhook_id: WebhookId, tenant: AnyTenant = "") -> Done:
    """Switch a webhook off. Its events are kept for 30 days."""

    async def task(core: Core, owner: Tenant) -> None:
        await change_webhook(core, owner, await _find(core, owner, webhook_id), WebhookChange(is_enabled=False))

    with_owner(tenant, task)
    return Done(sentence=f"Webhook {webhook_id} is off.", values={"id": webhook_id, "is_enabled": False})


@app.command("remove")
def remove(webhook_id: WebhookId, tenant: AnyTenant = "") -> Done:
    """Remove a webhook. What waits for it is not sent."""
    with_owner(tenant, lambda core, owner: remove_webhook(core, owner, webhook_id))
    return Done(sentence=f"Webhook {webhook_id} is removed.", values={"id": webhook_id, "is_removed": True})


def _kinds(words: list[str] | None) -> frozenset[EventKind]:
    """What words stand for. Raises InvalidInput."""
    return frozenset(EventKind(check_one_of("event", word, list(EventKind))) for word in words or ())


async def _find(core: Core, owner: Tenant, webhook_id: int) -> Subscription:
    for one in await core.store.for_tenant(owner.id).subscriptions.list():
        if one.id == webhook_id:
            return one
    raise NotFound("webhook", str(webhook_id))


def _row(subscription: Subscription) -> dict[str, object]:
    """All but the partner's key and the secret."""
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
        "failing_since": subscription.failing_since,
    }
