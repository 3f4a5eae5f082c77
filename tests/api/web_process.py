"""A web process as the supervisor runs it, with a socket handed down."""

import asyncio
import contextlib
import os
import socket
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp

from cordboard.processes import SOCKET_VARIABLE


@contextlib.asynccontextmanager
async def web_program(database_url: str, home: Path, listener: socket.socket) -> AsyncIterator[Process]:
    """A web process on ``listener``, once it answers."""
    environment = {
        **os.environ,
        "CORDBOARD_HOME": str(home),
        "CORDBOARD_DATABASE_URL": database_url,
        "CORDBOARD_LOG_LEVEL": "warning",
        SOCKET_VARIABLE: str(listener.fileno()),
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cordboard.processes.web", env=environment, pass_fds=[listener.fileno()]
    )
    try:
        base_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        # The socket listens already: the first request waits until the process accepts it.
        async with aiohttp.ClientSession(base_url) as client, client.get("/livez") as answer:
            assert answer.status == 200
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
