"""What a command runs in: an event loop, the settings of this copy, the house's parts, a tenant by name."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, TypeVar

import typer

from cordboard.actions.core import Core
from cordboard.app import build_core
from cordboard.cli.output import Listing, Row
from cordboard.domain.errors import InvalidInput, NotFound, Unavailable
from cordboard.domain.tenant import Tenant
from cordboard.settings import Settings

T = TypeVar("T")
TenantTask = Callable[[Core, Tenant], Awaitable[T]]

TenantName = Annotated[str, typer.Option("--tenant", metavar="NAME", help="The tenant that it belongs to.")]
# For what has an identity of its own, and for lists. Empty: all tenants.
AnyTenant = Annotated[str, typer.Option("--tenant", metavar="NAME", help="Look at this tenant only.")]


def with_core(task: Callable[[Core], Awaitable[T]]) -> T:
    """Run ``task`` with the parts of this copy. Raises Unavailable when its database does not run."""
    return asyncio.run(_run(task))


def with_tenant(name: str, task: TenantTask[T]) -> T:
    """Run ``task`` for the tenant of that name. Raises NotFound, Unavailable."""

    async def find_and_run(core: Core) -> T:
        return await task(core, await _find_tenant(core, name))

    return with_core(find_and_run)


def with_owner(name: str, task: TenantTask[T]) -> T:
    """Run ``task`` for the tenant of that name; without a name, for the first tenant that has what it names."""

    async def find_and_run(core: Core) -> T:
        first: NotFound | InvalidInput | None = None
        for tenant in await _tenants(core, name):
            try:
                return await task(core, tenant)
            except (NotFound, InvalidInput) as error:
                first = first or error
        raise first or NotFound("tenant", name)

    return with_core(find_and_run)


def with_tenants(name: str, task: Callable[[Core, Sequence[Tenant]], Awaitable[T]]) -> T:
    """Run ``task`` for the tenant of that name; without a name, for all of them. Raises NotFound, Unavailable."""

    async def find_and_run(core: Core) -> T:
        return await task(core, await _tenants(core, name))

    return with_core(find_and_run)


def list_rows(name: str, rows_of: TenantTask[Sequence[Row]], *, columns: tuple[str, ...], empty: str) -> Listing:
    """The rows of the tenant of that name; without a name, of all tenants."""

    async def collect(core: Core, tenants: Sequence[Tenant]) -> list[Row]:
        return [{"tenant": tenant.name, **row} for tenant in tenants for row in await rows_of(core, tenant)]

    shown = columns if name else ("tenant", *columns)
    return Listing(rows=with_tenants(name, collect), columns=shown, empty=empty)


async def _tenants(core: Core, name: str) -> Sequence[Tenant]:
    return [await _find_tenant(core, name)] if name else await core.store.system.tenants.list()


async def _find_tenant(core: Core, name: str) -> Tenant:
    tenant = await core.store.system.tenants.by_name(name)
    if tenant is None:
        raise NotFound("tenant", name)
    return tenant


async def _run(task: Callable[[Core], Awaitable[T]]) -> T:
    settings = Settings.load()
    if not settings.database_url:
        raise Unavailable(f"no database is running for {settings.home}")
    core = await build_core(settings)
    try:
        return await task(core)
    finally:
        await core.store.close()
