"""Partners' servers at their worst, one kind each."""

import ssl
import tempfile
from asyncio import start_server
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.support.certificates import self_signed_certificate
from tests.support.receiver import Answer, Receiver

BAD_CERTIFICATE = "bad certificate"
ANSWERS = {
    "black hole": Answer(is_hanging=True),
    "reset": Answer(is_reset=True),
    "one byte a second": Answer(status=500, pause_seconds=1, is_endless=True),
    "endless body": Answer(body=b"x" * 10_000, is_endless=True),
    "redirect": Answer(status=307, headers={"Location": "http://10.0.0.1/"}),
    "too many": Answer(status=429, headers={"Retry-After": "90"}),
    "gone": Answer(status=410),
}
KINDS = (*ANSWERS, BAD_CERTIFICATE)


@asynccontextmanager
async def hostile_target(kind: str) -> AsyncIterator[str]:
    """A server of one of ``KINDS``, on a port of its own; its URL."""
    if kind == BAD_CERTIFICATE:
        async with _secure_server() as url:
            yield url
    else:
        async with Receiver() as receiver:
            receiver.default = ANSWERS[kind]
            yield receiver.url


@asynccontextmanager
async def _secure_server() -> AsyncIterator[str]:
    """A server whose certificate nobody vouches for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:
        context.load_cert_chain(self_signed_certificate(Path(folder), "localhost"))
    server = await start_server(lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=context)
    async with server:
        yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
