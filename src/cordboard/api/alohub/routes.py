"""Alohub's paths, each also under its second name."""

from starlette.requests import Request

from cordboard.actions.core import Core
from cordboard.api.alohub.allowance import allowance_headers
from cordboard.api.alohub.documentation import describe
from cordboard.api.alohub.endpoints import SECOND_NAMES, build_endpoints
from cordboard.api.alohub.errors import render_error
from cordboard.api.alohub.login import TokenGate
from cordboard.api.alohub.recording_urls import RecordingUrls
from cordboard.api.common.access_tokens import AccessTokens
from cordboard.api.common.authentication import Gatekeeper, key_of
from cordboard.api.common.endpoint import handlers
from cordboard.api.common.resource import Dialect
from cordboard.api.common.signed_urls import UrlSigner
from cordboard.api.common.tenant_directory import TenantDirectory


def build_dialect(core: Core, directory: TenantDirectory, signer: UrlSigner) -> Dialect:
    """All that this dialect serves."""
    gatekeeper = Gatekeeper(core, directory, key_of)
    urls = RecordingUrls(public_url=core.settings.public_url, signer=signer)
    gate = TokenGate(AccessTokens.from_key_file(core.settings.key_file))
    endpoints = build_endpoints(urls, signer, gate)
    resources = handlers(core, gatekeeper, endpoints)
    return Dialect(
        name="alohub",
        resources=resources | {second: resources[first] for second, first in SECOND_NAMES.items()},
        document=describe(endpoints),
        render_error=render_error,
        render_allowance=allowance_headers,
        note_wrong_method=gatekeeper.note_wrong_method,
        note_visitor=gatekeeper.note_visitor,
        claims=_claims,
    )


def _claims(_request: Request) -> bool:
    """This dialect answers whatever no other claims, by being the first."""
    return False
