"""The web program as the supervisor runs it: a process with a socket handed down, stopped by a signal."""

import asyncio
import os
import signal
import socket
from pathlib import Path

import aiohttp
import pytest

from cordboard.processes.web import listening_socket
from cordboard.store import Store
from tests.api.house import SEARCH
from tests.api.web_process import web_program


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_request_under_way_is_finished_before_the_stop(
    store: Store, database_url: str, tmp_path: Path, number: signal.Signals
) -> None:
    tenant = await store.system.tenants.create("acme")
    await store.for_tenant(tenant.id).keys.create(name="k", value="a key to ask with", scopes=["report"])
    listener = socket.create_server(("127.0.0.1", 0))
    address = listener.getsockname()
    with listener:
        async with web_program(database_url, tmp_path, listener) as process:
            idle = await asyncio.open_connection(*address)
            reader, writer = await asyncio.open_connection(*address)
            head = (
                f"POST {SEARCH} HTTP/1.1\r\nHost: x\r\nAuthorization: a key to ask with\r\nContent-Length: 2\r\n\r\n{{"
            )
            writer.write(head.encode())
            async with aiohttp.ClientSession(f"http://127.0.0.1:{address[1]}") as client:
                await (await client.get("/livez")).read()
            process.send_signal(number)
            listener.close()
            assert await idle[0].read() == b""
            writer.write(b"}")
            answer = await reader.read()
            assert answer.startswith(b"HTTP/1.1 200 ")
            assert b'"totalRecord":0' in answer
            assert await process.wait() == 0
            for connection in (idle[1], writer):
                connection.close()


async def test_without_a_socket_it_opens_its_own() -> None:
    with listening_socket("127.0.0.1:0", "") as first:
        host, port = first.getsockname()
        with pytest.raises(OSError, match="in use"):
            listening_socket(f"{host}:{port}", "")
        handed_down = os.dup(first.fileno())
        with listening_socket("ignored", str(handed_down)) as second:
            assert second.getsockname() == (host, port)
    with listening_socket("[::1]:0", "") as other:
        assert other.family == socket.AF_INET6
