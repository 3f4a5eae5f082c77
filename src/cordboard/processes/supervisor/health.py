"""Asking ``web`` how it is, as a load balancer would."""

import asyncio
import json

from cordboard.nodes.ports import split_address

ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - what an address that listens everywhere is reached by
ASK_SECONDS = 5.0


async def health(address: str) -> dict[str, str]:
    """What ``GET /healthz`` at host:port says of each part; ``status`` is "ok" when a call could be made now."""
    host, port = split_address(address, "CORDBOARD_HTTP")
    try:
        async with asyncio.timeout(ASK_SECONDS):
            reader, writer = await asyncio.open_connection(ANYWHERE.get(host, host), port)
            try:
                writer.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                answer = await reader.read()
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return {"status": "away"}
    try:
        parts = json.loads(answer.partition(b"\r\n\r\n")[2])
    except ValueError:
        return {"status": "strange"}
    return (
        {str(name): str(state) for name, state in parts.items()} if isinstance(parts, dict) else {"status": "strange"}
    )
