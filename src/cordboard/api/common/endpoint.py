"""What is served at one method of one path: who may ask, what is read, what is answered.

Handlers and documentation come from the same lines.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
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
KeylessHandler = Callable[[Core, Request], Awaitable[Response | None]]
Query = TypeVar("Query", bound=msgspec.Struct)

_encoder = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One method of one path, for whoever has a key with ``scope``.

    ``body``, ``query`` and ``path`` (the parameters in it) are what is read of a request, ``answer`` the type of what
    is answered (None: nothing, 204); ``media_types`` are what it can be answered in. ``without_key`` answers what needs
    no key, None when it does.

    For the documentation alone: ``tag``, the heading it stands under; ``besides_key``, what else must be shown;
    ``raises``, the errors that are not every endpoint's; ``more_statuses``, what else is no error; ``examples``, more
    answers by their names.
    """

    serve: KeyedHandler
    scope: str
    body: type[msgspec.Struct] | None = None
    query: type[msgspec.Struct] | None = None
    path: type[msgspec.Struct] | None = None
    answer: Any = None
    media_types: tuple[str, ...] = (JSON,)
    without_key: KeylessHandler | None = None
    tag: str = ""
    besides_key: tuple[str, ...] = ()
    raises: tuple[type[Exception], ...] = ()
    more_statuses: Mapping[int, str] = field(default_factory=dict)
    examples: Mapping[str, object] = field(default_factory=dict)


Endpoints = Mapping[str, Mapping[str, Endpoint]]


def handlers(core: Core, gatekeeper: Gatekeeper, endpoints: Endpoints) -> dict[str, dict[str, Handler]]:
    """What serves ``endpoints``, by path and method."""
    return {
        path: {method: _handler(core, gatekeeper, endpoint) for method, endpoint in methods.items()}
        for path, methods in endpoints.items()
    }


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
        if endpoint.without_key and (response := await endpoint.without_key(core, request)):
            return response
        identity = await gatekeeper.admit(request, endpoint.scope)
        if not is_acceptable(request.headers.get("accept", ""), endpoint.media_types):
            raise NotAcceptable
        return await endpoint.serve(core, identity, request)

    return handle


def is_acceptable(accepted: str, media_types: tuple[str, ...]) -> bool:
    """Whether a client takes one of these. Who asks for a file gets it: players and savers say odd things of types."""
    return JSON not in media_types or any(accepts(accepted, media_type) for media_type in media_types)
