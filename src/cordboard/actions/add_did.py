"""Give a tenant a public number."""

from cordboard.actions.checks import check_text
from cordboard.actions.core import Core
from cordboard.domain.did import Did, RouteKind
from cordboard.domain.errors import InvalidInput, NotFound
from cordboard.domain.ids import read_id
from cordboard.domain.number import read_number
from cordboard.domain.tenant import Tenant
from cordboard.store import TenantRows


async def add_did(
    core: Core, tenant: Tenant, *, number: str, label: str = "", route_kind: RouteKind | None = None, route_to: str = ""
) -> Did:
    """Add a number, in any form that the tenant's country writes it. ``route_kind`` None: it leads nowhere yet.

    Raises:
        InvalidInput: it is no full telephone number.
        NotFound: the tenant has no such extension, group or queue as ``route_to``.
        AlreadyExists: some tenant has it.
        Unavailable: the database is away.
    """
    canonical = canonical_did(number, tenant)
    label = check_text("label", label, longest=100).strip()
    async with core.store.for_tenant(tenant.id).transaction() as rows:
        if route_kind is RouteKind.AGENT and not await rows.extensions.exists(route_to):
            raise NotFound("extension", route_to)
        if route_kind is RouteKind.QUEUE:
            route_to = str(await _queue_id(rows, route_to))
        return await rows.dids.add(number=canonical, label=label, route_kind=route_kind, route_to=route_to)


async def _queue_id(rows: TenantRows, text: str) -> int:
    """The id that ``text`` is, when the tenant has such a queue."""
    queue_id = read_id(text)
    if queue_id is None or await rows.queues.get(queue_id) is None:
        raise NotFound("queue", text)
    return queue_id


def canonical_did(number: str, tenant: Tenant) -> str:
    """The canonical form of a DID as people write it. Raises InvalidInput."""
    canonical = read_number(number, tenant.country)
    if canonical is None or not canonical.startswith("+"):
        raise InvalidInput("number", f"'{number}' is not a full telephone number in {tenant.country}")
    return canonical
