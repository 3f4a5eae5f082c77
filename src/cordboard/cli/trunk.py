"""``cordboard trunk``: SIP links to carriers."""

from typing import Annotated

import typer

from cordboard.actions.add_trunk import NewTrunk, add_trunk
from cordboard.actions.core import Core
from cordboard.actions.remove_trunk import remove_trunk
from cordboard.cli.output import Detail, Done, Listing, Row
from cordboard.cli.session import AnyTenant, TenantName, list_rows, with_tenant
from cordboard.domain.registration import TrunkState
from cordboard.domain.tenant import Tenant
from cordboard.domain.trunk import Trunk

app = typer.Typer(help="Trunks: SIP links to carriers.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="Unique within the tenant.")]


@app.command("add")
def add(
    *,
    name: Name,
    tenant: TenantName,
    host: Annotated[str, typer.Option(help="The carrier's address.")],
    port: Annotated[int, typer.Option()] = 5060,
    username: Annotated[str, typer.Option(help="What the carrier knows us by, if it asks.")] = "",
    password: Annotated[str, typer.Option()] = "",
    number_format: Annotated[str, typer.Option(help="How it wants numbers: e164plus, e164 or national.")] = "e164plus",
    register: Annotated[bool, typer.Option("--register", help="Register with the carrier.")] = False,
    priority: Annotated[int, typer.Option(help="1 is tried first.")] = 1,
    codecs: Annotated[str, typer.Option(help="Best first.")] = "alaw,ulaw",
    external_address: Annotated[str, typer.Option(help="Our address as the carrier sees it, behind NAT.")] = "",
) -> Detail:
    """Add a trunk. The tenant's calls go out through the one of the lowest priority number that answers."""
    new = NewTrunk(
        name=name,
        host=host,
        port=port,
        username=username,
        password=password,
        number_format=number_format,
        does_register=register,
        priority=priority,
        codecs=tuple(codecs.split(",")),
        external_address=external_address,
    )
    return Detail(values=_row(with_tenant(tenant, lambda core, owner: add_trunk(core, owner, new))))


@app.command("list")
def list_(tenant: AnyTenant = "") -> Listing:
    """Trunks, the first one tried first, and whether those that register are registered."""
    columns = ("name", "host", "port", "priority", "number_format", "codecs", "registration")
    return list_rows(tenant, _rows, columns=columns, empty="No trunks. Add one: trunk add")


async def _rows(core: Core, tenant: Tenant) -> list[Row]:
    trunks = core.store.for_tenant(tenant.id).trunks
    states = {state.trunk_id: state for state in await trunks.states()}
    return [_row(trunk) | {"registration": _registration(trunk, states.get(trunk.id))} for trunk in await trunks.list()]


def _registration(trunk: Trunk, state: TrunkState | None) -> str:
    """Nothing for a trunk that does not register."""
    if not trunk.does_register:
        return ""
    if state is None:
        return "unknown"
    return "registered" if state.is_registered else f"not registered: {state.detail}"


@app.command("remove")
def remove(name: Name, tenant: TenantName) -> Done:
    """Remove a trunk. Calls on it go on."""
    with_tenant(tenant, lambda core, owner: remove_trunk(core, owner, name))
    return Done(sentence=f"Trunk '{name}' is removed.", values={"name": name, "is_removed": True})


def _row(trunk: Trunk) -> dict[str, object]:
    """All but the password."""
    return {
        "id": trunk.id,
        "name": trunk.name,
        "host": trunk.host,
        "port": trunk.port,
        "username": trunk.username,
        "number_format": trunk.number_format.value,
        "does_register": trunk.does_register,
        "priority": trunk.priority,
        "codecs": list(trunk.codecs),
        "external_address": trunk.external_address,
    }
