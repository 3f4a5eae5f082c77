"""A TCP connection that can be cut: a forwarder between a program and what it talks to."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

CHUNK_BYTES = 65536


class Cable:
    """Forwards connections to ``host:port``; ``address`` is where to connect instead."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._port = 0
        self._server: asyncio.Server | None = None
        self._ends: set[asyncio.StreamWriter] = set()
        self._idle = asyncio.Event()

    @property
    def address(self) -> str:
        """``host:port``, the same for as long as it lives."""
        return f"127.0.0.1:{self._port}"

    async def mend(self) -> None:
        """Let connections through."""
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """End all connections and refuse new ones."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for end in self._ends:
            end.transport.abort()
        while self._ends:
            self._idle.clear()
            await self._idle.wait()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._ends.add(writer)
        try:
            far_reader, far_writer = await asyncio.open_connection(*self._target)
            self._ends.add(far_writer)
            try:
                await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))
            finally:
                self._ends.discard(far_writer)
        except OSError:
            pass  # the far end is not there, or broke off
        finally:
            writer.close()
            self._ends.discard(writer)
            self._idle.set()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Until either end is gone: then so is the other."""
    try:
        while data := await reader.read(CHUNK_BYTES):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass  # as good as its end
    finally:
        writer.close()


@asynccontextmanager
async def cable(host: str, port: int) -> AsyncIterator[Cable]:
    """A whole cable to ``host:port``."""
    made = Cable(host, port)
    await made.mend()
    try:
        yield made
    finally:
        await made.cut()
