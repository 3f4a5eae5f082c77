"""``cordboard callout``: outbound queues, with whose number agents call out."""

from typing import Annotated

import typer

from cordboard.actions.core import Core
from cordboard.actions.create_callout import create_callout
from cordboard.actions.remove_callout import remove_callout
from cordboard.cli.output import Detail, Done, Listing, Row
from cordboard.cli.session import AnyTenant, TenantName, list_rows, with_tenant
from cordboard.domain.queue import Callout
from cordboard.domain.tenant import Tenant

app = typer.Typer(help="Callouts: outbound queues, with whose number agents call out.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="Unique within the tenant.")]


@app.command("create")
def create(
    *,
    name: Name,
    tenant: TenantName,
    did: Annotated[str, typer.Option(metavar="NUMBER", help="A DID of the tenant's, in any form.")],
    agent: Annotated[list[str] | None, typer.Option(metavar="EXT", help="Who calls out with it. One or more.")] = None,
) -> Detail:
    """Make a callout. An agent has one at the most: the last one given."""

    async def task(core: Core, owner: Tenant) -> Callout:
        return await create_callout(core, owner, name=name, did_number=did, agents=agent or ())

    return Detail(values={"calloutId": with_tenant(tenant, task).id})


@app.command("list")
def list_(tenant: AnyTenant = "") -> Listing:
    """Callouts and who calls out with them."""
    columns = ("calloutId", "name", "did", "agents")
    return list_rows(tenant, _rows, columns=columns, empty="No callouts. Make one: callout create")


async def _rows(core: Core, tenant: Tenant) -> list[Row]:
    return [
        {
            "calloutId": callout.id,
            "name": callout.name,
            "did": callout.did_number,
            "agents": list(callout.agents),
        }
        for callout in await core.store.for_tenant(tenant.id).callouts.list()
    ]


@app.command("remove")
def remove(name: Name, tenant: TenantName) -> Done:
    """Remove a callout. Its agents call out with their own number again, else the tenant's first."""
    with_tenant(tenant, lambda core, owner: remove_callout(core, owner, name))
    return Done(sentence=f"Callout '{name}' is removed.", values={"name": name, "is_removed": True})
