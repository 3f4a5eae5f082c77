"""All tenants at a glance, a few seconds old: for cross-origin headers before a key is known, and for gateways."""

import asyncio

from cordboard.actions.core import Core
from cordboard.domain.errors import Unavailable
from cordboard.domain.tenant import Tenant

FRESH_SECONDS = 5.0
# While the database is away, it is asked this often.
RETRY_SECONDS = 1.0


class TenantDirectory:
    """Reads all tenants at most once in ``FRESH_SECONDS``; keeps the last it read while the database is away."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._reading = asyncio.Lock()
        self._has_read = False
        self._stale_at = float("-inf")
        self._by_pbx_id: dict[str, Tenant] = {}
        self._origins: frozenset[str] = frozenset()

    async def by_pbx_id(self, pbx_id: str) -> Tenant | None:
        """The enabled tenant of that ``pbx_id``."""
        await self._refresh()
        return self._by_pbx_id.get(pbx_id)

    async def origins(self) -> frozenset[str]:
        """Every origin that any tenant allows."""
        await self._refresh()
        return self._origins

    async def _refresh(self) -> None:
        """One request reads; the others go on with what is there, or wait when that is nothing yet."""
        if self._is_fresh or (self._has_read and self._reading.locked()):
            return
        async with self._reading:
            if not self._is_fresh:
                await self._read()

    @property
    def _is_fresh(self) -> bool:
        return self._core.clock.monotonic() < self._stale_at

    async def _read(self) -> None:
        try:
            tenants = await self._core.store.system.tenants.list()
        except Unavailable:
            self._stale_at = self._core.clock.monotonic() + RETRY_SECONDS
            return
        self._by_pbx_id = {str(tenant.pbx_id): tenant for tenant in tenants if tenant.is_enabled}
        self._origins = frozenset(origin for tenant in tenants for origin in tenant.cors_origins)
        self._has_read = True
        self._stale_at = self._core.clock.monotonic() + FRESH_SECONDS
