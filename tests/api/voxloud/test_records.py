"""The records of calls as telephony events, field by field."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from cordboard.api.common.signed_urls import RecordingUrl
from cordboard.api.voxloud.pages import PageQuery, event_page, read_page
from cordboard.api.voxloud.records import FaxEvent, TelephonyEvent, listed_record, record_data
from cordboard.domain.call_facts import CallFacts, Direction, RecordingStatus
from cordboard.domain.call_state import EndReason, FlowName, Party
from cordboard.domain.cause import Outcome
from tests.api.voxloud.documents import golden, same_json
from tests.api.voxloud.samples import CANCELED, CLICK_TO_CALL, PHONE_CALL, TENANT

CONSTANT = {
    "id", "type", "accountId", "direction", "timestamp", "originatorName", "originatorNumber", "destinationName",
    "destinationNumber", "duration", "ringTime", "archived", "callId", "recorded", "labels", "ruleNames",
}  # fmt: skip
OF_PHONE_CALLS = {"lastEvent", "voicemail", "maskCallerNumber"}
OF_CLICKS = {"clickToCallType", "queueCallId"}

OUTBOUND = replace(CLICK_TO_CALL, flow=FlowName.OUTBOUND, customer_name="John Doe", answerer_name="John Doe")
INBOUND = replace(
    CANCELED,
    agent_id=1,
    agent_name="User1 User2",
    agent_extension="101",
    customer_number="+390697631539",
    did_label="Main office",
    connected_at=CANCELED.requested_at + timedelta(seconds=3),
    outcome=Outcome.ANSWERED,
    answerer_name="User1 User2",
    answerer_number="101",
)


def url_at(host: str) -> RecordingUrl:
    return lambda _, name: f"https://{host}.s3.eu-central-1.amazonaws.com/{name}"


def sent(event: object) -> Any:  # noqa: ANN401 -- JSON of any shape
    """What goes out, read again."""
    return msgspec.json.decode(msgspec.json.encode(event))


def rendered(facts: CallFacts) -> dict[str, Any]:
    """The keys and values that go out."""
    event: dict[str, Any] = sent(record_data(TENANT, facts, lambda tenant_id, name: f"{tenant_id}:{name}"))
    return event


def test_a_phone_call_is_the_samples() -> None:
    same_json(sent(record_data(TENANT, PHONE_CALL, url_at("vmediaproduction"))), "phone_call")


def test_a_click_to_call_is_the_samples() -> None:
    tenant = replace(TENANT, account_id="2b7c39f77b46eb2899fc39d0b1bd4329")
    same_json(sent(record_data(tenant, CLICK_TO_CALL, url_at("voxloud"))), "click_to_call")


def test_a_fax_is_the_samples() -> None:
    fax = msgspec.convert(golden("fax_call"), FaxEvent)
    same_json(sent(fax), "fax_call")


def test_a_page_is_the_samples() -> None:
    fax = TelephonyEvent(
        id=8563,
        type="FAX_CALL",
        account_id=TENANT.account_id,
        direction="INBOUND",
        timestamp="2018-05-15T15:47:03.000+0000",
        originator_name="anonymous",
        originator_number="anonymous",
        destination_name="3907331980093-fax-caller-id-name",
        destination_number="3907331980093",
        duration=32,
        call_id="fae5d4a5d2f9123657a706f6192f6ec4",
    )
    wanted = read_page(PageQuery(size="30"))
    page = event_page(wanted, [fax, listed_record(TENANT, CANCELED, url_at(""))], 2)
    same_json(sent(page), "telephony_events")


@pytest.mark.parametrize(
    ("facts", "keys"),
    [(CANCELED, OF_PHONE_CALLS), (replace(CANCELED, flow=FlowName.CLICK_TO_CALL), OF_CLICKS)],
    ids=["phone call", "click-to-call"],
)
def test_what_is_not_known_is_left_out(facts: CallFacts, keys: set[str]) -> None:
    event = rendered(facts)
    assert set(event) == CONSTANT | keys
    assert None not in event.values()
    assert (event["labels"], event["ruleNames"], event["recorded"], event["archived"]) == ([], [], False, False)


def test_who_called_whom() -> None:
    def parties(facts: CallFacts) -> list[object]:
        event = rendered(facts)
        keys = ("originatorName", "originatorNumber", "destinationName", "destinationNumber")
        return [event[key] for key in keys] + [event.get("answererName"), event.get("answererNumber")]

    out = ["Pinco Pallino", "390663971096", "John Doe", "393287035654"]
    assert parties(OUTBOUND) == [*out, "John Doe", "393287035654"]
    assert parties(replace(CLICK_TO_CALL, customer_name="John Doe")) == [*out, None, None]
    assert parties(replace(CLICK_TO_CALL, customer_name="John Doe", first=Party.CUSTOMER)) == [*out, None, None]
    came = ["Emanuele De Amicis", "390697631539"]
    assert parties(INBOUND) == [*came, "Main office", "3907761790162", "User1 User2", "101"]
    unnamed = replace(INBOUND, customer_name="", did_label="")
    assert parties(unnamed)[:4] == ["390697631539", "390697631539", "3907761790162", "3907761790162"]
    group = replace(PHONE_CALL, customer_number="600", customer_name="Sales")
    assert parties(group) == ["User1 User2", "101", "Sales", "600", "User2 User2", "102"]


def test_a_hidden_caller_has_neither_name_nor_number() -> None:
    event = rendered(replace(INBOUND, customer_number="anonymous", customer_name="Emanuele"))
    assert (event["originatorName"], event["originatorNumber"]) == ("anonymous", "anonymous")
    assert event["maskCallerNumber"] is True
    assert rendered(INBOUND)["maskCallerNumber"] is False


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({}, "CALL_CANCELED_BY_ORIGINATOR"),
        ({"end_reason": EndReason.AGENT_NO_ANSWER}, "CALL_LOST_NO_ANSWER"),
        ({"end_reason": EndReason.AGENT_FAILED, "outcome": Outcome.FAILED}, "CALL_LOST_NO_ANSWER"),
        ({"end_reason": EndReason.ENGINE_LOST, "outcome": Outcome.FAILED}, "CALL_LOST_NO_ANSWER"),
        ({"end_reason": EndReason.AGENT_BUSY, "outcome": Outcome.BUSY}, "CALL_LOST_USER_BUSY"),
        ({"end_reason": EndReason.AGENT_DECLINED, "outcome": Outcome.REJECTED}, "CALL_REJECTED"),
        ({"connected_at": CANCELED.ended_at, "outcome": Outcome.ANSWERED}, "CALL_TERMINATED"),
        (
            {"connected_at": CANCELED.ended_at, "outcome": Outcome.ANSWERED, "transferred_to": "103"},
            "CALL_TRANSFERRED",
        ),
    ],
    ids=["gave up", "rang out", "failed", "engine lost", "busy", "declined", "answered", "transferred"],
)
def test_the_last_event_says_how_it_ended(changes: dict[str, object], word: str) -> None:
    assert rendered(replace(CANCELED, **changes))["lastEvent"] == word  # type: ignore[arg-type] # fields of CallFacts


def test_durations_are_differences_of_whole_seconds() -> None:
    began = CANCELED.requested_at + timedelta(milliseconds=900)
    call = replace(
        CANCELED,
        requested_at=began,
        answered_at=began + timedelta(milliseconds=200),
        ended_at=began + timedelta(seconds=5, milliseconds=50),
    )
    event = rendered(call)
    assert (event["timestamp"], event["ringTime"], event["duration"]) == (1525700869900, 1, 5)
    assert listed_record(TENANT, call, url_at("")).timestamp == "2018-05-07T13:47:49.900+0000"
    assert rendered(CANCELED)["ringTime"] == rendered(CANCELED)["duration"] == 7


def test_a_recording_is_told_of_when_it_is_there() -> None:
    for status, is_told in (
        (RecordingStatus.NONE, False),
        (RecordingStatus.PENDING, False),
        (RecordingStatus.FAILED, False),
        (RecordingStatus.READY, True),
        (RecordingStatus.EXPIRED, True),
    ):
        event = rendered(replace(INBOUND, recording_name="r.mp3", recording_status=status))
        assert (event["recorded"], event.get("recordingUrl")) == (is_told, "1:r.mp3" if is_told else None)


def test_a_contact_of_no_other_system_is_this_ones_own() -> None:
    event = rendered(replace(INBOUND, contact_id=UUID(int=1)))
    assert event["contactCrm"] == "Voxloud"
    assert not {"contactCrmUrl", "crmLogo"} & set(event)
    assert "crmLogo" not in rendered(replace(INBOUND, contact_id=UUID(int=1), contact_crm="Salesforce"))


def test_who_was_dialled_first() -> None:
    assert rendered(CLICK_TO_CALL)["clickToCallType"] == "EXTENSION"
    assert rendered(replace(CLICK_TO_CALL, first=Party.CUSTOMER))["clickToCallType"] == "CONTACT"
    assert rendered(replace(INBOUND, direction=Direction.INBOUND))["type"] == "PHONE_CALL"
