"""The responses of a document's errors: each is what the dialect's own renderer makes of such an error."""

import json
from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from typing import Any

from starlette.responses import Response

from cordboard.api.common.endpoint import JSON, Endpoint
from cordboard.api.common.errors import (
    NotAcceptable,
    PayloadTooLarge,
    Reason,
    RecordingExpired,
    UnknownPath,
    UnsatisfiableRange,
    WrongMethod,
)
from cordboard.api.common.openapi_schemas import summary_of
from cordboard.api.common.resource import ErrorRenderer
from cordboard.api.common.visit import Visit
from cordboard.domain.errors import (
    AlreadyExists,
    CallRefused,
    Forbidden,
    InvalidInput,
    LimitReached,
    NotFound,
    Refusal,
    TokenRefused,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
    WrongCredentials,
    WrongTenant,
)

Json = dict[str, Any]

# One of each, to be rendered. A call is refused for many reasons.
_SAMPLES: Mapping[type[Exception], tuple[Exception, ...]] = {
    InvalidInput: (InvalidInput("name", Reason.REQUIRED),),
    AlreadyExists: (AlreadyExists("name", "name"),),
    Unauthenticated: (Unauthenticated(),),
    WrongCredentials: (WrongCredentials(),),
    TokenRefused: (TokenRefused(),),
    Forbidden: (Forbidden("scope"), WrongTenant()),
    LimitReached: (LimitReached("things", 5),),
    NotFound: (NotFound("thing", "name"),),
    RecordingExpired: (RecordingExpired("name"),),
    UnknownPath: (UnknownPath(),),
    WrongMethod: (WrongMethod(("GET", "OPTIONS")),),
    NotAcceptable: (NotAcceptable(),),
    PayloadTooLarge: (PayloadTooLarge(),),
    UnsatisfiableRange: (UnsatisfiableRange(1000),),
    TooManyRequests: (TooManyRequests(7),),
    Unavailable: (Unavailable(),),
    CallRefused: tuple(CallRefused(refusal) for refusal in Refusal),
    Exception: (Exception(),),
}
_TEXTS: Mapping[type[Exception], str] = {Exception: "Something that nobody foresaw."}
_EVERYWHERE = (Unauthenticated, Forbidden, TooManyRequests, Unavailable, Exception)
# What no endpoint answers: nothing is served there.
_NOWHERE = (UnknownPath, WrongMethod)
_HEADERS = {
    "retry-after": ("Retry-After", "Seconds to wait.", "integer"),
    "content-range": ("Content-Range", "How long the file is.", "string"),
    "allow": ("Allow", "The methods that are served.", "string"),
}


class ErrorResponses:
    """Responses by errors. Those that were asked for are the document's components."""

    def __init__(self, render_error: ErrorRenderer, schema: Json, headers: Mapping[str, Json]) -> None:
        """``schema`` is of every error's body; ``headers`` stand on what a known key is answered."""
        self._render = render_error
        self._schema = schema
        self._headers = headers
        self._components: dict[str, Json] = {}

    def of(self, path: str, endpoint: Endpoint) -> Iterator[tuple[int, Json]]:
        """References by status: what can go wrong with an endpoint."""
        kinds: dict[int, list[type[Exception]]] = {}
        for kind in dict.fromkeys(_kinds(path, endpoint)):
            for status in {self._rendered(sample).status_code for sample in _SAMPLES[kind]}:
                kinds.setdefault(status, []).append(kind)
        for status, several in kinds.items():
            yield status, self._reference(status, several)

    def components(self) -> dict[str, Json]:
        """All responses that were referred to, and those of what nobody serves."""
        for kind in _NOWHERE:
            self._reference(self._rendered(_SAMPLES[kind][0]).status_code, [kind])
        return self._components

    def _reference(self, status: int, kinds: list[type[Exception]]) -> Json:
        name = "Or".join("Unforeseen" if kind is Exception else kind.__name__ for kind in kinds)
        name = f"{name}{status}" if CallRefused in kinds else name
        self._components.setdefault(name, self._response(status, kinds))
        return {"$ref": f"#/components/responses/{name}"}

    def _response(self, status: int, kinds: list[type[Exception]]) -> Json:
        samples = [sample for kind in kinds for sample in _SAMPLES[kind]]
        rendered = {_name(sample): self._rendered(sample) for sample in samples}
        rendered = {name: response for name, response in rendered.items() if response.status_code == status}
        examples = {name: {"value": json.loads(bytes(response.body))} for name, response in rendered.items()}
        own = {
            _HEADERS[name][0]: {"description": _HEADERS[name][1], "schema": {"type": _HEADERS[name][2]}}
            for response in rendered.values()
            for name in response.headers
            if name in _HEADERS
        }
        media_type = next(iter(rendered.values())).media_type or JSON
        return {
            "description": " ".join(_TEXTS.get(kind) or f"{summary_of(kind)[0]}." for kind in kinds),
            "headers": {**(self._headers if status != HTTPStatus.UNAUTHORIZED else {}), **own},
            "content": {media_type: {"schema": self._schema, "examples": examples}},
        }

    def _rendered(self, error: Exception) -> Response:
        return self._render(error, Visit(request_id="", path="/path"))


def _kinds(path: str, endpoint: Endpoint) -> Iterable[type[Exception]]:
    """What can go wrong with an endpoint: what can everywhere, what its types let happen, and what it says itself."""
    yield from _EVERYWHERE
    if JSON in endpoint.media_types:
        yield NotAcceptable
    if endpoint.body:
        yield PayloadTooLarge
    if endpoint.body or endpoint.query:
        yield InvalidInput
    if "{" in path:
        yield NotFound
    yield from endpoint.raises


def _name(error: Exception) -> str:
    if isinstance(error, CallRefused):
        return error.refusal.value
    return "Unforeseen" if type(error) is Exception else type(error).__name__
