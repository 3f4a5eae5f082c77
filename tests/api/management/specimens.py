"""One request for each method of each path of ``/manage/v1``; ``tests.api.wrong_requests`` says what a line is."""

from dataclasses import replace
from uuid import UUID, uuid4

from cordboard.domain.webhook import EventKind
from tests.api.house import Answer, Office
from tests.api.management.client import BASE
from tests.api.wrong_requests import Specimen, Wire

NO_CONTENT = (204, "")
BAD_INPUT = (400, "Bad Request")
NOT_FOUND = (404, "Not Found")
URL = "https://93.184.216.34/hook"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw4JXWZtAuqfA="


def _read_error(answer: Answer) -> tuple[str, str]:
    body = answer.json
    assert list(body) == ["type", "title", "status", "detail", "instance"]
    assert (body["type"], body["status"]) == ("about:blank", answer.status)
    assert body["instance"].startswith(BASE)
    return body["title"], body["detail"]


WIRE = Wire(
    key_header="Authorization",
    bad_input=BAD_INPUT,
    unauthorized=(401, "Unauthorized"),
    forbidden=(403, "Forbidden"),
    not_found=NOT_FOUND,
    wrong_method=(405, "Method Not Allowed"),
    not_acceptable=(406, "Not Acceptable"),
    too_large=(413, "Request Entity Too Large"),
    too_many=(429, "Too Many Requests"),
    away=(503, "Service Unavailable"),
    read_error=_read_error,
    media_type="application/problem+json",
)

BAD_UUIDS = dict.fromkeys((str(UUID(int=7)), "1", "john", "0" * 300, "a\0b", "ế", "%00", "-"), NOT_FOUND)

WEBHOOK = {
    "dialect": "alohub",
    "url": URL,
    "events": ["call_recorded"],
    "authorization": "a key of theirs",
    "notification_email": "it@example.com",
    "secret": SECRET,
}
WRONG_URLS = ("", " ", "ftp://93.184.216.34/", "https://", "http://127.0.0.1/", "http://[::1]:80/")
WRONG_SECRETS = ("whsec_", SECRET[6:], "whsec_c2hvcnQ=", 1)


async def a_webhook(office: Office) -> str:
    kinds = (EventKind.CALL_RECORDED,)
    return str((await office.rows.subscriptions.add(dialect="alohub", url=URL, kinds=kinds)).uuid)


async def a_delivery(office: Office) -> str:
    """One that was kept."""
    subscription = await office.rows.subscriptions.add(dialect="alohub", url=URL, kinds=(EventKind.CALL_RECORDED,))
    now = office.house.clock.now()
    return str(await office.rows.deliveries.keep(subscription.id, uuid4(), EventKind.CALL_RECORDED, b"{}", now))


_GET_WEBHOOK = Specimen(scope="manage", thing=a_webhook, bad_ids=BAD_UUIDS, of_stranger=NOT_FOUND)
_GET_DELIVERY = replace(_GET_WEBHOOK, thing=a_delivery)
_QUERY = ("webhook_id", "call_id", "event", "result", "since", "until", "limit", "after")
_WRONG_REPLAYS = {
    "webhook_id": ("1", "john"),
    "call_id": ("1", "john"),
    "events": ("recording", ["recording.ready", "x"]),
    "results": ("pending", ["kept", "x"]),
    "since": ("yesterday", "2026-03-10", 20260310),
    "until": ("2026-02-30T00:00:00Z",),
}

SPECIMENS: dict[tuple[str, str], Specimen] = {
    ("GET", f"{BASE}/webhooks"): Specimen(scope="manage"),
    ("POST", f"{BASE}/webhooks"): Specimen(
        scope="manage",
        body=WEBHOOK,
        fields=tuple(WEBHOOK),
        wrong={
            "dialect": ("", None, "esperanto", 1),
            "url": (*WRONG_URLS, None),
            "events": ("", None, [], "call", ["call_recorded", "recording.ready"]),
            "secret": WRONG_SECRETS,
        },
    ),
    ("GET", f"{BASE}/webhooks/{{id}}"): _GET_WEBHOOK,
    ("PATCH", f"{BASE}/webhooks/{{id}}"): replace(
        _GET_WEBHOOK,
        body={"url": URL, "events": ["call_changed"], "notification_email": "", "authorization": "x", "enabled": True},
        fields=("url", "events", "notification_email", "authorization"),
        wrong={"url": WRONG_URLS, "events": ("", [], "call", ["recording.ready"]), "enabled": ("maybe", 1, {})},
    ),
    ("DELETE", f"{BASE}/webhooks/{{id}}"): replace(_GET_WEBHOOK, is_once=True, expected=NO_CONTENT),
    ("POST", f"{BASE}/webhooks/{{id}}/secrets"): replace(
        _GET_WEBHOOK,
        body={"secret": "", "at_once": True},
        fields=("secret",),
        wrong={"secret": WRONG_SECRETS, "at_once": ("maybe", 1, {})},
        is_once=True,
    ),
    ("GET", f"{BASE}/deliveries"): Specimen(scope="manage", query=dict.fromkeys(_QUERY, ""), parameters=_QUERY),
    ("GET", f"{BASE}/deliveries/{{id}}"): _GET_DELIVERY,
    ("POST", f"{BASE}/deliveries/{{id}}/resend"): _GET_DELIVERY,
    ("POST", f"{BASE}/replays"): Specimen(
        scope="manage",
        body=dict.fromkeys(_WRONG_REPLAYS, ""),
        fields=tuple(_WRONG_REPLAYS),
        wrong=_WRONG_REPLAYS,
    ),
}
