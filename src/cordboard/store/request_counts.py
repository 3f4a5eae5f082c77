"""How many requests a tenant made in the last ten seconds."""

from datetime import datetime

from cordboard.domain.allowance import Allowance, Quota
from cordboard.store.pool import Door

_COUNT = "SELECT tenant_used, route_used, wait_seconds FROM count_request($1, $2, $3, $4)"


class RequestCounts:
    """A tenant's requests, in all and by route."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def count(self, route: str, *, limit_tenant: int, limit_route: int, at: datetime | None = None) -> Allowance:
        """Count a request when both limits leave room for it, else on neither; 0 = no limit. One round trip.

        ``at`` None: the database's own time, the only one that several processes have in common.
        """
        row = await self._door.row(_COUNT, route, limit_tenant, limit_route, at)
        assert row is not None
        return Allowance(
            tenant=_quota(limit_tenant, row[0]), route=_quota(limit_route, row[1]), wait_seconds=row["wait_seconds"]
        )


def _quota(limit: int, used: int | None) -> Quota | None:
    """More may be used than the limit is: it was lowered."""
    return None if used is None else Quota(limit=limit, remaining=max(0, limit - used))
