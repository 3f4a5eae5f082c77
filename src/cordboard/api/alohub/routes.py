"""Alohub's paths (WIRE 1.1), each also under its second name."""

from functools import partial

from starlette.requests import Request

from cordboard.actions.core import Core
from cordboard.api.alohub.answers import KeyedHandler, keyed
from cordboard.api.alohub.calls import answer_click_to_call, answer_make_call
from cordboard.api.alohub.errors import render_error
from cordboard.api.alohub.media import build_media
from cordboard.api.alohub.recording_urls import PATH as MEDIA_PATH
from cordboard.api.alohub.render import call_row, call_row_v1
from cordboard.api.alohub.search import answer_search
from cordboard.api.common.authentication import Gatekeeper
from cordboard.api.common.resource import Dialect, Handler
from cordboard.api.common.signed_urls import UrlSigner


def build_dialect(core: Core, gatekeeper: Gatekeeper, signer: UrlSigner) -> Dialect:
    """All that this dialect serves."""

    def post(scope: str, handler: KeyedHandler) -> dict[str, Handler]:
        return {"POST": keyed(core, gatekeeper, scope, handler)}

    click_to_call = post("call", answer_click_to_call)
    media = {"GET": build_media(core, gatekeeper, signer)}
    return Dialect(
        name="alohub",
        resources={
            "/api/v1.0/base/makeCall": post("call", answer_make_call),
            "/v1/voice/click-to-call": click_to_call,
            "/api/v1/voice/click-to-call": click_to_call,
            "/api/v1.0/base/searchCallV2": post("report", partial(answer_search, row=call_row)),
            "/api/v1.0/base/searchCallV1": post("report", partial(answer_search, row=call_row_v1)),
            MEDIA_PATH: media,
            f"/api{MEDIA_PATH}": media,
        },
        render_error=render_error,
        claims=_claims,
    )


def _claims(_request: Request) -> bool:
    """This dialect answers whatever no other claims, by being the first."""
    return False
