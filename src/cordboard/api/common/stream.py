"""An answer of any size, made while it is sent: never more of it is in memory than a client has room for."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from starlette.responses import Response
from starlette.types import Receive, Scope, Send


class StreamAnswer(Response):
    """Sends ``pieces`` as they come. They are closed at the end, and when the client goes away."""

    def __init__(self, pieces: AsyncGenerator[bytes, None], media_type: str) -> None:
        super().__init__(media_type=media_type)
        del self.headers["content-length"]
        self._pieces = pieces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 — ASGI's signature
        """Send it. What fails on the way ends the connection: a client must not take half for the whole."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        leaving = asyncio.create_task(_until_gone(receive))
        try:
            async with aclosing(self._pieces) as pieces:
                async for piece in pieces:
                    # The server takes what is sent to nobody without a word.
                    if leaving.done():
                        return
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
                    # A client that takes all at once must not keep the others from being served.
                    await asyncio.sleep(0)
        finally:
            leaving.cancel()
        await send({"type": "http.response.body", "body": b""})


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
