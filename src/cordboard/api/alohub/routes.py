"""Alohub's paths (WIRE 1.1), each also under its second name."""

from functools import partial

from starlette.requests import Request

from cordboard.actions.core import Core
from cordboard.api.alohub.agents import answer_agents
from cordboard.api.alohub.allowance import allowance_headers
from cordboard.api.alohub.assignments import answer_assignment
from cordboard.api.alohub.calls import answer_click_to_call, answer_make_call
from cordboard.api.alohub.errors import render_error
from cordboard.api.alohub.keys import key_of
from cordboard.api.alohub.login import TokenGate
from cordboard.api.alohub.media import build_media
from cordboard.api.alohub.queues import answer_queue, answer_queue_change, answer_queues
from cordboard.api.alohub.recording_urls import PATH as MEDIA_PATH
from cordboard.api.alohub.recording_urls import RecordingUrls
from cordboard.api.alohub.render import call_row, call_row_v1
from cordboard.api.alohub.reports import lookup_detail, lookup_list, report_detail, report_list
from cordboard.api.alohub.search import answer_search
from cordboard.api.common.access_tokens import AccessTokens
from cordboard.api.common.authentication import ANY_SCOPE, Gatekeeper
from cordboard.api.common.endpoint import KeyedHandler, keyed
from cordboard.api.common.resource import Dialect, Handler
from cordboard.api.common.signed_urls import UrlSigner
from cordboard.api.common.tenant_directory import TenantDirectory


def build_dialect(core: Core, directory: TenantDirectory, signer: UrlSigner) -> Dialect:
    """All that this dialect serves."""
    gatekeeper = Gatekeeper(core, directory, key_of)

    def post(scope: str, handler: KeyedHandler) -> dict[str, Handler]:
        return {"POST": keyed(core, gatekeeper, scope, handler)}

    def get(scope: str, handler: KeyedHandler) -> dict[str, Handler]:
        return {"GET": keyed(core, gatekeeper, scope, handler)}

    click_to_call = post("call", answer_click_to_call)
    urls = RecordingUrls(public_url=core.settings.public_url, signer=signer)
    reports, report = post("report", report_list(urls)), get("report", report_detail(urls))
    assignment = post("queue", answer_assignment)
    queues = get("queue", answer_queues)
    queue = get("queue", answer_queue) | {"PUT": keyed(core, gatekeeper, "queue", answer_queue_change)}
    gate = TokenGate(AccessTokens.from_key_file(core.settings.key_file))
    lookups, lookup = gate.guarded(lookup_list(urls)), gate.guarded(lookup_detail(urls))
    agents = get("agent", answer_agents)
    media = {"GET": build_media(core, gatekeeper, signer)}
    return Dialect(
        name="alohub",
        resources={
            "/api/v1.0/base/makeCall": post("call", answer_make_call),
            "/v1/voice/click-to-call": click_to_call,
            "/api/v1/voice/click-to-call": click_to_call,
            "/api/v1.0/base/searchCallV2": post("report", partial(answer_search, row=call_row)),
            "/api/v1.0/base/searchCallV1": post("report", partial(answer_search, row=call_row_v1)),
            "/api/auth/login": post(ANY_SCOPE, gate.answer_login),
            "/api/auth/logout": post(ANY_SCOPE, gate.answer_logout),
            "/api/report/call-logs": post("report", lookups),
            "/api/report/call-logs/{call_id}": get("report", lookup),
            "/v1/reports/call-logs": reports,
            "/api/v1/reports/call-logs": reports,
            "/v1/reports/call-logs/{callId}": report,
            "/api/v1/reports/call-logs/{callId}": report,
            "/api/setting/agent/updateQueue": assignment,
            "/setting/agent/updateQueue": assignment,
            "/v1/queues/inbound": queues,
            "/api/v1/queues/inbound": queues,
            "/v1/queues/inbound/{id}": queue,
            "/api/v1/queues/inbound/{id}": queue,
            "/v1/agents": agents,
            "/api/v1/agents": agents,
            MEDIA_PATH: media,
            f"/api{MEDIA_PATH}": media,
        },
        render_error=render_error,
        render_allowance=allowance_headers,
        note_wrong_method=gatekeeper.note_wrong_method,
        claims=_claims,
    )


def _claims(_request: Request) -> bool:
    """This dialect answers whatever no other claims, by being the first."""
    return False
