"""Connections, and the doors that rows are reached through.

Each pool's connections take their role by the startup setting ``role``: what they may do is the role's business, and
a ``RESET ROLE`` gains nothing. A connection poolers' transaction mode does not carry such settings: connect directly.
"""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any, Protocol, TypeAlias

import asyncpg

from cordboard.domain.errors import Unavailable
from cordboard.store.failures import FAILURES, Refusals, translate

ACQUIRE_SECONDS = 2.0
STATEMENT_SECONDS = 10
# When even the server's own time-out is not heard of: the network is gone, or the server is stopped.
SILENCE_SECONDS = STATEMENT_SECONDS + 2.0

NO_REFUSALS: Refusals = {}

# asyncpg carries no types.
Pool: TypeAlias = Any


class Row(Protocol):
    """A row: columns by place or name."""

    def __getitem__(self, key: int | str) -> Any:  # noqa: ANN401 -- whatever PostgreSQL has
        """The column's value."""

    def __iter__(self) -> Iterator[Any]:
        """All values, in order."""


class Connection(asyncpg.Connection):  # type: ignore[misc] # asyncpg carries no types
    """A connection that remembers which tenant it is set to, and is not reset between its users.

    The pool's reset query doubles the CPU of a 50-row read (670 against 350 µs); nothing here leaves anything behind:
    every user sets the tenant, or relies on its being set to the one it wants.
    """

    tenant_id: int | None = None

    def get_reset_query(self) -> str:
        """Nothing. An open transaction is rolled back all the same."""
        return ""

    async def turn_to(self, tenant_id: int) -> None:
        """Set the session to a tenant, if it is set to another."""
        if self.tenant_id != tenant_id:
            self.tenant_id = None
            await self.execute(f"SET cordboard.tenant_id = '{int(tenant_id)}'")
            self.tenant_id = tenant_id


async def open_pool(database_url: str, *, role: str, connections: int) -> Pool:
    """A pool whose connections act as ``role``. Raises Unavailable."""
    try:
        pool = await asyncpg.create_pool(
            database_url,
            min_size=0,  # connections are made when needed, and kept: asyncpg warns at length while it cannot hold more
            max_size=connections,
            max_inactive_connection_lifetime=0,
            max_queries=1_000_000,
            connection_class=Connection,
            command_timeout=SILENCE_SECONDS,
            timeout=ACQUIRE_SECONDS,
            server_settings=session_settings(role),
        )
        await pool.release(await pool.acquire(timeout=ACQUIRE_SECONDS))
    except asyncpg.InvalidParameterValueError as error:
        raise Unavailable(f"the database is not migrated: {error}") from error
    except FAILURES as error:
        raise translate(error, NO_REFUSALS) from error
    return pool


def session_settings(role: str) -> dict[str, str]:
    """What every connection of ours starts with. Queries here are short: compiling them (jit) only costs."""
    return {
        "role": role,
        "application_name": role,
        "jit": "off",
        "timezone": "UTC",
        "datestyle": "ISO",
        "statement_timeout": str(STATEMENT_SECONDS * 1000),
        # A program that was stopped in a transaction must not keep an agent's slot locked.
        "idle_in_transaction_session_timeout": str(STATEMENT_SECONDS * 1000),
    }


class Door(ABC):
    """A way to rows. Every call may raise Unavailable; broken constraints raise what ``refusals`` says."""

    @abstractmethod
    def held(self) -> AbstractAsyncContextManager["HeldDoor"]:
        """One connection, for statements that belong together."""

    async def fetch(self, sql: str, *args: object, refusals: Refusals = NO_REFUSALS) -> list[Row]:
        """All rows."""
        async with self.held() as door:
            return await door.fetch(sql, *args, refusals=refusals)

    async def row(self, sql: str, *args: object, refusals: Refusals = NO_REFUSALS) -> Row | None:
        """The first row, or None."""
        async with self.held() as door:
            return await door.row(sql, *args, refusals=refusals)

    async def value(self, sql: str, *args: object, refusals: Refusals = NO_REFUSALS) -> Any:  # noqa: ANN401 -- as above
        """The first column of the first row, or None."""
        row = await self.row(sql, *args, refusals=refusals)
        return None if row is None else row[0]


class HeldDoor(Door):
    """One connection."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    @asynccontextmanager
    async def held(self) -> AsyncIterator["HeldDoor"]:
        """Itself."""
        yield self

    async def fetch(self, sql: str, *args: object, refusals: Refusals = NO_REFUSALS) -> list[Row]:
        """All rows."""
        try:
            rows: list[Row] = await self.connection.fetch(sql, *args)
        except FAILURES as error:
            raise translate(error, refusals) from error
        return rows

    async def row(self, sql: str, *args: object, refusals: Refusals = NO_REFUSALS) -> Row | None:
        """The first row, or None."""
        try:
            row: Row | None = await self.connection.fetchrow(sql, *args)
        except FAILURES as error:
            raise translate(error, refusals) from error
        return row

    async def copy(self, sql: str, *args: object) -> str:
        """All rows as COPY's text: tabs between columns, "" for NULL; 1.3 µs a row, values cost 11 (30 columns)."""
        pieces: list[bytes] = []

        async def keep(piece: bytes) -> None:
            pieces.append(piece)

        try:
            await self.connection.copy_from_query(sql, *args, output=keep, null="")
        except FAILURES as error:
            raise translate(error, NO_REFUSALS) from error
        return b"".join(pieces).decode()

    async def execute(self, statements: str) -> str:
        """Statements without arguments, as one message (simple protocol). Returns the last one's tag."""
        try:
            tag: str = await self.connection.execute(statements)
        except FAILURES as error:
            raise translate(error, NO_REFUSALS) from error
        return tag


class PoolDoor(Door):
    """A pool: each call takes a connection. With a tenant, the connection is turned to it."""

    def __init__(self, pool: Pool, tenant_id: int | None = None) -> None:
        self._pool = pool
        self._tenant_id = tenant_id

    @asynccontextmanager
    async def held(self) -> AsyncIterator[HeldDoor]:
        """A connection of the pool."""
        connection = await self._acquire()
        try:
            if self._tenant_id is not None:
                await self._turn(connection, self._tenant_id)
            yield HeldDoor(connection)
        finally:
            await self._release(connection)

    @asynccontextmanager
    async def transaction(self, *settings: str) -> AsyncIterator[HeldDoor]:
        """A transaction: committed when the block ends well, else rolled back. ``settings`` hold as long as it.

        ``BEGIN`` and the settings go as one message: one round trip.
        """
        if self._tenant_id is not None:
            settings = (f"cordboard.tenant_id = '{int(self._tenant_id)}'", *settings)
        connection = await self._acquire()
        try:
            door = HeldDoor(connection)
            await door.execute("; ".join(("BEGIN", *(f"SET LOCAL {setting}" for setting in settings))))
            try:
                yield door
            except BaseException:
                await _roll_back(connection)
                raise
            if await door.execute("COMMIT") != "COMMIT":
                # The server answers ROLLBACK when a statement failed and its error was swallowed.
                raise RuntimeError("a transaction went on after an error in it")
        finally:
            await self._release(connection)

    async def _acquire(self) -> Connection:
        try:
            connection: Connection = await self._pool.acquire(timeout=ACQUIRE_SECONDS)  # a proxy of one
        except FAILURES as error:
            raise translate(error, NO_REFUSALS) from error
        return connection

    async def _turn(self, connection: Connection, tenant_id: int) -> None:
        try:
            await connection.turn_to(tenant_id)
        except FAILURES as error:
            raise translate(error, NO_REFUSALS) from error

    async def _release(self, connection: Connection) -> None:
        try:
            await self._pool.release(connection)
        except FAILURES:
            # It broke while it was put back: the pool has dropped it, and its user's work is done or has failed.
            return


async def _roll_back(connection: Connection) -> None:
    try:
        await connection.execute("ROLLBACK")
    except (*FAILURES, asyncpg.PostgresError):
        # Whatever state it is in, nobody shall get it again (one that broke is out of the pool by itself); the server
        # rolls back what it loses.
        with suppress(asyncpg.InterfaceError):
            connection.terminate()
