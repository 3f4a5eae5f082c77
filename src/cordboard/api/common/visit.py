"""What is known of one request while it is served: for its log line, its counters and its cross-origin headers."""

from dataclasses import dataclass

from starlette.types import Scope

from cordboard.domain.allowance import Allowance
from cordboard.domain.tenant import Identity

_KEY = "cordboard.visit"


@dataclass(slots=True, kw_only=True)
class Visit:
    """One request on its way.

    ``path`` is as the client wrote it, ``route`` the template it matched, ``refusal`` the code of a refused call.
    ``allowance`` is None until a known key's request was counted.
    """

    request_id: str
    path: str = "/"
    route: str = "unknown"
    identity: Identity | None = None
    allowance: Allowance | None = None
    refusal: str = ""


def open_visit(scope: Scope, request_id: str) -> Visit:
    """Begin a visit and keep it with the request."""
    visit = Visit(request_id=request_id, path=scope["path"])
    scope[_KEY] = visit
    return visit


def visit_of(scope: Scope) -> Visit:
    """The visit that ``open_visit`` began for this request."""
    visit: Visit = scope[_KEY]
    return visit
