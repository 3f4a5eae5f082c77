"""Count a request against its tenant's limits."""

from cordboard.actions.core import Core
from cordboard.domain.allowance import Allowance
from cordboard.domain.tenant import Tenant

_UNLIMITED = Allowance()


async def count_request(core: Core, tenant: Tenant, route: str) -> Allowance:
    """What the tenant's limits say of one more request on ``route`` (method and path template).

    Not counted when it is refused. A tenant without limits costs nothing. Raises Unavailable.
    """
    if tenant.limit_tenant == tenant.limit_route == 0:
        return _UNLIMITED
    counts = core.store.for_tenant(tenant.id).request_counts
    return await counts.count(route, limit_tenant=tenant.limit_tenant, limit_route=tenant.limit_route)
