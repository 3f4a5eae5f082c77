"""An HTTP/1.1 client that costs little beside the server it measures."""

import asyncio
import re
from types import TracebackType
from typing import Self

_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)\r\n", re.IGNORECASE)


class Failed(Exception):
    """An answer that is not 200."""


class HttpClient:
    """One connection to 127.0.0.1:``port``, kept alive; one request at a time."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter

    async def __aenter__(self) -> Self:
        """Connect."""
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Hang up."""
        self._writer.close()

    async def ask(
        self, method: str, path: str, *, key: str = "", body: bytes = b"", key_header: str = "authorization"
    ) -> bytes:
        """The body of the answer. Raises Failed."""
        head = f"{method} {path} HTTP/1.1\r\nhost: bench\r\n{key_header}: {key}\r\ncontent-length: {len(body)}\r\n\r\n"
        self._writer.write(head.encode() + body)
        answer = await self._reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(answer)
        content = await self._reader.readexactly(int(length[1]) if length else 0)
        if not answer.startswith(b"HTTP/1.1 200"):
            raise Failed(f"{method} {path}: {answer[:60]!r} {content[:300]!r}")
        return content
