"""One request for each method of each path: one that succeeds, and what is to be known to spoil it.

A new path needs a line here: ``test_every_path`` compares these with the table of routes.
"""

from dataclasses import replace

from tests.api.house import CUSTOMER, EXTENSION, Answer, Office
from tests.api.wrong_requests import USER_NAME, Specimen, Wire

PASSWORD = "correct horse battery"
UNKNOWN_CALL = "20200101000000-NOBODYSX-1"

BAD_INPUT = (400, "INVALID_INPUT")
UNAUTHORIZED = (401, "UNAUTHORIZED")
NOT_FOUND = (404, "NOT_FOUND")


def _read_error(answer: Answer) -> tuple[str, str]:
    assert answer.json["success"] == "0"
    return answer.json["error_code"], answer.json["error_message"]


WIRE = Wire(
    key_header="Authorization",
    bad_input=BAD_INPUT,
    unauthorized=UNAUTHORIZED,
    forbidden=(403, "INSUFFICIENT_SCOPE"),
    not_found=NOT_FOUND,
    wrong_method=(405, "METHOD_NOT_ALLOWED"),
    not_acceptable=(406, "NOT_ACCEPTABLE"),
    too_large=(413, "PAYLOAD_TOO_LARGE"),
    too_many=(429, "RATE_LIMIT_EXCEEDED"),
    away=(503, "SERVICE_UNAVAILABLE"),
    read_error=_read_error,
)


async def a_call(office: Office) -> str:
    return (await office.record()).reference


async def a_queue(office: Office) -> str:
    return str((await office.rows.queues.create(name="sales")).id)


async def a_recording(office: Office) -> str:
    return (await office.recording(b"sound")).name


_CALL = {"phoneNumber": CUSTOMER, "ipPhone": EXTENSION, "transactionId": "T1"}
_MAKE_CALL = Specimen(
    scope="call",
    body=_CALL,
    fields=tuple(_CALL),
    required=("phoneNumber", "ipPhone"),
    # A refused call is HTTP 200: the stranger has no such extension.
    of_stranger=(200, "IPCC_NOT_CONNECT_AGENT_ID"),
)
_SEARCH = Specimen(
    scope="report",
    body={},
    fields=(
        "starttime", "endtime", "call_id", "customer_number", "callType", "agent", "ipPhone", "transactionId", "page",
        "limit", "call_status", "direction",
    ),
)  # fmt: skip
_RANGE = {
    "callStartTime": "2025-04-13T00:00:00+07:00",
    "callEndtime": "2026-04-13T23:59:59+07:00",
    "page": 1,
    "limit": 50,
}
_REPORTS = Specimen(
    scope="report",
    body={**_RANGE, "phoneNumber": CUSTOMER, "callType": 0},
    fields=(*_RANGE, "phoneNumber", "callType"),
    query={"expand": ""},
    parameters=("expand",),
)
_REPORT = Specimen(
    scope="report",
    thing=a_call,
    bad_ids={UNKNOWN_CALL: NOT_FOUND, "1": BAD_INPUT, "2020-AAAA-1": BAD_INPUT, "%00": BAD_INPUT},
    of_stranger=NOT_FOUND,
)
_BAD_QUEUES = {"0": NOT_FOUND, "424242": NOT_FOUND, "sales": NOT_FOUND, "9" * 30: NOT_FOUND, "-1": NOT_FOUND}
_PAGES = {"page": "0", "size": "20"}
_QUEUES = Specimen(scope="queue", query=_PAGES, parameters=tuple(_PAGES))
_QUEUE = Specimen(scope="queue", thing=a_queue, bad_ids=_BAD_QUEUES, of_stranger=NOT_FOUND)
_QUEUE_CHANGE = replace(
    _QUEUE,
    body={"moh_file_id": "waiting.wav", "max_wait_sec": "180", "strategy": 1, "announce_position": "1"},
    fields=("moh_file_id", "max_wait_sec", "strategy", "announce_position"),
)
_UPDATE_QUEUE = Specimen(
    scope="queue",
    query={"userName": USER_NAME},
    body={"action": "EDIT", "callinId": [], "lstExtension": [EXTENSION]},
    fields=("action", "callinId", "calloutId", "lstExtension"),
    required=("action",),
    of_stranger=NOT_FOUND,
)
_AGENTS = Specimen(scope="agent", query=_PAGES, parameters=(*_PAGES, "status", "queue_id"))
_MEDIA = Specimen(
    scope="recording",
    query={"url": "{id}", "source": "ipcc"},
    parameters=("source",),
    thing=a_recording,
    bad_ids={
        "nobodys.mp3": NOT_FOUND,
        "../secret.key": NOT_FOUND,
        "": BAD_INPUT,
        "a\0b": NOT_FOUND,
        "ế.mp3": NOT_FOUND,
    },
    of_stranger=NOT_FOUND,
    is_json=False,
)
_LOGIN = Specimen(
    body={"userName": USER_NAME, "password": PASSWORD},
    fields=("userName", "password"),
    required=("userName", "password"),
    of_stranger=UNAUTHORIZED,
)
_LOGOUT = Specimen(body={}, wants_token=True, of_stranger=UNAUTHORIZED)


def _twice(method: str, path: str, specimen: Specimen) -> dict[tuple[str, str], Specimen]:
    """The same under both names."""
    return {(method, path): specimen, (method, f"/api{path}"): specimen}


SPECIMENS: dict[tuple[str, str], Specimen] = {
    ("POST", "/api/v1.0/base/makeCall"): _MAKE_CALL,
    **_twice(
        "POST",
        "/v1/voice/click-to-call",
        replace(_MAKE_CALL, body={**_CALL, "phone": "", "campaignId": ""}, fields=(*_CALL, "campaignId")),
    ),
    ("POST", "/api/v1.0/base/searchCallV2"): _SEARCH,
    ("POST", "/api/v1.0/base/searchCallV1"): _SEARCH,
    **_twice("GET", "/IPCCMedia/MP3Export.do", _MEDIA),
    **_twice("POST", "/setting/agent/updateQueue", _UPDATE_QUEUE),
    ("POST", "/api/auth/login"): _LOGIN,
    ("POST", "/api/auth/logout"): _LOGOUT,
    ("POST", "/api/report/call-logs"): replace(
        _REPORTS, body=_RANGE, fields=tuple(_RANGE), required=tuple(_RANGE), wants_token=True, of_stranger=UNAUTHORIZED
    ),
    ("GET", "/api/report/call-logs/{call_id}"): replace(_REPORT, wants_token=True, of_stranger=UNAUTHORIZED),
    **_twice("POST", "/v1/reports/call-logs", _REPORTS),
    **_twice("GET", "/v1/reports/call-logs/{callId}", _REPORT),
    **_twice("GET", "/v1/queues/inbound", _QUEUES),
    **_twice("GET", "/v1/queues/inbound/{id}", _QUEUE),
    **_twice("PUT", "/v1/queues/inbound/{id}", _QUEUE_CHANGE),
    **_twice("GET", "/v1/agents", _AGENTS),
}
