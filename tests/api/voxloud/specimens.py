"""One request for each method of each path: one that succeeds, and what is to be known to spoil it.

A new path needs a line here: ``test_every_path`` compares these with the table of routes, and asks each for everything
that can be asked wrongly. See ``tests.api.wrong_requests.Specimen`` for what a line says. In short:

    ("POST", f"{BASE}/things"): Specimen(
        scope="contact",                 # the key's right; "" when any key will do
        body={"name": "x"},              # succeeds as it stands, several times over
        fields=("name",),                # of the body: each may be no object, no boolean, no NUL, no 5,000 characters
        wrong={"enabled": ("maybe",)},   # of the body: wrong values of its own, each 400 naming the field
        parameters=("limit",),           # of the query: numbers or listed words; any other is 400 naming it
    ),
    ("DELETE", f"{BASE}/things/{{id}}"): Specimen(
        scope="contact",
        thing=a_thing,                   # makes one of an office's, and returns what {id} is; or sets the stage: ""
        is_once=True,                    # the request uses it up: each attempt gets another
        bad_ids=BAD_UUIDS,               # others, and what they are answered
        expected=NO_CONTENT,
        of_stranger=NOT_FOUND,           # what the same request gets with the key of another tenant
    ),

The tenant has an agent "alice" at ``EXTENSION`` with a registered phone, a trunk, the DID +842873000001 and no limits;
the stranger has nothing. Call an id ``{id}`` in the template, or as the route does.
"""

from dataclasses import replace
from datetime import datetime
from uuid import UUID, uuid4

from cordboard.domain.click_to_call import ClickToCall
from cordboard.domain.webhook import EventKind
from tests.api.house import CUSTOMER, EXTENSION, Answer, Office
from tests.api.voxloud.client import Client
from tests.api.wrong_requests import Specimen, Wire

BASE = "/api/v1"

SUCCESS = (200, "OK")
NO_CONTENT = (204, "")
BAD_INPUT = (400, "Bad Request")
NOT_FOUND = (404, "Not Found")


def _read_error(answer: Answer) -> tuple[str, str]:
    body = answer.json
    assert list(body) == ["timestamp", "status", "error", "message", "path"]
    assert datetime.fromisoformat(body["timestamp"]).utcoffset() is not None
    assert body["status"] == answer.status
    assert body["path"].startswith("/api/v")
    return body["error"], body["message"]


WIRE = Wire(
    key_header="Voverc-Auth",
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
)

BAD_UUIDS = dict.fromkeys((str(UUID(int=7)), "1", "john", "0" * 300, "a\0b", "ế", "%00", "-"), NOT_FOUND)

CONTACT = {
    "first_name": "John",
    "last_name": "Doe",
    "primary_phone": "+390312345678",
    "phones": ["+390387654321"],
    "primary_email": "j.doe01@example.com",
    "emails": ["j.doe02@example.com"],
    "company_name": "John & Associates",
    "job_title": "CEO",
    "website": "www.johna.com",
    "crm_name": "Voxloud",
    "crm_contact_url": "https://www.crm.com/contacts/profile/1",
}


async def a_contact(office: Office) -> str:
    answer = await Client(office=office).post("/contacts", CONTACT)
    return str(answer.json["id"])


CLICK_TO_CALL = {
    "name": "ctc-support",
    "extension": EXTENSION,
    "outboundNumber": "+842873000001",
    "dial_first": "contact",
}


async def room_for_one(office: Office) -> str:
    """As many click-to-calls as agents and groups: with another group there may be another."""
    extension = str(700 + len(await office.rows.groups.list()))
    await office.rows.groups.create(name=extension, extension=extension)
    return ""


async def a_click_to_call(office: Office) -> str:
    """One for an agent of its own who is free."""
    number = str(200 + len(await office.rows.agents.list()))
    await office.hire(number, user_name=f"agent{number}")
    made = ClickToCall(
        id=uuid4(), tenant_id=office.tenant.id, name="support", extension=number, did_number="+842873000001"
    )
    await office.rows.click_to_calls.add(made)
    return made.id.hex


async def an_events_number(office: Office) -> str:
    record = await office.rows.cdrs.get((await office.record()).id)
    assert record is not None
    return str(record.number)


async def an_events_call(office: Office) -> str:
    return (await office.record()).id.hex


_INTERVAL = {
    "date_time_from": "2018-03-11T07:00:00.000Z",
    "date_time_to": "2018-04-16T07:00:00.000Z",
    "number": "06123456789",
}
_CREATE_CONTACT = Specimen(
    scope="contact", body=CONTACT, fields=tuple(CONTACT), required=("first_name", "primary_phone")
)
_GET_CONTACT = Specimen(scope="contact", thing=a_contact, bad_ids=BAD_UUIDS, of_stranger=NOT_FOUND)
_UPDATE_CONTACT = replace(_GET_CONTACT, body=CONTACT, fields=tuple(CONTACT), required=_CREATE_CONTACT.required)
_GET_CLICK_TO_CALL = Specimen(
    scope="call",
    thing=a_click_to_call,
    bad_ids=dict.fromkeys((*BAD_UUIDS, "0" * 32, "g" * 32), NOT_FOUND),
    of_stranger=NOT_FOUND,
)
_PAGE = {"offset": "0", "limit": "20"}

SUBSCRIPTION = {
    "callback_url": "https://93.184.216.34/hook",
    "event_type": "CALL_INCOMING",
    "notification_email": "john@example.com",
}


async def a_subscription(office: Office) -> str:
    kinds = (EventKind.CALL_OFFERED,)
    made = await office.rows.subscriptions.add(dialect="voxloud", url=SUBSCRIPTION["callback_url"], kinds=kinds)
    return str(made.uuid)


_CREATE_SUBSCRIPTION = Specimen(
    scope="webhook",
    body=SUBSCRIPTION,
    fields=tuple(SUBSCRIPTION),
    wrong={
        "callback_url": ("", " ", None, "ftp://93.184.216.34/", "https://", "http://127.0.0.1/", "http://[::1]:80/"),
        "event_type": ("", None, "CALL", "call_incoming", 1),
    },
)
_GET_SUBSCRIPTION = Specimen(scope="webhook", thing=a_subscription, bad_ids=BAD_UUIDS, of_stranger=NOT_FOUND)
_UPDATE_SUBSCRIPTION = replace(
    _GET_SUBSCRIPTION,
    body={**SUBSCRIPTION, "enabled": True},
    fields=tuple(SUBSCRIPTION),
    wrong={
        "id": (str(UUID(int=7)), {}, True),
        "callback_url": ("", "ftp://93.184.216.34/", "http://10.0.0.1/"),
        "event_type": ("", "CALL", 1),
        "enabled": ("maybe", 1, {}),
    },
)

SPECIMENS: dict[tuple[str, str], Specimen] = {
    ("POST", f"{BASE}/validate-auth"): Specimen(needs_rows=False),
    ("GET", f"{BASE}/contacts"): Specimen(
        scope="contact",
        query={**_PAGE, "first_name": "jOhN", "last_name": "dOe", "email": "j.doe0", "phone": "678"},
        parameters=tuple(_PAGE),
        texts=("first_name", "last_name", "email", "phone"),
    ),
    ("POST", f"{BASE}/contacts"): _CREATE_CONTACT,
    ("GET", f"{BASE}/contacts/{{id}}"): _GET_CONTACT,
    ("PUT", f"{BASE}/contacts/{{id}}"): _UPDATE_CONTACT,
    ("POST", f"{BASE}/contacts/{{id}}"): _UPDATE_CONTACT,
    ("DELETE", f"{BASE}/contacts/{{id}}"): replace(_GET_CONTACT, is_once=True, expected=NO_CONTENT),
    ("GET", "/api/v2/users"): Specimen(scope="agent"),
    ("GET", f"{BASE}/webhook-subscriptions"): Specimen(scope="webhook"),
    ("POST", f"{BASE}/webhook-subscriptions"): _CREATE_SUBSCRIPTION,
    ("GET", f"{BASE}/webhook-subscriptions/{{id}}"): _GET_SUBSCRIPTION,
    ("PUT", f"{BASE}/webhook-subscriptions/{{id}}"): _UPDATE_SUBSCRIPTION,
    ("POST", f"{BASE}/webhook-subscriptions/{{id}}"): _UPDATE_SUBSCRIPTION,
    ("DELETE", f"{BASE}/webhook-subscriptions/{{id}}"): replace(_GET_SUBSCRIPTION, is_once=True, expected=NO_CONTENT),
    ("POST", f"{BASE}/telephony-events"): Specimen(
        scope="report",
        body=_INTERVAL,
        fields=tuple(_INTERVAL),
        wrong={
            "date_time_from": ("yesterday", "2018-03-11", 20180311),
            "date_time_to": ("2018-02-30T00:00:00Z", "2018-04-16T07:00:00.000 Rome", "1523862000000"),
        },
        query={"sort": "timestamp,desc", "size": "30", "page": "0"},
        parameters=("sort", "size", "page"),
    ),
    ("GET", f"{BASE}/telephony-events"): Specimen(
        scope="report",
        query={"callId": "{id}"},
        thing=an_events_call,
        bad_ids={"": BAD_INPUT, **dict.fromkeys(("0" * 32, "aabbccddeeff123456", "ế", "a\0b", "9" * 300), NOT_FOUND)},
        of_stranger=NOT_FOUND,
    ),
    ("GET", f"{BASE}/telephony-events/{{id}}"): Specimen(
        scope="report",
        thing=an_events_number,
        bad_ids=dict.fromkeys(("0", "11231000", "-1", "john", "1.5", "9" * 30, "ế", "%00"), NOT_FOUND),
        of_stranger=NOT_FOUND,
    ),
    ("GET", f"{BASE}/click-to-call"): Specimen(scope="call"),
    ("POST", f"{BASE}/click-to-call"): Specimen(
        scope="call",
        body=CLICK_TO_CALL,
        fields=tuple(CLICK_TO_CALL),
        wrong={
            "name": ("", " ", None),
            "extension": ("", "999", "sales", -1),
            "outboundNumber": ("", "+842873999999", "anonymous", 0),
            "dial_first": ("agent", "CONTACT", 1),
        },
        thing=room_for_one,
        is_once=True,
        of_stranger=BAD_INPUT,
    ),
    ("GET", f"{BASE}/click-to-call/{{id}}"): _GET_CLICK_TO_CALL,
    ("DELETE", f"{BASE}/click-to-call/{{id}}"): replace(_GET_CLICK_TO_CALL, is_once=True, expected=NO_CONTENT),
    ("POST", f"{BASE}/click-to-call/{{id}}/connect"): replace(
        _GET_CLICK_TO_CALL,
        body={"contact": CUSTOMER},
        fields=("contact",),
        wrong={"contact": ("", None, "nobody", "0000000000", EXTENSION, "+1")},
        is_once=True,
    ),
}
