"""Bring a database up to date: numbered .sql files, each applied once, in order, in a transaction."""

import hashlib
from importlib import resources

import asyncpg

from cordboard.store.failures import FAILURES, MigrationFailed, translate
from cordboard.store.pool import ACQUIRE_SECONDS, NO_REFUSALS
from cordboard.store.roles import make_roles

# Any number that no other program takes in this database: "cordbrd1" in ASCII.
LOCK = 0x636F726462726431
LEAST_VERSION = 15


async def migrate(database_url: str) -> list[str]:
    """Apply the migrations that are missing; returns their names. Safe to run from several programs at once.

    Raises:
        MigrationFailed: a reason that an operator can do something about.
        Unavailable: the database is away.
    """
    try:
        connection = await asyncpg.connect(database_url, timeout=ACQUIRE_SECONDS * 5)
    except FAILURES as error:
        raise translate(error, NO_REFUSALS) from error
    try:
        if connection.get_server_version().major < LEAST_VERSION:
            raise MigrationFailed(f"PostgreSQL is {connection.get_server_version().major}, needed is {LEAST_VERSION}")
        await make_roles(connection)
        await connection.execute("SELECT pg_advisory_lock($1)", LOCK)
        return await _apply_missing(connection)
    except (asyncpg.InsufficientPrivilegeError, asyncpg.UndefinedObjectError) as error:
        raise MigrationFailed(f"the database user lacks a right: {error}") from error
    except FAILURES as error:
        raise translate(error, NO_REFUSALS) from error
    finally:
        await connection.close()


async def _apply_missing(connection: asyncpg.Connection) -> list[str]:
    await connection.execute(
        "CREATE TABLE IF NOT EXISTS migrations (name text PRIMARY KEY, checksum text NOT NULL,"
        " applied_at timestamptz NOT NULL DEFAULT now())"
    )
    known = {row["name"]: row["checksum"] for row in await connection.fetch("SELECT name, checksum FROM migrations")}
    applied = []
    for file in sorted(resources.files("cordboard.store.migrations").iterdir(), key=lambda file: file.name):
        if not file.name.endswith(".sql"):
            continue
        sql = file.read_text("utf-8")
        checksum = hashlib.sha256(sql.encode()).hexdigest()
        if file.name in known:
            if known[file.name] != checksum:
                raise MigrationFailed(f"{file.name} is not the file that was applied to this database")
            continue
        async with connection.transaction():
            await connection.execute(sql)
            await connection.execute("INSERT INTO migrations (name, checksum) VALUES ($1, $2)", file.name, checksum)
        applied.append(file.name)
    return applied
