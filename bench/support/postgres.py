"""A PostgreSQL of the bench's own: on disk, with the house's own settings, and memory as a server of its size has."""

import contextlib
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

from cordboard.nodes import child
from cordboard.nodes.postgres import STOP_SIGNAL, PostgresServer
from cordboard.nodes.postgres_install import get_postgres
from cordboard.nodes.user import service_user
from cordboard.settings import Settings

START_SECONDS = 120.0
STOP_SECONDS = 60.0


@contextlib.asynccontextmanager
async def running_postgres(folder: Path, shared_buffers: str) -> AsyncIterator[PostgresServer]:
    """A server in ``folder``, made when there is none. ``shared_buffers`` as in postgresql.conf."""
    data, user = folder / "database", service_user()
    server = PostgresServer(
        installation=get_postgres(data, Settings.load({}).cache), data=data, socket_folder=folder, user=user
    )
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    if user:
        shutil.chown(folder, user.uid, user.gid)
    if not server.is_made:
        server.make_data()
    more = {"shared_buffers": shared_buffers, "effective_cache_size": "8GB", "max_wal_size": "8GB"}
    command = [*server.command(), *(part for name, value in more.items() for part in ("-c", f"{name}={value}"))]
    log = folder / "postgres.log"
    process = await child.start(command, log=log, user=user)
    try:
        await child.until_ready(process, server.is_ready, log=log, within_seconds=START_SECONDS)
        yield server
    finally:
        await child.stop(process, STOP_SIGNAL, STOP_SECONDS)
