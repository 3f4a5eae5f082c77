"""What is served at Alohub's paths, and what each is also called."""

from functools import partial

from cordboard.api.alohub.agents import answer_agents
from cordboard.api.alohub.assignments import answer_assignment
from cordboard.api.alohub.calls import answer_click_to_call, answer_make_call, refused_answer
from cordboard.api.alohub.errors import ENGLISH
from cordboard.api.alohub.login import LoginAnswer, LoginBody, TokenGate
from cordboard.api.alohub.media import MEDIA_TYPE, play, play_signed
from cordboard.api.alohub.queue_schemas import (
    AgentsAnswer,
    AgentsQuery,
    AssignmentBody,
    AssignmentQuery,
    PageQuery,
    QueueBody,
    QueuePath,
    QueueRow,
    QueuesAnswer,
    UpdateAnswer,
)
from cordboard.api.alohub.queues import answer_queue, answer_queue_change, answer_queues
from cordboard.api.alohub.recording_urls import PATH as MEDIA_PATH
from cordboard.api.alohub.recording_urls import RecordingUrls
from cordboard.api.alohub.render import call_rows, call_rows_v1
from cordboard.api.alohub.report_schemas import (
    DetailAnswer,
    LookupAnswer,
    LookupBody,
    LookupPath,
    ReportAnswer,
    ReportBody,
    ReportPath,
    ReportQuery,
)
from cordboard.api.alohub.reports import lookup_detail, lookup_list, report_detail, report_list
from cordboard.api.alohub.schemas import (
    CallAnswer,
    ClickToCallBody,
    Envelope,
    MakeCallBody,
    RecordingQuery,
    SearchAnswer,
    SearchAnswerV1,
    SearchBody,
    SearchQuery,
)
from cordboard.api.alohub.search import answer_search
from cordboard.api.common.authentication import ANY_SCOPE
from cordboard.api.common.endpoint import Endpoint, Endpoints
from cordboard.api.common.errors import RecordingExpired, UnsatisfiableRange
from cordboard.api.common.signed_urls import UrlSigner
from cordboard.domain.errors import InvalidInput, NotFound, Refusal, TokenRefused, WrongCredentials

# The name of the access token's security scheme.
ACCESS_TOKEN = "accessToken"  # noqa: S105 - a scheme's name

SECOND_NAMES = {
    "/api/v1/voice/click-to-call": "/v1/voice/click-to-call",
    "/api/v1/reports/call-logs": "/v1/reports/call-logs",
    "/api/v1/reports/call-logs/{callId}": "/v1/reports/call-logs/{callId}",
    "/setting/agent/updateQueue": "/api/setting/agent/updateQueue",
    "/api/v1/queues/inbound": "/v1/queues/inbound",
    "/api/v1/queues/inbound/{id}": "/v1/queues/inbound/{id}",
    "/api/v1/agents": "/v1/agents",
    f"/api{MEDIA_PATH}": MEDIA_PATH,
}


def build_endpoints(urls: RecordingUrls, signer: UrlSigner, gate: TokenGate) -> Endpoints:
    """What is served, by path and method; each path by its first name."""
    return {
        **_calls(),
        **_searches(),
        MEDIA_PATH: {"GET": _recording(signer)},
        **_reports(urls),
        **_lookups(urls, gate),
        **_logins(gate),
        **_queues(),
        "/v1/agents": {
            "GET": Endpoint(serve=answer_agents, scope="agent", query=AgentsQuery, answer=AgentsAnswer, tag="Agents")
        },
    }


def _calls() -> Endpoints:
    refused = {refusal.value: refused_answer(refusal, ENGLISH, "") for refusal in Refusal}
    make_call = Endpoint(
        serve=answer_make_call, scope="call", body=MakeCallBody, answer=CallAnswer, tag="Calls", examples=refused
    )
    click_to_call = Endpoint(
        serve=answer_click_to_call, scope="call", body=ClickToCallBody, answer=CallAnswer, tag="Calls", examples=refused
    )
    return {"/api/v1.0/base/makeCall": {"POST": make_call}, "/v1/voice/click-to-call": {"POST": click_to_call}}


def _searches() -> Endpoints:
    v2 = Endpoint(
        serve=partial(answer_search, render=call_rows),
        scope="report",
        body=SearchBody,
        query=SearchQuery,
        answer=SearchAnswer,
        tag="Call search",
    )
    v1 = Endpoint(
        serve=partial(answer_search, render=call_rows_v1),
        scope="report",
        body=SearchBody,
        query=SearchQuery,
        answer=SearchAnswerV1,
        tag="Call search",
    )
    return {"/api/v1.0/base/searchCallV2": {"POST": v2}, "/api/v1.0/base/searchCallV1": {"POST": v1}}


def _recording(signer: UrlSigner) -> Endpoint:
    return Endpoint(
        serve=play,
        without_key=play_signed(signer),
        scope="recording",
        query=RecordingQuery,
        media_types=(MEDIA_TYPE,),
        tag="Recordings",
        raises=(NotFound, RecordingExpired, UnsatisfiableRange),
        more_statuses={206: "The range that was asked for.", 304: "The client has it already."},
    )


def _reports(urls: RecordingUrls) -> Endpoints:
    several = Endpoint(
        serve=report_list(urls), scope="report", body=ReportBody, query=ReportQuery, answer=ReportAnswer, tag="Reports"
    )
    single = Endpoint(
        serve=report_detail(urls),
        scope="report",
        path=ReportPath,
        answer=DetailAnswer,
        tag="Reports",
        raises=(InvalidInput,),
    )
    return {"/v1/reports/call-logs": {"POST": several}, "/v1/reports/call-logs/{callId}": {"GET": single}}


def _lookups(urls: RecordingUrls, gate: TokenGate) -> Endpoints:
    several = Endpoint(
        serve=gate.guarded(lookup_list(urls)),
        scope="report",
        body=LookupBody,
        query=ReportQuery,
        answer=ReportAnswer,
        tag="Reports, older paths",
        besides_key=(ACCESS_TOKEN,),
        raises=(TokenRefused,),
    )
    single = Endpoint(
        serve=gate.guarded(lookup_detail(urls)),
        scope="report",
        path=LookupPath,
        answer=LookupAnswer,
        tag="Reports, older paths",
        besides_key=(ACCESS_TOKEN,),
        raises=(TokenRefused, InvalidInput),
    )
    return {"/api/report/call-logs": {"POST": several}, "/api/report/call-logs/{call_id}": {"GET": single}}


def _logins(gate: TokenGate) -> Endpoints:
    login = Endpoint(
        serve=gate.answer_login,
        scope=ANY_SCOPE,
        body=LoginBody,
        answer=LoginAnswer,
        tag="Login",
        raises=(WrongCredentials,),
    )
    logout = Endpoint(
        serve=gate.answer_logout,
        scope=ANY_SCOPE,
        answer=Envelope,
        tag="Login",
        besides_key=(ACCESS_TOKEN,),
        raises=(TokenRefused,),
    )
    return {"/api/auth/login": {"POST": login}, "/api/auth/logout": {"POST": logout}}


def _queues() -> Endpoints:
    several = Endpoint(serve=answer_queues, scope="queue", query=PageQuery, answer=QueuesAnswer, tag="Queues")
    single = Endpoint(serve=answer_queue, scope="queue", path=QueuePath, answer=QueueRow, tag="Queues")
    change = Endpoint(
        serve=answer_queue_change, scope="queue", path=QueuePath, body=QueueBody, answer=UpdateAnswer, tag="Queues"
    )
    assignment = Endpoint(
        serve=answer_assignment,
        scope="queue",
        query=AssignmentQuery,
        body=AssignmentBody,
        answer=Envelope,
        tag="Queues",
        raises=(NotFound,),
    )
    return {
        "/v1/queues/inbound": {"GET": several},
        "/v1/queues/inbound/{id}": {"GET": single, "PUT": change},
        "/api/setting/agent/updateQueue": {"POST": assignment},
    }
