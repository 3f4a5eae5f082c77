"""Voxloud's paths."""

from starlette.requests import Request

from cordboard.actions.core import Core
from cordboard.api.common.authentication import ANY_SCOPE, Gatekeeper, only_key
from cordboard.api.common.cross_origin import RawHeaders
from cordboard.api.common.endpoint import Endpoint, Endpoints, handlers
from cordboard.api.common.resource import Dialect
from cordboard.api.common.signed_urls import RecordingUrl, UrlSigner
from cordboard.api.common.tenant_directory import TenantDirectory
from cordboard.api.voxloud.account import Account, answer_validate_auth
from cordboard.api.voxloud.click_to_call import RESOURCE as CLICK_TO_CALL
from cordboard.api.voxloud.click_to_call import click_to_call_endpoints
from cordboard.api.voxloud.contacts import RESOURCE as CONTACTS
from cordboard.api.voxloud.contacts import contact_endpoints
from cordboard.api.voxloud.documentation import describe
from cordboard.api.voxloud.errors import error_renderer
from cordboard.api.voxloud.telephony_events import RESOURCE as TELEPHONY_EVENTS
from cordboard.api.voxloud.telephony_events import telephony_event_endpoints
from cordboard.api.voxloud.users import RESOURCE as USERS
from cordboard.api.voxloud.users import user_endpoints
from cordboard.api.voxloud.webhook_subscriptions import RESOURCE as WEBHOOK_SUBSCRIPTIONS
from cordboard.api.voxloud.webhook_subscriptions import webhook_subscription_endpoints
from cordboard.domain.allowance import Allowance

KEY_HEADER = "voverc-auth"
BASE = "/api/v1"

VALIDATE_AUTH = f"{BASE}/validate-auth"
# Whatever begins with one of these is answered in this dialect, served or not.
RESOURCES = (VALIDATE_AUTH, CONTACTS, USERS, WEBHOOK_SUBSCRIPTIONS, TELEPHONY_EVENTS, CLICK_TO_CALL)


def build_dialect(
    core: Core, directory: TenantDirectory, _signer: UrlSigner, *, recording_url: RecordingUrl
) -> Dialect:
    """All that this dialect serves. It has no path for recordings: ``recording_url`` tells the house's."""
    gatekeeper = Gatekeeper(core, directory, key_of)
    served = endpoints(recording_url)
    return Dialect(
        name="voxloud",
        resources=handlers(core, gatekeeper, served),
        document=describe(served),
        render_error=error_renderer(core.clock),
        render_allowance=_no_headers,
        note_wrong_method=gatekeeper.note_wrong_method,
        note_visitor=gatekeeper.note_visitor,
        claims=_claims,
    )


def endpoints(recording_url: RecordingUrl) -> Endpoints:
    """What is served, by path and method."""
    return {
        VALIDATE_AUTH: {"POST": Endpoint(serve=answer_validate_auth, scope=ANY_SCOPE, answer=Account)},
        **contact_endpoints(),
        **user_endpoints(),
        **webhook_subscription_endpoints(),
        **telephony_event_endpoints(recording_url),
        **click_to_call_endpoints(),
    }


def key_of(request: Request) -> str:
    """The key, from ``Voverc-Auth``. Raises Unauthenticated."""
    return only_key(value.strip() for value in request.headers.getlist(KEY_HEADER))


def _claims(request: Request) -> bool:
    path = request.url.path
    return KEY_HEADER in request.headers or any(path == one or path.startswith(f"{one}/") for one in RESOURCES)


def _no_headers(_allowance: Allowance) -> RawHeaders:
    """What a limit leaves is not told in this dialect."""
    return []
