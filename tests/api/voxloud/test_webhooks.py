"""Webhooks, field by field: the envelope, what a call means to a user, and records."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from cordboard.api.voxloud.records import FAX_CALL, FaxEvent
from cordboard.api.voxloud.webhooks import EVENT_TYPES, build_renderer, webhook_body
from cordboard.domain.agent import Agent
from cordboard.domain.call_facts import CallFacts, Direction
from cordboard.domain.call_state import FlowName
from cordboard.domain.number import HIDDEN_NUMBER
from cordboard.domain.webhook import EventKind, Notice
from tests.api.voxloud.documents import golden, same_json
from tests.api.voxloud.samples import CANCELED, CLICK_TO_CALL, PHONE_CALL, TENANT
from tests.api.voxloud.test_records import url_at

CALL_ID = UUID("9cb33f1b427c4d8983a064f0bd68be95")
USER = Agent(
    id=1,
    tenant_id=1,
    user_name="user1",
    extension="101",
    sip_username="sip_138oksfg",
    first_name="User1",
    last_name="User1",
    email="user1@example.com",
)
AT = datetime(2018, 4, 6, 14, 32, 6, tzinfo=UTC)
RENDERER = build_renderer(url_at("vmediaproduction"))
INBOUND = replace(
    CANCELED,
    id=CALL_ID,
    customer_number="+390687654321",
    customer_name="Another User",
    did_number="+3912345678",
    did_label="Main office",
)
OUTBOUND = replace(CLICK_TO_CALL, customer_name="John Doe")


def sent(kind: EventKind, facts: CallFacts, agent: Agent | None = None, at: datetime = AT) -> Any:  # noqa: ANN401 -- JSON
    return msgspec.json.decode(RENDERER.render(TENANT, Notice(kind=kind, at=at, facts=facts, agent=agent)))


def of_user(facts: CallFacts, kind: EventKind = EventKind.CALL_LEFT, agent: Agent = USER) -> tuple[str, str, str, str]:
    """Name and number of the originator, and of the destination."""
    data = sent(kind, facts, agent)["data"]
    names = ("originatorName", "originatorNumber", "destinationName", "destinationNumber")
    return tuple(data[name] for name in names)


def test_the_envelope_is_the_samples() -> None:
    facts = replace(PHONE_CALL, id=CALL_ID, agent_name="User1 User1")
    same_json(sent(EventKind.CALL_STARTED, facts, USER), "webhook_call_started")


def test_an_incoming_call_is_the_samples() -> None:
    user = replace(USER, first_name="Some", last_name="User", email="some.user@example.com", sip_username="sip_user")
    at = datetime(2017, 12, 6, 9, 23, 46, tzinfo=UTC)
    sample = golden("call_incoming")
    webhook = sent(EventKind.CALL_OFFERED, INBOUND, user, at)
    assert webhook == {"timestamp": sample["timestamp"], "type": "CALL_INCOMING", "data": sample, "pbx_id": 117}
    assert {name: type(value) for name, value in webhook["data"].items()} == {
        name: type(value) for name, value in sample.items()
    }


@pytest.mark.parametrize(
    ("kind", "event_type"),
    [
        (EventKind.CALL_OFFERED, "INCOMING"),
        (EventKind.CALL_STARTED, "STARTED"),
        (EventKind.CALL_ANSWERED, "ANSWERED"),
        (EventKind.CALL_LEFT, "HANGUP"),
    ],
)
def test_types_say_it_twice_and_instants_are_equal(kind: EventKind, event_type: str) -> None:
    webhook = sent(kind, INBOUND, USER, AT + timedelta(milliseconds=7))
    assert (webhook["type"], webhook["data"]["type"]) == (f"CALL_{event_type}", event_type)
    assert webhook["timestamp"] == webhook["data"]["timestamp"] == 1523025126007


def test_a_users_call_to_the_outside_goes_from_the_company_s_number_to_the_contact() -> None:
    told = "User1 User1", "+390663971096", "John Doe", "+393287035654"
    assert of_user(OUTBOUND, EventKind.CALL_STARTED) == told
    assert of_user(replace(OUTBOUND, flow=FlowName.OUTBOUND)) == told
    assert of_user(CLICK_TO_CALL) == (*told[:2], "+393287035654", "+393287035654")


def test_whoever_is_rung_is_the_destination_and_the_dialled_number_is_its_own() -> None:
    assert of_user(INBOUND) == ("Another User", "+390687654321", "User1 User1", "+3912345678")
    unnamed = replace(INBOUND, customer_name="")
    assert of_user(unnamed)[:2] == ("+390687654321", "+390687654321")
    hidden = replace(INBOUND, customer_number=HIDDEN_NUMBER, customer_name="")
    assert of_user(hidden)[:2] == ("anonymous", "anonymous")


def test_extensions_are_as_they_are() -> None:
    callee = replace(USER, extension="102", first_name="User2", last_name="User2")
    assert of_user(PHONE_CALL, EventKind.CALL_ANSWERED, callee) == ("User1 User2", "101", "User2 User2", "102")


def test_what_is_not_known_of_a_user_is_empty() -> None:
    gone = Agent(id=9, tenant_id=1, user_name="", extension="", sip_username="")
    data = sent(EventKind.CALL_LEFT, INBOUND, gone)["data"]
    assert (data["userEmail"], data["sipUsername"], data["userExtension"], data["destinationName"]) == ("", "", 0, "")
    assert set(data) == set(golden("call_incoming"))


@pytest.mark.parametrize(
    ("kind", "facts", "event_type"),
    [
        (EventKind.PHONE_CALL_RECORDED, PHONE_CALL, "PHONE_CALL"),
        (EventKind.CLICK_TO_CALL_RECORDED, CLICK_TO_CALL, "CLICK_TO_CALL"),
    ],
)
def test_a_record_keeps_its_own_instant(kind: EventKind, facts: CallFacts, event_type: str) -> None:
    webhook = sent(kind, facts)
    data = webhook.pop("data")
    assert webhook == {"timestamp": 1523025126000, "type": event_type, "pbx_id": 117}
    assert (data["type"], data["callId"]) == (event_type, facts.id.hex)
    assert data["timestamp"] == int(facts.requested_at.timestamp() * 1000)


def test_a_phone_calls_record_is_the_samples() -> None:
    same_json(sent(EventKind.PHONE_CALL_RECORDED, PHONE_CALL)["data"], "phone_call")


def test_a_fax_is_the_samples() -> None:
    fax = msgspec.convert(golden("fax_call"), FaxEvent)
    webhook = msgspec.json.decode(webhook_body(TENANT, AT, FAX_CALL, fax))
    same_json(webhook.pop("data"), "fax_call")
    assert webhook == {"timestamp": 1523025126000, "type": "FAX_CALL", "pbx_id": 117}


def test_the_same_notice_gives_the_same_bytes() -> None:
    notice = Notice(kind=EventKind.CALL_LEFT, at=AT, facts=INBOUND, agent=USER)
    assert RENDERER.render(TENANT, notice) == RENDERER.render(TENANT, notice)


# Alohub's, and our own.
OTHERS = {
    EventKind.CALL_CHANGED, EventKind.CALL_RECORDED, EventKind.RECORDING_READY, EventKind.RECORDING_FAILED,
}  # fmt: skip


def test_seven_types_can_be_subscribed_to() -> None:
    assert len(EVENT_TYPES) == 7
    assert set(EVENT_TYPES) == RENDERER.kinds == set(EventKind) - OTHERS
    assert INBOUND.direction is Direction.INBOUND
