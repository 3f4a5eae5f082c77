"""The store: two doors to the rows, and an ear for what other programs announce."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

from cordboard.store.bell import Bell
from cordboard.store.listening import Notifications, listening
from cordboard.store.pool import Pool, PoolDoor, open_pool
from cordboard.store.roles import APP, SYSTEM
from cordboard.store.rows import SystemRows, TenantRows
from cordboard.store.vault import Vault

# For what is under way; whoever takes longer is cut off.
CLOSE_SECONDS = 5.0


class OpenTenantRows(TenantRows):
    """A tenant's rows, read one statement at a time, several on one connection, or in a transaction."""

    def __init__(self, door: PoolDoor, tenant_id: int, vault: Vault, bell: Bell) -> None:
        super().__init__(door, tenant_id, vault)
        self._door = door
        self._vault = vault
        self._bell = bell

    @asynccontextmanager
    async def held(self) -> AsyncIterator[TenantRows]:
        """The same rows, to be read on one connection: taking one and giving it back is half of a small statement."""
        async with self._door.held() as door:
            yield TenantRows(door, self.tenant_id, self._vault)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[TenantRows]:
        """The same rows in one transaction: committed when the block ends well, else rolled back."""
        async with self._door.transaction() as door:
            rows = TenantRows(door, self.tenant_id, self._vault)
            yield rows
        if rows.deliveries.has_news or rows.delivery_log.has_news:
            self._bell.ring()


class OpenSystemRows(SystemRows):
    """The system's queries, one statement at a time, or in a transaction."""

    def __init__(self, door: PoolDoor, vault: Vault) -> None:
        super().__init__(door, vault)
        self._pool_door = door
        self._vault = vault

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[SystemRows]:
        """The same in one transaction: committed when the block ends well, else rolled back."""
        async with self._pool_door.transaction() as door:
            yield SystemRows(door, self._vault)


class Store:
    """PostgreSQL. Every call on its rows may raise Unavailable."""

    def __init__(self, database_url: str, app_pool: Pool, system_pool: Pool, vault: Vault) -> None:
        self._database_url = database_url
        self._app_pool = app_pool
        self._system_pool = system_pool
        self._vault = vault
        self._bell = Bell(PoolDoor(system_pool))
        self.system = OpenSystemRows(PoolDoor(system_pool), vault)

    @classmethod
    async def open(
        cls, database_url: str, *, key_file: Path, app_connections: int = 8, system_connections: int = 4
    ) -> "Store":
        """The store in a migrated database. Raises Unavailable, KeyFileUnusable."""
        vault = Vault.at(key_file)
        app_pool = await open_pool(database_url, role=APP, connections=app_connections)
        try:
            system_pool = await open_pool(database_url, role=SYSTEM, connections=system_connections)
        except BaseException:
            app_pool.terminate()
            raise
        return cls(database_url, app_pool, system_pool, vault)

    def for_tenant(self, tenant_id: int) -> OpenTenantRows:
        """A tenant's rows."""
        return OpenTenantRows(PoolDoor(self._app_pool, tenant_id), tenant_id, self._vault, self._bell)

    def listen(self, *channels: str) -> AbstractAsyncContextManager[Notifications]:
        """Hear what is announced: ``call_queued``, ``call_instruction``, ``configuration``, ``delivery_due``.

        ``("", "")`` comes whenever something may have been missed. Never raises: the line comes back by itself.
        """
        return listening(self._database_url, channels)

    async def close(self) -> None:
        """Hang up. Nothing of the store can be used afterwards."""
        await self._bell.close()
        for pool in (self._app_pool, self._system_pool):
            try:
                await asyncio.wait_for(pool.close(), CLOSE_SECONDS)
            except TimeoutError:
                pool.terminate()
