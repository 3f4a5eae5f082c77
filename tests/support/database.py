"""A real PostgreSQL for tests: one throw-away server for a run, a fresh migrated database for each test."""

import asyncio
import itertools
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import asyncpg
import pytest

from cordboard.nodes import child
from cordboard.nodes.postgres_install import get_postgres
from cordboard.nodes.user import ServiceUser, service_user
from cordboard.settings import Settings
from cordboard.store import Store
from cordboard.store.migrate import migrate

ADMINISTRATOR = "administrator"
# The databases' owner is no superuser, as at most hosts: row-level security would not bind one.
OWNER = "keeper"
TEMPLATE = "migrated"
START_TRIES = 600
MEMORY = "/dev/shm"
MEMORY_BYTES = 1_000_000_000

# Nothing here outlives the run: durability costs time.
OPTIONS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "jit": "off",
}

_numbers = itertools.count(1)


@dataclass(slots=True, kw_only=True)
class Cluster:
    """A PostgreSQL server on a unix socket."""

    binaries: Path
    folder: Path
    user: ServiceUser | None
    process: subprocess.Popen[bytes] | None = None

    def url(self, database: str, user: str = OWNER) -> str:
        """How to reach a database of it."""
        return f"postgresql://{user}@/{database}?host={quote(str(self.folder), safe='')}&port=5432"

    def make(self) -> None:
        """Make its data folder."""
        if self.user:
            shutil.chown(self.folder, self.user.uid, self.user.gid)
        done = child.run(
            [
                self.binaries / "initdb", "--pgdata", self.folder / "data", "--username", ADMINISTRATOR,
                "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions",
            ],
            user=self.user,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout

    def start(self) -> None:
        """Start it; it ends with the thread that calls this. See ``ready``."""
        options = [part for name, value in OPTIONS.items() for part in ("-c", f"{name}={value}")]
        command: list[str | Path] = [
            self.binaries / "postgres",
            "-D",
            self.folder / "data",
            "-k",
            self.folder,
            *options,
        ]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                child.launched(command, user=self.user, death_signal=signal.SIGQUIT),
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd="/",
            )

    async def ready(self) -> None:
        """Wait until it takes connections."""
        for _ in range(START_TRIES):
            try:
                connection = await asyncpg.connect(self.url("postgres", ADMINISTRATOR), timeout=5)
            except (OSError, asyncpg.PostgresError):
                assert self.process is not None
                assert self.process.poll() is None, (self.folder / "log").read_text()
                await asyncio.sleep(0.05)
            else:
                await connection.close()
                return
        raise AssertionError((self.folder / "log").read_text())

    def stop(self) -> None:
        """Stop it at once, as a crash would."""
        if self.process is not None:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait()
            self.process = None

    async def run(self, *statements: str, database: str = "postgres") -> None:
        """Run statements as the administrator."""
        connection = await asyncpg.connect(self.url(database, ADMINISTRATOR))
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    async def new_database(self, template: str = "template1") -> str:
        """A new database of the owner's; returns its URL."""
        name = f"test{next(_numbers)}"
        await self.run(f"CREATE DATABASE {name} TEMPLATE {template} OWNER {OWNER} STRATEGY file_copy")
        return self.url(name)


def as_administrator(database_url: str) -> str:
    """The same database for a superuser, who sees every row."""
    return database_url.replace(f"//{OWNER}@", f"//{ADMINISTRATOR}@")


def _fastest_folder() -> str | None:
    """Memory where there is enough: a database is 300 files, and a busy disk takes 1 ms for each. None: the usual."""
    try:
        is_roomy = shutil.disk_usage(MEMORY).free >= MEMORY_BYTES
    except OSError:
        return None
    return MEMORY if is_roomy and os.access(MEMORY, os.W_OK) else None


def make_cluster() -> Cluster:
    """A server that runs, with nothing in it but the owner's role."""
    cache = Settings.load(os.environ).cache
    folder = Path(tempfile.mkdtemp(prefix="cordboard-db-", dir=_fastest_folder()))
    folder.chmod(0o755)
    binaries = get_postgres(folder / "data", cache).binaries
    cluster = Cluster(binaries=binaries, folder=folder, user=service_user())
    cluster.make()
    cluster.start()
    asyncio.run(cluster.ready())
    asyncio.run(cluster.run(f"CREATE ROLE {OWNER} LOGIN CREATEROLE"))
    return cluster


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """The run's server, with a migrated database to copy."""
    made = make_cluster()
    try:
        asyncio.run(made.run(f"CREATE DATABASE {TEMPLATE} OWNER {OWNER}"))
        asyncio.run(migrate(made.url(TEMPLATE)))
        yield made
    finally:
        made.stop()
        shutil.rmtree(made.folder)


@pytest.fixture
async def database_url(cluster: Cluster) -> AsyncIterator[str]:
    """A migrated database of the test's own."""
    url = await cluster.new_database(TEMPLATE)
    yield url
    name = url.partition("@/")[2].partition("?")[0]
    await cluster.run(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def store(database_url: str, tmp_path: Path) -> AsyncIterator[Store]:
    """An open store in a database of the test's own."""
    opened = await Store.open(database_url, key_file=tmp_path / "secret.key")
    yield opened
    await opened.close()
