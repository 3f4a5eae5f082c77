"""``cordboard queue``: inbound queues, where callers wait for an agent."""

from typing import Annotated

import typer

from cordboard.actions.core import Core
from cordboard.actions.create_queue import create_queue
from cordboard.actions.remove_queue import remove_queue
from cordboard.cli.output import Detail, Done, Listing, Row
from cordboard.cli.session import AnyTenant, TenantName, list_rows, with_tenant
from cordboard.domain.queue import Queue, Selection
from cordboard.domain.tenant import Tenant

app = typer.Typer(help="Inbound queues, where callers wait for an agent.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="Unique within the tenant.")]


@app.command("create")
def create(
    *,
    name: Name,
    tenant: TenantName,
    number: Annotated[str, typer.Option(metavar="N", help="What it is known by; else the first DID to it.")] = "",
    agent: Annotated[list[str] | None, typer.Option(metavar="EXT", help="Who serves it. One or more.")] = None,
    selection: Annotated[Selection | None, typer.Option(help="Which free agents are rung.")] = None,
) -> Detail:
    """Make a queue. From outside a DID leads to it (did add --to queue:ID)."""

    async def task(core: Core, owner: Tenant) -> Queue:
        return await create_queue(core, owner, name=name, number=number, agents=agent or (), selection=selection)

    return Detail(values={"callinId": with_tenant(tenant, task).id})


@app.command("list")
def list_(tenant: AnyTenant = "") -> Listing:
    """Queues and who serves them."""
    columns = ("callinId", "name", "number", "strategy", "agents")
    return list_rows(tenant, _rows, columns=columns, empty="No queues. Make one: queue create")


async def _rows(core: Core, tenant: Tenant) -> list[Row]:
    page = await core.store.for_tenant(tenant.id).queues.list()
    return [
        {
            "callinId": queue.id,
            "name": queue.name,
            "number": queue.number,
            "strategy": queue.strategy,
            "music": queue.music,
            "max_wait_seconds": queue.max_wait_seconds,
            "selection": queue.selection,
            "does_announce_position": queue.does_announce_position,
            "agents": list(queue.agents),
        }
        for queue in page.rows
    ]


@app.command("remove")
def remove(name: Name, tenant: TenantName) -> Done:
    """Remove a queue that no DID leads to. Its agents stay."""
    with_tenant(tenant, lambda core, owner: remove_queue(core, owner, name))
    return Done(sentence=f"Queue '{name}' is removed.", values={"name": name, "is_removed": True})
