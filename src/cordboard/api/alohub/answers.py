"""JSON answers of this dialect, and what a handler behind a key looks like."""

from collections.abc import Awaitable, Callable

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from cordboard.actions.core import Core
from cordboard.api.common.accept import accepts
from cordboard.api.common.authentication import Gatekeeper
from cordboard.api.common.errors import NotAcceptable
from cordboard.api.common.resource import Handler
from cordboard.domain.tenant import Identity

KeyedHandler = Callable[[Core, Identity, Request], Awaitable[Response]]

_encoder = msgspec.json.Encoder()


def json_answer(body: msgspec.Struct, status: int = 200) -> Response:
    """A body; as a rule an envelope."""
    return Response(_encoder.encode(body), status, media_type="application/json")


def keyed(core: Core, gatekeeper: Gatekeeper, scope: str, handler: KeyedHandler) -> Handler:
    """A handler for whoever has a key with ``scope`` and takes JSON."""

    async def handle(request: Request) -> Response:
        identity = await gatekeeper.admit(request, scope)
        if not accepts(request.headers.get("accept", ""), "application/json"):
            raise NotAcceptable
        return await handler(core, identity, request)

    return handle
