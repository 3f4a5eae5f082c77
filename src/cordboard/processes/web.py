"""The web program: both API dialects and health on one socket. Stateless; several share one port."""

import asyncio
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
import uvicorn
from starlette.types import ASGIApp

from cordboard.app import build_core, build_web
from cordboard.processes import SOCKET_VARIABLE
from cordboard.processes.http_protocol import HttpProtocol
from cordboard.processes.program import run_program
from cordboard.settings import Settings

log = structlog.get_logger()

BACKLOG = 2048
# Longer than the idle limit of common proxies (60 s): the proxy closes first, never in the middle of a request.
KEEP_ALIVE_SECONDS = 75
STOP_SECONDS = 10


class Server(uvicorn.Server):
    """Uvicorn, with the signals left to ``run_program``."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take no signal over."""
        yield


async def serve_web(settings: Settings) -> None:
    """Serve until cancelled, then finish the requests that are under way."""
    core = await build_core(settings)
    listener = listening_socket(settings.http, os.environ.get(SOCKET_VARIABLE, ""))
    try:
        log.info("serving", address=settings.http)
        await serve_until_cancelled(build_web(core), listener)
    finally:
        await core.store.close()


async def serve_until_cancelled(app: ASGIApp, listener: socket.socket) -> None:
    """Serve ``app``; when cancelled, accept nothing more, let answers finish for ``STOP_SECONDS``, and return."""
    # Accepted connections inherit it, and asyncio sets it on some only: without it, an answer waits up to 40 ms for
    # the client's delayed acknowledgement of its head.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    server = Server(configuration(app))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        await asyncio.shield(serving)
    finally:
        server.should_exit = True
        await serving


def configuration(app: ASGIApp) -> uvicorn.Config:
    """How uvicorn serves us. ``proxy_headers`` is off: a gateway is known by the peer's address, not by a header."""
    return uvicorn.Config(
        app,
        http=HttpProtocol,
        ws="none",
        lifespan="off",
        access_log=False,
        log_level="error",
        log_config=None,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=STOP_SECONDS,
    )


def listening_socket(address: str, inherited: str) -> socket.socket:
    """The socket that was handed down as file descriptor ``inherited``, else a new one at ``host:port``.

    Raises OSError when the address is taken or not ours.
    """
    if inherited:
        return socket.socket(fileno=int(inherited))
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, int(port)), family=family, backlog=BACKLOG)


if __name__ == "__main__":
    run_program("web", serve_web)
