"""All tenants at a glance, a few seconds old: for cross-origin headers before a key is known, and for gateways."""

from cordboard.actions.core import Core
from cordboard.domain.errors import Unavailable
from cordboard.domain.tenant import Tenant

FRESH_SECONDS = 5.0


class TenantDirectory:
    """Reads all tenants at most once in ``FRESH_SECONDS``; keeps the last it read while the database is away."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._read_at: float | None = None
        self._tenants: tuple[Tenant, ...] = ()
        self._by_pbx_id: dict[str, Tenant] = {}
        self._origins: frozenset[str] = frozenset()

    async def by_pbx_id(self, pbx_id: str) -> Tenant | None:
        """The tenant of that ``pbx_id``."""
        await self._refresh()
        return self._by_pbx_id.get(pbx_id)

    async def origins(self) -> frozenset[str]:
        """Every origin that any tenant allows."""
        await self._refresh()
        return self._origins

    async def _refresh(self) -> None:
        now = self._core.clock.monotonic()
        if self._read_at is not None and now - self._read_at < FRESH_SECONDS:
            return
        # Set before the read: while one request reads, the others use what is there.
        self._read_at = now
        try:
            tenants = await self._core.store.system.tenants.list()
        except Unavailable:
            return
        self._by_pbx_id = {str(tenant.pbx_id): tenant for tenant in tenants}
        self._origins = frozenset(origin for tenant in tenants for origin in tenant.cors_origins)
