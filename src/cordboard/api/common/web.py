"""The web application: the dialects' routes and health behind one frame."""

from collections.abc import Callable

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cordboard.actions.core import Core
from cordboard.api.common.cross_origin import CrossOrigin
from cordboard.api.common.frame import Frame
from cordboard.api.common.health import Health
from cordboard.api.common.metrics import Metrics
from cordboard.api.common.resource import Dialect, Resource, Unserved
from cordboard.api.common.signed_urls import UrlSigner
from cordboard.api.common.tenant_directory import TenantDirectory
from cordboard.api.common.visit import visit_of

DialectBuilder = Callable[[Core, TenantDirectory, UrlSigner], Dialect]


def compose_web(core: Core, builders: tuple[DialectBuilder, ...]) -> Starlette:
    """All that a web process serves. Paths that no dialect claims are answered by the first.

    Raises OSError when the house's key file cannot be read.
    """
    directory = TenantDirectory(core)
    signer = UrlSigner.from_key_file(core.settings.key_file)
    dialects = tuple(build(core, directory, signer) for build in builders)
    metrics = Metrics()
    frame = Middleware(Frame, cross_origin=CrossOrigin(directory), metrics=metrics)
    routes = [route for dialect in dialects for route in dialect.routes()]
    routes += _own_routes(Health(core, metrics), dialects[0])
    routes.append(Route("/{path:path}", Unserved(dialects)))
    return Starlette(routes=routes, middleware=[frame], exception_handlers={Exception: _last_resort(dialects[0])})


def _own_routes(health: Health, dialect: Dialect) -> list[Route]:
    served = {"/healthz": health.healthz, "/livez": health.livez, "/metrics": health.metrics}
    return [Route(path, Resource(path, {"GET": serve}, dialect.render_error)) for path, serve in served.items()]


def _last_resort(dialect: Dialect) -> Callable[[Request, Exception], Response]:
    """What failed outside of every resource is answered in JSON too; the framework raises it again, for the log."""

    def answer(request: Request, error: Exception) -> Response:
        return dialect.render_error(error, visit_of(request.scope))

    return answer
