"""What is served at a path: its methods, each an async function from request to response; and a dialect's whole."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from cordboard.api.common.cross_origin import RawHeaders
from cordboard.api.common.errors import UnknownPath, WrongMethod
from cordboard.api.common.visit import Visit, visit_of
from cordboard.domain.allowance import Allowance
from cordboard.domain.errors import CordboardError

Handler = Callable[[Request], Awaitable[Response]]
ErrorRenderer = Callable[[Exception, Visit], Response]
AllowanceRenderer = Callable[[Allowance], RawHeaders]

log = structlog.get_logger()


class Resource:
    """An ASGI application for one path. Plain: no wrapper of the framework's costs anything on the way."""

    def __init__(
        self,
        template: str,
        handlers: Mapping[str, Handler],
        render_error: ErrorRenderer,
        *,
        render_allowance: AllowanceRenderer | None = None,
        note_wrong_method: Callable[[Request], Awaitable[None]] | None = None,
    ) -> None:
        methods = dict(handlers)
        if "GET" in methods:
            methods.setdefault("HEAD", methods["GET"])
        self._template = template
        self._handlers = methods
        self._render_error = render_error
        self._render_allowance = render_allowance
        self._note_wrong_method = note_wrong_method

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request. An error becomes the dialect's answer, also one that nobody foresaw."""
        visit = visit_of(scope)
        visit.route = self._template
        response = await self._answer(Request(scope, receive), visit)
        if self._render_allowance and visit.allowance:
            response.raw_headers += self._render_allowance(visit.allowance)
        await response(scope, receive, send)

    async def _answer(self, request: Request, visit: Visit) -> Response:
        try:
            return await self._handlers.get(request.method, self._refuse_method)(request)
        except ClientDisconnect:
            raise
        except CordboardError as error:
            return self._render_error(error, visit)
        except Exception as error:
            # The client must get its dialect's body at every status; the trace is for us.
            log.exception("request failed", route=self._template)
            return self._render_error(error, visit)

    async def _refuse_method(self, request: Request) -> Response:
        if self._note_wrong_method:
            await self._note_wrong_method(request)
        raise WrongMethod((*self._handlers, "OPTIONS"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """One vendor's API.

    ``document`` describes it (OpenAPI). ``render_allowance`` says which headers tell a known key what its limits leave;
    ``note_wrong_method`` counts what is refused for its method; ``claims`` says whether an unknown path is answered in
    this dialect, ``note_visitor`` finds out who asked for it.
    """

    name: str
    resources: Mapping[str, Mapping[str, Handler]]
    document: Mapping[str, Any]
    render_error: ErrorRenderer
    render_allowance: AllowanceRenderer
    note_wrong_method: Callable[[Request], Awaitable[None]]
    note_visitor: Callable[[Request], Awaitable[None]]
    claims: Callable[[Request], bool]

    def routes(self) -> list[Route]:
        """Its resources for the router."""
        return [Route(template, self._resource(template, handlers)) for template, handlers in self.resources.items()]

    def _resource(self, template: str, handlers: Mapping[str, Handler]) -> Resource:
        return Resource(
            template,
            handlers,
            self.render_error,
            render_allowance=self.render_allowance,
            note_wrong_method=self.note_wrong_method,
        )


class Unserved:
    """Answers every path that nothing else serves, in the dialect that claims it, else in the first."""

    def __init__(self, dialects: tuple[Dialect, ...]) -> None:
        self._dialects = dialects

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 404."""
        request = Request(scope, receive)
        dialect = next((dialect for dialect in self._dialects if dialect.claims(request)), self._dialects[0])
        await dialect.note_visitor(request)
        response = dialect.render_error(UnknownPath(), visit_of(scope))
        await response(scope, receive, send)
