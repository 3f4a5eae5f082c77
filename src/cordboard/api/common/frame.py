"""The outermost part of the application: preflights, one log line and one count for every request."""

import re
import secrets
import time

import structlog
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send

from cordboard.api.common.cross_origin import CrossOrigin, RawHeaders
from cordboard.api.common.exchange import Exchange
from cordboard.api.common.metrics import Metrics
from cordboard.api.common.visit import Visit, open_visit

log = structlog.get_logger()

# A caller's own id is kept when it can stand in a log line as it is.
_REQUEST_ID = re.compile(rb"[A-Za-z0-9_.:-]{1,64}")
_QUIET_ROUTES = frozenset({"/healthz", "/livez", "/metrics"})


class Frame:
    """Pure ASGI; the query string is never logged, for it may hold a signature."""

    def __init__(self, app: ASGIApp, *, cross_origin: CrossOrigin, metrics: Metrics) -> None:
        self._app = app
        self._cross_origin = cross_origin
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or pass on what is none."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started_at = time.perf_counter()
        given = {name: value for name, value in scope["headers"] if name in (b"origin", b"x-request-id")}
        visit = open_visit(scope, _request_id(given.get(b"x-request-id", b"")))
        origin = given.get(b"origin", b"").decode("latin-1")

        async def answer_headers() -> RawHeaders:
            return await self._headers(scope["method"], origin, visit)

        exchange = Exchange(scope, receive, send, answer_headers)
        with structlog.contextvars.bound_contextvars(request_id=visit.request_id):
            try:
                await self._serve(scope, exchange)
            except ClientDisconnect:
                log.debug("client went away", path=scope["path"])
            finally:
                self._account(scope, visit, exchange.status, time.perf_counter() - started_at)

    async def _serve(self, scope: Scope, exchange: Exchange) -> None:
        if scope["method"] == "OPTIONS":
            await exchange.send({"type": "http.response.start", "status": 204, "headers": []})
            await exchange.send({"type": "http.response.body", "body": b""})
            return
        # Every path is served with and without its trailing slash, and nothing ever redirects.
        scope["path"] = scope["path"].rstrip("/") or "/"
        await self._app(scope, exchange.receive, exchange.send)

    async def _headers(self, method: str, origin: str, visit: Visit) -> RawHeaders:
        headers: RawHeaders = [(b"x-request-id", visit.request_id.encode("ascii"))]
        if not origin:
            return headers
        if method == "OPTIONS":
            return headers + await self._cross_origin.preflight_headers(origin)
        return headers + await self._cross_origin.answer_headers(origin, visit.identity)

    def _account(self, scope: Scope, visit: Visit, status: int, seconds: float) -> None:
        method = scope["method"]
        self._metrics.count(method=method, route=visit.route, status=status, seconds=seconds)
        if visit.refusal:
            self._metrics.count_refusal(visit.refusal)
        write = log.debug if visit.route in _QUIET_ROUTES else log.info
        write(
            "request",
            method=method,
            path=scope["path"],
            status=status,
            milliseconds=round(seconds * 1000, 2),
            tenant_id=visit.identity.tenant.id if visit.identity else None,
            **({"refusal": visit.refusal} if visit.refusal else {}),
        )


def _request_id(given: bytes) -> str:
    return given.decode("ascii") if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
