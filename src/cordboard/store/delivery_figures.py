"""Figures of all tenants' deliveries, for whoever watches the house."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from cordboard.store.pool import Door

# Each one table scan's worth; those that are behind the longest come first.
_TARGETS = """
SELECT g.tenant_id, g.subscription_id, s.host, g.unfinished, g.oldest_at, h.open_until IS NOT NULL AS is_paused
FROM (SELECT tenant_id, target, max(subscription_id) AS subscription_id, count(*) AS unfinished,
          min(created_at) AS oldest_at
      FROM deliveries GROUP BY tenant_id, target ORDER BY oldest_at LIMIT $1) AS g
JOIN subscriptions s ON (s.tenant_id, s.id) = (g.tenant_id, g.subscription_id)
LEFT JOIN delivery_hosts h ON (h.tenant_id, h.host) = (s.tenant_id, s.host)
ORDER BY g.oldest_at
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetState:
    """A target with unfinished deliveries. ``is_paused``: its host does not answer, and is asked now and then only."""

    tenant_id: int
    subscription_id: int
    host: str
    unfinished: int
    oldest_at: datetime
    is_paused: bool


class DeliveryFigures:
    """What the workers have done, and what is left to do."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def add(self, totals: Mapping[str, float]) -> None:
        """Add to totals that only ever grow."""
        await self._door.fetch(
            "INSERT INTO delivery_totals AS t SELECT * FROM unnest($1::text[], $2::float8[]) AS added (name, value)"
            " ORDER BY name ON CONFLICT (name) DO UPDATE SET value = t.value + excluded.value",
            list(totals),
            list(totals.values()),
        )

    async def totals(self) -> dict[str, float]:
        """All totals."""
        return {row[0]: row[1] for row in await self._door.fetch("SELECT name, value FROM delivery_totals")}

    async def targets(self, limit: int) -> list[TargetState]:
        """Up to ``limit`` targets with unfinished deliveries, the one that is behind the longest first."""
        return [TargetState(**dict(row)) for row in await self._door.fetch(_TARGETS, limit)]
