"""A partner's server that costs little: 2xx for every POST, and a note of when each webhook arrived.

A program of its own, so that its CPU can be told apart. It listens on all of 127.0.0.0/8, so that each target can have
a host of its own. Its first line of output is its port; on each line of input it prints how many have arrived, and the
seconds of CPU it has used, on "dump" also the ids and times.
"""

import asyncio
import json
import sys
import time
from typing import cast

import uvloop

ANSWER = b"HTTP/1.1 204 No Content\r\n\r\n"
ID = b"webhook-id: "
LENGTH = b"content-length: "

arrived: dict[str, float] = {}
count = 0


class Hook(asyncio.Protocol):
    """One connection. Requests come one after the other, each with a Content-Length."""

    def __init__(self) -> None:
        self._waiting = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep it."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's own class does not say so

    def data_received(self, data: bytes) -> None:
        """Answer each request that is complete."""
        global count  # noqa: PLW0603 - a program of its own
        assert self._transport is not None
        self._waiting += data
        while (end := self._waiting.find(b"\r\n\r\n")) >= 0:
            head = self._waiting[:end].lower() + b"\r\n"
            total = end + 4 + int(_value(head, LENGTH) or 0)
            if len(self._waiting) < total:
                return
            self._waiting = self._waiting[total:]
            count += 1
            arrived.setdefault(_value(head, ID).decode(), time.time())
            self._transport.write(ANSWER)


def _value(head: bytes, name: bytes) -> bytes:
    start = head.find(name)
    return b"" if start < 0 else head[start + len(name) : head.index(b"\r\n", start)]


async def main() -> None:
    """Serve until the input ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Hook, "0.0.0.0", 0, backlog=2048)  # noqa: S104 - 127.0.0.0/8 has many addresses
    print(server.sockets[0].getsockname()[1], flush=True)
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        told = {"count": count, "distinct": len(arrived), "cpu_seconds": time.process_time()}
        print(json.dumps(told | ({"arrived": arrived} if line.strip() == "dump" else {})), flush=True)


if __name__ == "__main__":
    uvloop.run(main())
