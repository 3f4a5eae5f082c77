"""An own PostgreSQL server: made, started and stopped by us, reached by a unix socket only.

A data folder has one server: the lock on it is handed down to the server, so that the kernel gives it back when the
last of its processes is gone, not when the one who started it is.
"""

import asyncio
import contextlib
import shutil
import signal
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import asyncpg

from cordboard.nodes import child
from cordboard.nodes.failure import StartFailed
from cordboard.nodes.lock import take_lock
from cordboard.nodes.postgres_install import OLDEST_MAJOR, PostgresInstallation
from cordboard.nodes.user import ServiceUser

Command = list[str | Path]

DATABASE = "cordboard"
# Part of the socket's name, nothing more: no TCP port is opened.
PORT = 5432
# Ends transactions, writes a checkpoint, leaves: also when whoever started it is killed.
STOP_SIGNAL = signal.SIGINT
# A server whose starter was killed a moment ago needs this long at most to leave.
LOCK_SECONDS = 15.0

OPTIONS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    # web 12 each, switch and worker 12 each, with room for psql and more web processes.
    "max_connections": "200",
    "shared_buffers": "128MB",
    "max_wal_size": "1GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    # Our statements are short: compiling one costs more than it saves.
    "jit": "off",
    # The outbox turns over quickly.
    "autovacuum_naptime": "15s",
    "idle_in_transaction_session_timeout": "60s",
    "logging_collector": "off",
    "log_destination": "stderr",
    "cluster_name": "cordboard",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresServer:
    """Where a server's data and socket are, and who it runs as (None: as whoever we are)."""

    installation: PostgresInstallation
    data: Path
    socket_folder: Path
    user: ServiceUser | None

    @property
    def database_url(self) -> str:
        """How programs reach it."""
        return f"postgresql://{DATABASE}@/{DATABASE}?host={quote(str(self.socket_folder), safe='')}&port={PORT}"

    def command(self) -> list[str]:
        """What starts it."""
        options = [part for name, value in OPTIONS.items() for part in ("-c", f"{name}={value}")]
        program = self.installation.binaries / "postgres"
        return [str(program), "-D", str(self.data), "-k", str(self.socket_folder), "-p", str(PORT), *options]

    @property
    def is_made(self) -> bool:
        """Whether there is a data folder."""
        return (self.data / "PG_VERSION").exists()

    def make_data(self) -> None:
        """Make the data folder and the database in it. Raises StartFailed.

        Made beside its place and renamed: a start that was interrupted begins again.
        """
        making = self.data.with_name(f"{self.data.name}.making")
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(mode=0o700)
        if self.user:
            shutil.chown(making, self.user.uid, self.user.gid)
        initdb: Command = [
            self.installation.binaries / "initdb", "--pgdata", making, "--username", DATABASE, "--auth=trust",
            "--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums", "--no-instructions",
        ]  # fmt: skip
        self._run(initdb, "initdb")
        single: Command = [self.installation.binaries / "postgres", "--single", "-D", making, "postgres"]
        self._run(["sh", "-c", f'echo "CREATE DATABASE {DATABASE}" | "$@"', "sh", *single], "making the database")
        if self.data.exists():
            self.data.rmdir()
        making.rename(self.data)

    def _run(self, command: Command, what: str) -> None:
        done = child.run(command, user=self.user)
        if done.returncode == 0:
            return
        if "No space left" in done.stdout:
            raise StartFailed(f"the disk is full: {self.data.parent}", "Make room, or choose another CORDBOARD_HOME")
        complaints = [line for line in done.stdout.splitlines() if "error" in line or "FATAL" in line]
        raise StartFailed(f"{what} failed: {' '.join(complaints) or done.stdout.strip()[-300:]}")

    def take_data(self, wait_seconds: float = LOCK_SECONDS) -> int:
        """The lock on the data folder, to be handed down to the server. Raises StartFailed when it is in use."""
        lock = take_lock(self.data.with_name(f"{self.data.name}.lock"), wait_seconds=wait_seconds)
        if lock is None:
            raise StartFailed(f"another PostgreSQL uses {self.data}", "Stop the other copy, or choose another home")
        # Nobody has the folder, so what says otherwise was left behind by a machine that lost power.
        for left in (self.data / "postmaster.pid", self.socket_folder / f".s.PGSQL.{PORT}.lock"):
            left.unlink(missing_ok=True)
        return lock

    async def is_ready(self) -> bool:
        """Whether it takes connections."""
        try:
            connection = await asyncpg.connect(self.database_url, timeout=5)
        except (OSError, TimeoutError, asyncpg.PostgresError):
            return False
        await connection.close()
        return True


async def check_version(database_url: str) -> None:
    """Raise StartFailed when the database cannot be reached, or is older than we can use."""
    try:
        connection = await asyncpg.connect(database_url, timeout=10)
    except (OSError, TimeoutError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise StartFailed(
            f"the database of CORDBOARD_DATABASE_URL cannot be reached: {error or type(error).__name__}",
            "Start it, correct the address, or leave it empty for an own one",
        ) from error
    major = connection.get_server_version().major
    with contextlib.suppress(OSError, asyncio.TimeoutError):
        await connection.close(timeout=5)
    if major < OLDEST_MAJOR:
        raise StartFailed(
            f"the database of CORDBOARD_DATABASE_URL is PostgreSQL {major}; {OLDEST_MAJOR} or later is needed",
            "Upgrade it, or leave the setting empty for an own one",
        )
