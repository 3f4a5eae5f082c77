"""The two roles that our connections act as. Roles belong to the whole cluster, and several databases share them."""

import asyncio
import random

import asyncpg

from cordboard.store.failures import MigrationFailed

APP = "cordboard_app"
SYSTEM = "cordboard_system"
_TRIES = 20
# Another database's migration does the same at this moment: the row exists, or was changed under us (XX000, "tuple
# concurrently updated"; PostgreSQL takes no lock here).
_RACES = (asyncpg.DuplicateObjectError, asyncpg.UniqueViolationError, asyncpg.InternalServerError)


async def make_roles(connection: asyncpg.Connection) -> None:
    """Make the roles, and the connection's user a member of both. Raises MigrationFailed."""
    for role in (APP, SYSTEM):
        for _ in range(_TRIES):
            try:
                await _make(connection, role)
                break
            except _RACES:
                await asyncio.sleep(random.uniform(0.01, 0.05))
            except asyncpg.InsufficientPrivilegeError as error:
                raise MigrationFailed(_advice(role)) from error
        else:
            raise MigrationFailed(f"role {role} could not be made: others kept changing it")


async def _make(connection: asyncpg.Connection, role: str) -> None:
    if await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role) is None:
        await connection.execute(f"CREATE ROLE {role} NOLOGIN NOSUPERUSER NOBYPASSRLS")
    # Since PostgreSQL 16 a member may still lack the right to become the role (whoever made it, for one).
    right = "set" if connection.get_server_version().major >= 16 else "member"
    if not await connection.fetchval("SELECT pg_has_role(current_user, $1, $2)", role, right):
        await connection.execute(f"GRANT {role} TO CURRENT_USER")


def _advice(role: str) -> str:
    return (
        f"the database user may not make the role {role}, or become it. Give it CREATEROLE, or let an administrator"
        f" run: CREATE ROLE {APP}; CREATE ROLE {SYSTEM}; GRANT {APP}, {SYSTEM} TO <the database user>;"
    )
