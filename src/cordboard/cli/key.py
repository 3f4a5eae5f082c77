"""``cordboard key``: API keys of a tenant."""

from typing import Annotated

import typer

from cordboard.actions.core import Core
from cordboard.actions.create_key import create_key
from cordboard.actions.revoke_key import revoke_key
from cordboard.cli.output import Detail, Done, Listing, Row
from cordboard.cli.session import AnyTenant, TenantName, list_rows, with_owner, with_tenant
from cordboard.domain.tenant import SCOPES, Tenant

app = typer.Typer(help="API keys of a tenant.")


@app.command("create")
def create(
    tenant: TenantName,
    name: Annotated[str, typer.Option(help="What it is for.")] = "",
    value: Annotated[str, typer.Option(help="An existing key to take over, instead of a new one.")] = "",
    scope: Annotated[list[str] | None, typer.Option(metavar="SCOPE", help=f"{', '.join(SCOPES)}. One or more.")] = None,
    all_scopes: Annotated[bool, typer.Option("--all-scopes", help="It may do everything.")] = False,
) -> Detail:
    """Make a key, or take over an existing one."""
    if all_scopes == bool(scope):
        raise typer.BadParameter("give either --scope (once or more) or --all-scopes")
    scopes = SCOPES if all_scopes else tuple(scope or ())
    made = with_tenant(tenant, lambda core, owner: create_key(core, owner, name=name, value=value, scopes=scopes))
    values = {"id": made.key.id, "key": made.value, "scopes": sorted(made.key.scopes)}
    return Detail(values=values, note="The key is shown this once.")


@app.command("list")
def list_(tenant: AnyTenant = "") -> Listing:
    """Keys, without their values."""
    columns = ("id", "name", "hint", "scopes", "created_at", "revoked_at")
    return list_rows(tenant, _rows, columns=columns, empty="No keys.")


async def _rows(core: Core, tenant: Tenant) -> list[Row]:
    return [
        {
            "id": key.id,
            "name": key.name,
            "hint": key.hint,
            "scopes": sorted(key.scopes),
            "created_at": key.created_at,
            "revoked_at": key.revoked_at,
        }
        for key in await core.store.for_tenant(tenant.id).keys.list()
    ]


@app.command("revoke")
def revoke(key_id: Annotated[int, typer.Argument(metavar="ID")], tenant: AnyTenant = "") -> Done:
    """Make a key useless, everywhere."""
    with_owner(tenant, lambda core, owner: revoke_key(core, owner, key_id))
    return Done(sentence=f"Key {key_id} is revoked.", values={"id": key_id, "is_revoked": True})
