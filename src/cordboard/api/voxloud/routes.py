"""Voxloud's paths."""

from starlette.requests import Request

from cordboard.actions.core import Core
from cordboard.api.common.authentication import ANY_SCOPE, Gatekeeper, only_key
from cordboard.api.common.cross_origin import RawHeaders
from cordboard.api.common.endpoint import Endpoint, Endpoints, handlers
from cordboard.api.common.resource import Dialect
from cordboard.api.common.signed_urls import UrlSigner
from cordboard.api.common.tenant_directory import TenantDirectory
from cordboard.api.voxloud.account import Account, answer_validate_auth
from cordboard.api.voxloud.errors import error_renderer
from cordboard.domain.allowance import Allowance

KEY_HEADER = "voverc-auth"
BASE = "/api/v1"

VALIDATE_AUTH = f"{BASE}/validate-auth"
# Whatever begins with one of these is answered in this dialect, served or not.
RESOURCES = (VALIDATE_AUTH,)


def build_dialect(core: Core, directory: TenantDirectory, _signer: UrlSigner) -> Dialect:
    """All that this dialect serves."""
    gatekeeper = Gatekeeper(core, directory, key_of)
    return Dialect(
        name="voxloud",
        resources=handlers(core, gatekeeper, endpoints()),
        render_error=error_renderer(core.clock),
        render_allowance=_no_headers,
        note_wrong_method=gatekeeper.note_wrong_method,
        claims=_claims,
    )


def endpoints() -> Endpoints:
    """What is served, by path and method."""
    return {VALIDATE_AUTH: {"POST": Endpoint(serve=answer_validate_auth, scope=ANY_SCOPE, answer=Account)}}


def key_of(request: Request) -> str:
    """The key, from ``Voverc-Auth``. Raises Unauthenticated."""
    return only_key(value.strip() for value in request.headers.getlist(KEY_HEADER))


def _claims(request: Request) -> bool:
    path = request.url.path
    return KEY_HEADER in request.headers or any(path == one or path.startswith(f"{one}/") for one in RESOURCES)


def _no_headers(_allowance: Allowance) -> RawHeaders:
    """What a limit leaves is not told in this dialect."""
    return []
