"""``/v1/reports/call-logs``, the list and a call by itself ("Call Report")."""

# ruff: noqa: ANN401 -- values of JSON are of many types

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from cordboard.domain.call_facts import CallFacts, Direction, RecordingStatus
from cordboard.domain.contact import Contact
from tests.api.alohub.samples import INBOUND, INTERNAL, REPORTED, SAMPLE, golden
from tests.api.house import House, Office

REPORTS = "/v1/reports/call-logs"
PATHS = (REPORTS, f"{REPORTS}/", f"/api{REPORTS}", f"/api{REPORTS}/")
ENVELOPE = {"success": "1", "error_code": "SUCCESS", "error_message": "SUCCESS"}
CODE = "20260107172924-KZGTVFTE-600"
# The document's request, word for word.
REQUEST = {
    "phoneNumber": "0912345678",
    "callStartTime": "2026-01-14T00:00:00+07:00",
    "callEndtime": "2026-04-20T23:59:59+07:00",
    "callType": 0,
    "page": 1,
    "limit": 50,
}
START = SAMPLE.requested_at


async def put(office: Office, facts: CallFacts, **changes: Any) -> CallFacts:
    own: dict[str, Any] = {"tenant_id": office.tenant.id, "id": uuid4()}
    written = replace(facts, **(own | changes))
    await office.rows.cdrs.insert(written, None)
    return written


async def know(office: Office, first_name: str, *phones: str, last_name: str = "", minutes: int = 0) -> Contact:
    saved_at = START + timedelta(minutes=minutes)
    contact = Contact(
        id=uuid4(), tenant_id=office.tenant.id, first_name=first_name, last_name=last_name, phones=phones,
        created_at=saved_at, updated_at=saved_at,
    )  # fmt: skip
    await office.rows.contacts.save(contact)
    return contact


async def rows_of(office: Office, path: str = REPORTS, **criteria: Any) -> tuple[list[dict[str, Any]], int]:
    answer = await office.post(path, criteria)
    assert answer.code == (200, "SUCCESS"), answer
    return answer.json["data"], answer.json["totalRecord"]


async def references(office: Office, **criteria: Any) -> list[str]:
    rows, total = await rows_of(office, **criteria)
    assert total == len(rows)
    return [row["callId"] for row in rows]


async def detail(office: Office, reference: str) -> dict[str, Any]:
    answer = await office.get(f"{REPORTS}/{reference}")
    assert answer.code == (200, "SUCCESS"), answer
    (row,) = answer.json["data"]
    found: dict[str, Any] = row
    return found


@pytest.mark.parametrize("path", PATHS)
async def test_the_documents_list(office: Office, path: str) -> None:
    await put(office, REPORTED)
    answer = await office.post(path, REQUEST)
    assert answer.json == {**ENVELOPE, "totalRecord": 1, "data": [golden("report_row")]}
    assert list(answer.json) == ["success", "error_code", "error_message", "totalRecord", "data"]
    assert list(answer.json["data"][0]) == list(golden("report_row"))  # type: ignore[call-overload] # an object
    assert type(answer.json["totalRecord"]) is int


@pytest.mark.parametrize("path", PATHS)
async def test_the_documents_detail(office: Office, path: str) -> None:
    await put(office, REPORTED, customer_name=CODE)
    answer = await office.get(f"{path.rstrip('/')}/{REPORTED.reference}{'/' if path.endswith('/') else ''}")
    assert answer.json == {**ENVELOPE, "totalRecord": 1, "data": [golden("report_detail")]}
    (row,) = answer.json["data"]
    assert list(row) == list(golden("report_detail"))  # type: ignore[call-overload] # an object
    assert (type(row["answerTime"]), type(row["duration"]), type(row["callType"])) == (int, int, str)


async def test_an_answered_call_with_its_recording(office: Office) -> None:
    facts = await put(office, SAMPLE)
    ((row,), _) = await rows_of(office)
    assert (row["caller"], row["called"], row["agentId"]) == ("888", "0389900123", "userName66")
    assert (row["startTime"], row["firstRingTime"]) == ("13/01/2024 15:00:30", "13/01/2024 15:00:33")
    assert (row["firstConnectTime"], row["endTime"]) == ("13/01/2024 15:00:35", "13/01/2024 15:05:30")
    assert (row["waitingTime"], row["acdTime"]) == ("2", "295")
    assert row["description"] == "OUTBOUND-Khách hàng kết thúc cuộc gọi"
    assert all(type(value) is str for value in row.values())
    one = await detail(office, facts.reference)
    assert (one["answerTime"], one["duration"], one["callType"]) == (2, 300, "1")
    assert (one["ringTime"], one["connectTime"]) == (row["firstRingTime"], row["firstConnectTime"])
    await office.recording(b"ID3 audio", name=facts.recording_name, call_id=facts.id)
    assert one["recordingUrl"] == row["url"]
    base = office.house.base_url
    assert row["url"].startswith(f"{base}/IPCCMedia/MP3Export.do?url=url_file.mp3&source=ipcc&sig=")
    played = await office.house.ask("GET", row["url"].removeprefix(base))
    assert (played.status, played.body) == (200, b"ID3 audio")


async def test_a_url_is_shown_once_there_is_a_file(office: Office) -> None:
    facts = await put(office, SAMPLE, recording_status=RecordingStatus.PENDING)
    assert (await detail(office, facts.reference))["recordingUrl"] == ""
    await office.rows.cdrs.set_recording(facts.id, RecordingStatus.EXPIRED)
    assert (await detail(office, facts.reference))["recordingUrl"] != ""


async def test_who_is_who_by_direction(office: Office) -> None:
    inbound = await put(office, INBOUND, reference="20240113150030-IN-1")
    internal = await put(office, INTERNAL, reference="20240113150030-WITHIN-1", customer_name="Bob Tran")
    one = await detail(office, inbound.reference)
    assert (one["caller"], one["called"], one["agentId"]) == ("0389900123", "02873000001", "userName66")
    assert (one["callType"], one["description"][:8]) == ("0", "INBOUND-")
    one = await detail(office, internal.reference)
    assert (one["caller"], one["called"], one["agentId"]) == ("888", "889", "userName66")
    assert (one["callType"], one["description"]) == ("1", "OUTBOUND-Máy lẻ được gọi kết thúc cuộc gọi")
    assert one["customerName"] == "Bob Tran"


async def test_an_immediate_answer_counts_a_second(office: Office) -> None:
    facts = await put(office, SAMPLE, ringing_at=SAMPLE.connected_at)
    assert (await detail(office, facts.reference))["answerTime"] == 1


async def test_each_criterion(office: Office) -> None:
    a = await put(
        office, SAMPLE, reference="20240113150030-A-1", customer_number="+84912345678", agent_extension="6688"
    )
    b = await put(
        office, INBOUND, reference="20240113150030-B-1", requested_at=START + timedelta(hours=1),
        customer_number="+84987654321", did_number="+842873001234", agent_extension="6689",
    )  # fmt: skip
    c = await put(
        office, INTERNAL, reference="20240113150030-C-1", requested_at=START + timedelta(hours=2),
        customer_number="6688", agent_extension="77",
    )  # fmt: skip
    everything = [c.reference, b.reference, a.reference]
    cases: list[tuple[dict[str, Any], list[str]]] = [
        ({}, everything),
        (dict.fromkeys(REQUEST, ""), everything),
        (dict.fromkeys(REQUEST), everything),
        ({"phoneNumber": "0912345678"}, [a.reference]),
        ({"phoneNumber": "+84912345678"}, [a.reference]),
        ({"phoneNumber": 84912345678}, [a.reference]),
        ({"phoneNumber": "345678"}, [a.reference]),
        ({"phoneNumber": "0987"}, [b.reference]),
        ({"phoneNumber": "02873001234"}, [b.reference]),
        ({"phoneNumber": "842873001234"}, [b.reference]),
        ({"phoneNumber": "73001"}, [b.reference]),
        ({"phoneNumber": "0287"}, [b.reference]),
        ({"phoneNumber": "6688"}, [c.reference, a.reference]),
        # An inbound call was made to the DID, not to the extension that took it.
        ({"phoneNumber": "6689"}, []),
        ({"phoneNumber": "77"}, [c.reference]),
        # The number that an outbound call showed is neither party's.
        ({"phoneNumber": "02873000001"}, []),
        ({"callType": 0}, [b.reference]),
        ({"callType": "1"}, [c.reference, a.reference]),
        ({"callStartTime": "2024-01-13T16:00:30+07:00"}, everything[:2]),
        ({"callStartTime": "2024-01-13T09:00:31Z"}, everything[:1]),
        ({"callEndtime": "2024-01-13T15:00:30+07:00"}, [a.reference]),
        ({"callEndtime": "2024-01-13T15:00:29+07:00"}, []),
        ({"callEndtime": "2024-01-13 15:00:30"}, [a.reference]),
        ({"callEndTime": "2024-01-13T15:00:29+07:00"}, everything),
        ({"callStartTime": "2024-02-01T00:00:00+07:00", "callEndtime": "2024-01-01T00:00:00+07:00"}, []),
        ({"callType": 1, "phoneNumber": "6688", "callEndtime": "2024-01-13T15:59:59+07:00"}, [a.reference]),
    ]  # fmt: skip
    for criteria, expected in cases:
        assert await references(office, **criteria) == expected, criteria


async def test_what_cannot_be_asked_names_its_field(office: Office) -> None:
    cases: list[tuple[dict[str, Any], str]] = [
        ({"page": 0}, "page"),
        ({"page": "first"}, "page"),
        ({"limit": 1001}, "limit"),
        ({"limit": 0}, "limit"),
        ({"limit": True}, "limit"),
        ({"callType": 2}, "callType"),
        ({"callType": "in"}, "callType"),
        ({"callType": [0]}, "callType"),
        ({"callStartTime": "21/01/2026 09:52:33"}, "callStartTime"),
        ({"callStartTime": 1776124800}, "callStartTime"),
        ({"callEndtime": "2026-04-20"}, "callEndtime"),
        ({"phoneNumber": {"a": 1}}, "phoneNumber"),
        ({"phoneNumber": "a\0b"}, "phoneNumber"),
    ]
    for criteria, named in cases:
        answer = await office.post(REPORTS, criteria)
        assert answer.code == (400, "INVALID_INPUT"), criteria
        assert f"'{named}'" in answer.json["error_message"]
    answer = await office.post(f"{REPORTS}?expand=everything", {})
    assert answer.code == (400, "INVALID_INPUT")
    assert "'expand'" in answer.json["error_message"]
    assert (await office.post(REPORTS, b"[1]")).code == (400, "INVALID_INPUT")


async def test_no_body_is_everything(office: Office) -> None:
    await put(office, SAMPLE)
    assert len((await office.post(REPORTS, b"")).json["data"]) == 1


async def test_ids_that_are_none_and_ids_of_nobody(office: Office, stranger: Office) -> None:
    theirs = await put(stranger, SAMPLE, reference="20240113150030-THEIRS-1")
    for reference in ("abc", "20260310095227-abcxyz-342", "2026031009522-ABC-1", "20260310095227-ABCXYZ",
                      "20260310095227-ABCDEFGHIJKLMNOPQ-1", "20260310095227-A-12345678901", "٢0260310095227-A-1",
                      "20260310095227-A-1%0A", "a%00"):  # fmt: skip
        answer = await office.get(f"{REPORTS}/{reference}")
        assert answer.code == (400, "INVALID_INPUT"), reference
        assert "'callId'" in answer.json["error_message"]
    for reference in (theirs.reference, "20260310095227-NOBODY-1", "20260310095227-A-1234567890"):
        answer = await office.get(f"{REPORTS}/{reference}")
        assert answer.code == (404, "NOT_FOUND")
        assert answer.json == {
            "success": "0", "error_code": "NOT_FOUND", "error_message": "Không tìm thấy", "totalRecord": 0, "data": [],
        }  # fmt: skip
    assert (await detail(stranger, theirs.reference))["callId"] == theirs.reference


async def test_lists_hold_ended_calls_only(office: Office) -> None:
    accepted = (await office.call()).json
    assert await rows_of(office) == ([], 0)
    assert (await office.get(f"{REPORTS}/{accepted['call_id']}")).status == 404


async def test_the_customers_name(office: Office) -> None:
    number = "+84912345678"
    facts = await put(office, SAMPLE, customer_number=number, customer_name="")

    async def name() -> str:
        ((row,), _) = await rows_of(office)
        one = await detail(office, facts.reference)
        assert one["customerName"] == row["customerName"]
        return str(row["customerName"])

    assert await name() == "0912345678"
    secondary = await know(office, "Secondary", "+84900000001", number, minutes=9)
    assert await name() == "Secondary"
    await know(office, "Mai", number, last_name="Trần", minutes=1)
    assert await name() == "Mai Trần"
    latest = await know(office, "", number, last_name="Latest", minutes=2)
    assert await name() == "Latest"
    expanded, total = await rows_of(office, f"{REPORTS}?expand=customers")
    assert total == 1
    assert [row["customerName"] for row in expanded] == ["Latest", "Mai Trần", "Secondary"]
    assert len({tuple(row | {"customerName": ""}) for row in expanded}) == 1
    for contact in (latest, secondary):
        await office.rows.contacts.remove(contact.id)
    assert await name() == "Mai Trần"


async def test_a_name_that_the_network_gave_is_better_than_a_number(office: Office, stranger: Office) -> None:
    await know(stranger, "Theirs", SAMPLE.customer_number)
    await put(office, SAMPLE, customer_name="NGUYEN VAN A")
    await put(office, SAMPLE, customer_name="", customer_number="anonymous", direction=Direction.INBOUND)
    rows, _ = await rows_of(office)
    assert {row["customerName"] for row in rows} == {"NGUYEN VAN A", "anonymous"}


async def test_who_shares_a_number_does_not_move_pages(office: Office) -> None:
    for number in range(5):
        await put(office, SAMPLE, reference=f"20240113150030-P-{number}")
        await know(office, f"c{number}", SAMPLE.customer_number)
    seen = []
    for page in (1, 2, 3):
        rows, total = await rows_of(office, f"{REPORTS}?expand=customers", page=page, limit=2)
        assert total == 5
        seen += [row["callId"] for row in rows]
    assert len(seen) == 25
    assert len(set(seen)) == 5


async def test_times_and_words_are_the_tenants(house: House) -> None:
    office = await house.open_office("roma", timezone="Europe/Rome", country="IT", language="en")
    await put(office, SAMPLE, customer_number="+390212345678")
    ((row,), _) = await rows_of(office, callStartTime="2024-01-13T09:00:30", callEndtime="2024-01-13T09:00:30")
    assert (row["startTime"], row["called"]) == ("13/01/2024 09:00:30", "0212345678")
    assert row["description"] == "OUTBOUND-The customer hung up"


async def test_same_start_is_ordered_by_id(office: Office) -> None:
    for number in (3, 1, 2):
        await put(office, SAMPLE, id=UUID(int=number), reference=f"20240113150030-S-{number}")
    assert [one[-1] for one in await references(office)] == ["3", "2", "1"]
