"""The one table from what goes wrong to what this API's clients read: problem details (RFC 9457)."""

from http import HTTPStatus
from typing import Annotated

import msgspec
from starlette.responses import Response

from cordboard.api.common.errors import NotAcceptable, PayloadTooLarge, UnknownPath, WrongMethod
from cordboard.api.common.visit import Visit
from cordboard.api.common.wire_types import says
from cordboard.domain.errors import (
    AlreadyExists,
    Forbidden,
    InvalidInput,
    LimitReached,
    NotFound,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
    WrongTenant,
)

MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = 5


class Problem(msgspec.Struct):
    """The body of every error (RFC 9457)."""

    type: Annotated[str, says("`about:blank`: the status says what kind of problem it is.", "about:blank")]
    title: Annotated[str, says("The status's name.", "Bad Request")]
    status: Annotated[int, says("The HTTP status.", 400)]
    detail: Annotated[str, says("For a person. It names the field.", "Field 'url' is required")]
    instance: Annotated[str, says("What was asked for.", "/manage/v1/webhooks")]


# The first class that the error is an instance of counts. What stands in braces is an attribute of the error.
_ERRORS: dict[type[Exception], tuple[int, str]] = {
    InvalidInput: (400, "Field '{0.field}' {0.reason}"),
    Unauthenticated: (401, "The API key is missing or wrong"),
    WrongTenant: (403, "The API key is not of the tenant that X-Tenant-ID names"),
    Forbidden: (403, "The API key lacks the right to '{0.scope}'"),
    NotFound: (404, "Not found"),
    UnknownPath: (404, "There is nothing at this path"),
    WrongMethod: (405, "This method is not supported here"),
    NotAcceptable: (406, "This can be had as JSON only"),
    AlreadyExists: (409, "'{0.name}' is taken already"),
    LimitReached: (409, "There may be {0.most} {0.kind} at the most"),
    PayloadTooLarge: (413, "The body is over 1 MiB"),
    TooManyRequests: (429, "Too many requests, try again in {0.wait_seconds} seconds"),
    Unavailable: (503, "Temporarily away, try again"),
    Exception: (500, "Internal error"),
}

_encoder = msgspec.json.Encoder()


def render_error(error: Exception, visit: Visit) -> Response:
    """An error as it looks on this wire. What nobody foresaw is 500 and says nothing of itself."""
    status, detail = next(line for kind, line in _ERRORS.items() if isinstance(error, kind))
    problem = Problem(
        type="about:blank",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail.format(error),
        instance=visit.path,
    )
    headers = {}
    if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        headers["retry-after"] = str(getattr(error, "wait_seconds", RETRY_SECONDS))
    if isinstance(error, WrongMethod):
        headers["allow"] = ", ".join(error.allowed)
    return Response(_encoder.encode(problem), status, headers, media_type=MEDIA_TYPE)
