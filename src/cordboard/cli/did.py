"""``cordboard did``: public numbers."""

from typing import Annotated

import typer

from cordboard.actions.add_did import add_did
from cordboard.actions.core import Core
from cordboard.actions.remove_did import remove_did
from cordboard.cli.output import Detail, Done, Listing, Row
from cordboard.cli.session import AnyTenant, TenantName, list_rows, with_owner, with_tenant
from cordboard.domain.did import Did, RouteKind
from cordboard.domain.errors import InvalidInput
from cordboard.domain.tenant import Tenant

app = typer.Typer(help="DIDs: public numbers that point in, and that calls show.")

Number = Annotated[str, typer.Argument(metavar="NUMBER", help="In any form of the tenant's country, or + and E.164.")]


@app.command("add")
def add(
    number: Number,
    tenant: TenantName,
    label: Annotated[str, typer.Option(help="What people call it.")] = "",
    to: Annotated[
        str, typer.Option(metavar="KIND:NAME", help="Where it leads: agent:EXTENSION, group:NAME or queue:ID.")
    ] = "",
) -> Detail:
    """Add a number. The tenant's first one is what its calls show, unless the agent has one."""
    kind, target = _read_route(to)

    async def task(core: Core, owner: Tenant) -> Did:
        return await add_did(core, owner, number=number, label=label, route_kind=kind, route_to=target)

    return Detail(values=_row(with_tenant(tenant, task)))


@app.command("list")
def list_(tenant: AnyTenant = "") -> Listing:
    """Numbers, and where they lead."""
    return list_rows(tenant, _rows, columns=("number", "label", "to"), empty="No DIDs. Add one: did add")


async def _rows(core: Core, tenant: Tenant) -> list[Row]:
    return [_row(did) for did in await core.store.for_tenant(tenant.id).dids.list()]


@app.command("remove")
def remove(number: Number, tenant: AnyTenant = "") -> Done:
    """Remove a number."""
    removed = with_owner(tenant, lambda core, owner: remove_did(core, owner, number))
    return Done(sentence=f"DID {removed} is removed.", values={"number": removed, "is_removed": True})


def _read_route(text: str) -> tuple[RouteKind | None, str]:
    """``agent:6688`` → (AGENT, "6688"); "" → nowhere yet. Raises InvalidInput."""
    if not text:
        return None, ""
    kind, separator, target = text.partition(":")
    if not separator or kind not in set(RouteKind):
        raise InvalidInput("to", f"'{text}' does not say where; known kinds: {', '.join(RouteKind)}")
    return RouteKind(kind), target


def _row(did: Did) -> dict[str, object]:
    to = f"{did.route_kind}:{did.route_to}" if did.route_kind else ""
    return {"id": did.id, "number": did.number, "label": did.label, "to": to}
