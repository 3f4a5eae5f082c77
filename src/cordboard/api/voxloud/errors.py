"""The one table from what goes wrong to what Voxloud's clients read ("Errors"): the status, and who is told what."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

import msgspec
from starlette.responses import Response

from cordboard.api.common.errors import NotAcceptable, PayloadTooLarge, UnknownPath, WrongMethod
from cordboard.api.common.resource import ErrorRenderer
from cordboard.api.common.visit import Visit
from cordboard.api.common.wire_types import says
from cordboard.api.voxloud.times import shown_time
from cordboard.domain.clock import Clock
from cordboard.domain.errors import (
    AlreadyExists,
    CallRefused,
    Forbidden,
    InvalidInput,
    LimitReached,
    NotFound,
    Refusal,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
    WrongTenant,
)

RETRY_SECONDS = 5


class ErrorBody(msgspec.Struct):
    """The body of every error."""

    timestamp: Annotated[str, says("When it happened.")]
    status: Annotated[int, says("The HTTP status.")]
    error: Annotated[str, says("The status's name.")]
    message: Annotated[str, says("For a person. It names the field.")]
    path: Annotated[str, says("What was asked for.")]


@dataclass(frozen=True, slots=True)
class WireError:
    """How one thing that can go wrong looks to a client. What stands in braces is filled in."""

    status: int
    message: str


# The first class that the error is an instance of counts: the narrower stand before the wider.
_ERRORS: dict[type[Exception], WireError] = {
    InvalidInput: WireError(400, "Field '{field}' {reason}"),
    AlreadyExists: WireError(400, "'{name}' is taken already"),
    Unauthenticated: WireError(401, "The API key is missing or wrong"),
    WrongTenant: WireError(403, "The API key is not of the tenant that X-Tenant-ID names"),
    Forbidden: WireError(403, "The API key lacks the right to '{reason}'"),
    LimitReached: WireError(403, "There may be {most} {kind} at the most"),
    NotFound: WireError(404, "Not found"),
    UnknownPath: WireError(404, "There is nothing at this path"),
    WrongMethod: WireError(405, "This method is not supported here"),
    NotAcceptable: WireError(406, "This cannot be had in the requested format"),
    PayloadTooLarge: WireError(413, "The body is over 1 MiB"),
    TooManyRequests: WireError(429, "Too many requests, try again in {seconds} seconds"),
    Unavailable: WireError(503, "Temporarily away, try again"),
    Exception: WireError(500, "Internal error"),
}

# A call that will not be placed.
_REFUSALS: dict[Refusal, WireError] = {
    Refusal.AGENT_UNKNOWN: WireError(400, "There is no such extension"),
    Refusal.AGENT_UNREGISTERED: WireError(400, "No phone of the extension is registered"),
    Refusal.CAMPAIGN_UNKNOWN: WireError(400, "There is no such campaign"),
    Refusal.NUMBER_INVALID: WireError(400, "Field 'contact' is not a telephone number"),
    Refusal.NUMBER_UNKNOWN: WireError(400, "Field 'contact' is a number that nobody has"),
    Refusal.NUMBER_IS_EXTENSION: WireError(400, "Field 'contact' is an extension"),
    Refusal.DESTINATION_DENIED: WireError(403, "Calls to this number are not allowed"),
    Refusal.AGENT_BUSY: WireError(400, "The extension is busy"),
    Refusal.CAP_REACHED: WireError(403, "The limit of simultaneous calls is reached"),
    Refusal.NO_TRUNK: WireError(503, "There is no trunk to call out through"),
    Refusal.NO_NUMBER: WireError(503, "There is no number to call out with"),
    Refusal.ENGINE_AWAY: WireError(503, "The telephone engine is away"),
    Refusal.QUEUE_FULL: WireError(503, "The telephone engine is overloaded"),
}

_encoder = msgspec.json.Encoder()


def wire_error(error: Exception) -> WireError:
    """The table's line for an error."""
    if isinstance(error, CallRefused):
        return _REFUSALS[error.refusal]
    return next(line for kind, line in _ERRORS.items() if isinstance(error, kind))


def error_renderer(clock: Clock) -> ErrorRenderer:
    """What makes an answer of an error. What nobody foresaw is 500 and says nothing of itself."""

    def render_error(error: Exception, visit: Visit) -> Response:
        line = wire_error(error)
        body = ErrorBody(
            timestamp=shown_time(clock.now()),
            status=line.status,
            error=HTTPStatus(line.status).phrase,
            message=line.message.format_map(_parts(error)),
            path=visit.path,
        )
        headers = _headers(error, line.status)
        return Response(_encoder.encode(body), line.status, headers, media_type="application/json")

    return render_error


def _parts(error: Exception) -> Mapping[str, object]:
    match error:
        case InvalidInput():
            return {"field": error.field, "reason": error.reason}
        case AlreadyExists():
            return {"name": error.name}
        case Forbidden():
            return {"reason": error.scope}
        case LimitReached():
            return {"kind": error.kind, "most": error.most}
        case TooManyRequests():
            return {"seconds": error.wait_seconds}
        case _:
            return {}


def _headers(error: Exception, status: int) -> dict[str, str]:
    if isinstance(error, TooManyRequests):
        return {"retry-after": str(error.wait_seconds)}
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        return {"retry-after": str(RETRY_SECONDS)}
    return {"allow": ", ".join(error.allowed)} if isinstance(error, WrongMethod) else {}
