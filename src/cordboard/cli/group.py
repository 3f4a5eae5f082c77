"""``cordboard group``: agents whose phones ring together."""

from typing import Annotated

import typer

from cordboard.actions.core import Core
from cordboard.actions.create_group import create_group
from cordboard.actions.remove_group import remove_group
from cordboard.cli.output import Detail, Done, Listing, Row
from cordboard.cli.session import AnyTenant, TenantName, list_rows, with_tenant
from cordboard.domain.group import Group
from cordboard.domain.tenant import Tenant

app = typer.Typer(help="Groups: agents whose phones ring together.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="Unique within the tenant.")]


@app.command("create")
def create(
    *,
    name: Name,
    tenant: TenantName,
    extension: Annotated[str, typer.Option(metavar="E", help="Its number: 2 to 8 digits, no agent's.")],
    agent: Annotated[list[str] | None, typer.Option(metavar="EXT", help="A member's extension. One or more.")] = None,
) -> Detail:
    """Make a group. Phones call its extension; from outside a DID leads to it (did add --to group:NAME)."""

    async def task(core: Core, owner: Tenant) -> Group:
        return await create_group(core, owner, name=name, extension=extension, members=agent or ())

    return Detail(values=_row(with_tenant(tenant, task)))


@app.command("list")
def list_(tenant: AnyTenant = "") -> Listing:
    """Groups and their members."""
    return list_rows(tenant, _rows, columns=("name", "extension", "agents"), empty="No groups. Make one: group create")


async def _rows(core: Core, tenant: Tenant) -> list[Row]:
    return [_row(group) for group in await core.store.for_tenant(tenant.id).groups.list()]


@app.command("remove")
def remove(name: Name, tenant: TenantName) -> Done:
    """Remove a group that no DID leads to. Its agents stay."""
    with_tenant(tenant, lambda core, owner: remove_group(core, owner, name))
    return Done(sentence=f"Group '{name}' is removed.", values={"name": name, "is_removed": True})


def _row(group: Group) -> dict[str, object]:
    return {"id": group.id, "name": group.name, "extension": group.extension, "agents": list(group.members)}
