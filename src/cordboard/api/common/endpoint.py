"""What is served at one method of one path: who may ask, what is read, what is answered.

Handlers and documentation come from the same lines.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from cordboard.actions.core import Core
from cordboard.api.common.accept import accepts
from cordboard.api.common.authentication import Gatekeeper
from cordboard.api.common.errors import NotAcceptable
from cordboard.api.common.resource import Handler
from cordboard.domain.tenant import Identity

JSON = "application/json"

KeyedHandler = Callable[[Core, Identity, Request], Awaitable[Response]]
Query = TypeVar("Query", bound=msgspec.Struct)

_encoder = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One method of one path, for whoever has a key with ``scope``.

    ``body`` and ``query`` are what is read of a request, ``answer`` the type of what is answered (None: nothing, 204);
    ``media_types`` are what it can be answered in.
    """

    serve: KeyedHandler
    scope: str
    body: type[msgspec.Struct] | None = None
    query: type[msgspec.Struct] | None = None
    answer: Any = None
    media_types: tuple[str, ...] = (JSON,)


Endpoints = Mapping[str, Mapping[str, Endpoint]]


def handlers(core: Core, gatekeeper: Gatekeeper, endpoints: Endpoints) -> dict[str, dict[str, Handler]]:
    """What serves ``endpoints``, by path and method."""
    return {
        path: {method: _handler(core, gatekeeper, endpoint) for method, endpoint in methods.items()}
        for path, methods in endpoints.items()
    }


def keyed(core: Core, gatekeeper: Gatekeeper, scope: str, handler: KeyedHandler) -> Handler:
    """A handler for whoever has a key with ``scope`` and takes JSON."""
    return _handler(core, gatekeeper, Endpoint(serve=handler, scope=scope))


def json_answer(body: object, status: int = 200) -> Response:
    """A body of msgspec's types."""
    return Response(_encoder.encode(body), status, media_type=JSON)


def read_query(request: Request, kind: type[Query]) -> Query:
    """The query's parameters as ``kind``, whose fields are all strings; what is not given has its default."""
    given = request.query_params
    names = zip(kind.__struct_fields__, kind.__struct_encode_fields__, strict=True)
    return kind(**{field: given[name] for field, name in names if name in given})


def _handler(core: Core, gatekeeper: Gatekeeper, endpoint: Endpoint) -> Handler:
    async def handle(request: Request) -> Response:
        identity = await gatekeeper.admit(request, endpoint.scope)
        accepted = request.headers.get("accept", "")
        if not any(accepts(accepted, media_type) for media_type in endpoint.media_types):
            raise NotAcceptable
        return await endpoint.serve(core, identity, request)

    return handle
