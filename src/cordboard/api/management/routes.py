"""The paths of ``/manage/v1``."""

from starlette.requests import Request

from cordboard.actions.core import Core
from cordboard.api.common.authentication import Gatekeeper, key_of
from cordboard.api.common.cross_origin import RawHeaders
from cordboard.api.common.endpoint import Endpoints, handlers
from cordboard.api.common.resource import Dialect
from cordboard.api.common.signed_urls import UrlSigner
from cordboard.api.common.tenant_directory import TenantDirectory
from cordboard.api.management.deliveries import delivery_endpoints
from cordboard.api.management.documentation import describe
from cordboard.api.management.errors import render_error
from cordboard.api.management.webhooks import webhook_endpoints
from cordboard.domain.allowance import Allowance

BASE = "/manage"


def build_dialect(core: Core, directory: TenantDirectory, _signer: UrlSigner) -> Dialect:
    """All that is served for running this copy."""
    gatekeeper = Gatekeeper(core, directory, key_of)
    served = endpoints()
    return Dialect(
        name="management",
        resources=handlers(core, gatekeeper, served),
        document=describe(served),
        render_error=render_error,
        render_allowance=_no_headers,
        note_wrong_method=gatekeeper.note_wrong_method,
        note_visitor=gatekeeper.note_visitor,
        claims=_claims,
    )


def endpoints() -> Endpoints:
    """What is served, by path and method."""
    return {**webhook_endpoints(), **delivery_endpoints()}


def _claims(request: Request) -> bool:
    path = request.url.path
    return path == BASE or path.startswith(f"{BASE}/")


def _no_headers(_allowance: Allowance) -> RawHeaders:
    """What a limit leaves is not told here."""
    return []
