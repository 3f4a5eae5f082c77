"""searchCallV2 and V1: criteria, pages, live calls."""

# ruff: noqa: ANN401 -- values of JSON are of many types

from datetime import UTC, datetime, timedelta
from typing import Any

from cordboard.domain.call_facts import Direction, RecordingStatus
from cordboard.domain.call_state import EndedBy
from cordboard.domain.cause import Outcome
from tests.api.alohub.samples import SAMPLE, golden
from tests.api.house import SEARCH, SEARCH_V1, House, Office

START = SAMPLE.requested_at


async def references(office: Office, **criteria: Any) -> list[str]:
    rows, total = await office.search(**criteria)
    assert total == len(rows)
    return [row["call_id"] for row in rows]


async def test_the_documents_row_in_its_envelope(office: Office) -> None:
    await office.record(reference=SAMPLE.reference)
    envelope = {"success": "1", "error_code": "SUCCESS", "error_message": "SUCCESS", "totalRecord": 1}
    for path, row in ((SEARCH, "search_row"), (f"{SEARCH}/", "search_row"), (SEARCH_V1, "search_row_v1")):
        answer = await office.post(f"{path}?userName=admin&source=ipcc", {})
        assert answer.json == {**envelope, "data": [golden(row)]}
        assert list(answer.json) == [*envelope, "data"]


async def test_nothing_to_find_and_no_body(office: Office) -> None:
    answer = await office.post(SEARCH, b"")
    assert answer.json["data"] == []
    assert answer.json["totalRecord"] == 0


async def test_each_criterion(office: Office) -> None:
    start = START.astimezone(office.tenant.zone).replace(microsecond=0)
    a = await office.record(requested_at=START, agent_user_name="alice", agent_extension="6688", request_id="T-1")
    b = await office.record(
        requested_at=START + timedelta(hours=1),
        customer_number="+84912345678",
        agent_user_name="bob",
        agent_extension="6689",
        request_id="T-2",
        direction=Direction.INBOUND,
    )
    c = await office.record(
        requested_at=START + timedelta(hours=2),
        customer_number="+393331234567",
        agent_user_name="carol",
        agent_extension="6690",
        request_id="",
        connected_at=None,
        outcome=Outcome.BUSY,
        direction=Direction.INTERNAL,
    )
    everything = [c.reference, b.reference, a.reference]
    cases: list[tuple[dict[str, Any], list[str]]] = [
        ({}, everything),
        ({"call_id": b.reference}, [b.reference]),
        ({"call_id": "20200101000000-NOBODY-1"}, []),
        ({"starttime": f"{start + timedelta(hours=1):%Y-%m-%d %H:%M:%S}"}, everything[:2]),
        ({"starttime": (start + timedelta(hours=1, seconds=1)).isoformat()}, everything[:1]),
        ({"endtime": f"{start:%Y-%m-%d %H:%M:%S}"}, [a.reference]),
        ({"endtime": f"{start - timedelta(seconds=1):%Y-%m-%d %H:%M:%S}"}, []),
        ({"starttime": "9999-12-31 23:59:59"}, []),
        ({"endtime": "9999-12-31T23:59:59Z"}, everything),
        ({"starttime": "2024-02-01 00:00:00", "endtime": "2024-01-01 00:00:00"}, []),
        ({"customer_number": "0912345678"}, [b.reference]),
        ({"customer_number": "+84912345678"}, [b.reference]),
        ({"customer_number": "84912345678"}, [b.reference]),
        ({"customer_number": 912345678}, [b.reference]),
        ({"customer_number": "345678"}, [b.reference]),
        ({"customer_number": "1234"}, [c.reference, b.reference]),
        ({"customer_number": "0999999999"}, []),
        ({"customer_number": "nobody"}, []),
        ({"callType": "1"}, [c.reference, a.reference]),
        ({"callType": 0}, [b.reference]),
        ({"direction": "inbound"}, [b.reference]),
        ({"direction": "OUTBOUND", "callType": "1"}, [c.reference, a.reference]),
        ({"direction": "INBOUND", "callType": "1"}, []),
        ({"agent": "bob"}, [b.reference]),
        ({"agent": ["bob", "carol"]}, everything[:2]),
        ({"agent": [], "direction": "", "callType": "", "limit": "", "page": None, "starttime": ""}, everything),
        ({"ipPhone": 6690}, [c.reference]),
        ({"transactionId": "T-1"}, [a.reference]),
        ({"transactionId": "t-1"}, []),
        ({"call_status": "ANSWERED"}, [b.reference, a.reference]),
        ({"call_status": "busy"}, [c.reference]),
        ({"call_status": "hangup"}, everything),
        ({"call_status": "ringing"}, []),
        ({"unknown": 1}, everything),
    ]
    for criteria, expected in cases:
        assert await references(office, **criteria) == expected, criteria


async def test_what_cannot_be_asked_names_its_field(office: Office) -> None:
    cases: list[tuple[dict[str, Any], str]] = [
        ({"page": 0}, "page"),
        ({"page": "-1"}, "page"),
        ({"page": "one"}, "page"),
        ({"page": 1.5}, "page"),
        ({"limit": 0}, "limit"),
        ({"limit": 1001}, "limit"),
        ({"limit": 10**30}, "limit"),
        ({"limit": True}, "limit"),
        ({"callType": "2"}, "callType"),
        ({"direction": "sideways"}, "direction"),
        ({"call_status": "gone"}, "call_status"),
        ({"starttime": "yesterday"}, "starttime"),
        ({"endtime": "14/04/2026 00:00:00"}, "endtime"),
        ({"agent": {"a": 1}}, "agent"),
        ({"agent": [["a"]]}, "agent"),
        ({"customer_number": ["0912345678"]}, "customer_number"),
        ({"call_id": "a\0b"}, "call_id"),
    ]
    for criteria, named in cases:
        answer = await office.post(SEARCH, criteria)
        assert answer.code == (400, "INVALID_INPUT"), criteria
        assert f"'{named}'" in answer.json["error_message"]


async def test_pages_hold_each_call_once_live_ones_among_them(office: Office) -> None:
    now = datetime.now(UTC)
    for number in range(7):
        # Some calls that ended were asked for after those that still live.
        await office.record(requested_at=now + timedelta(minutes=number - 3), connected_at=None)
    await office.call()
    other = await office.hire("6689", user_name="bob")
    assert (await office.call(extension=other.extension)).json["success"] == "1"
    seen = []
    for page in range(1, 6):
        rows, total = await office.search(page=page, limit=2)
        assert total == 9
        seen += rows
    assert len({row["call_id"] for row in seen}) == len(seen) == 9
    assert [row["starttime"] for row in seen] == sorted((row["starttime"] for row in seen), reverse=True)
    assert sum(row["endtime"] == "" for row in seen) == 2
    assert (await office.search(page=7, limit=2)) == ([], 9)


async def test_a_live_call(office: Office) -> None:
    accepted = (await office.call(transactionId="T-1")).json
    ((row,), total) = await office.search()
    assert total == 1
    assert row["call_id"] == accepted["call_id"]
    assert row["call_status"] == "ringing"
    assert (row["endtime"], row["hangup_by"], row["total_duration"], row["answertime"]) == ("", "", "", "")
    assert await references(office, call_status="ringing", transactionId="T-1") == [accepted["call_id"]]
    for status in ("answered", "hangup", "missed", "busy", "rejected", "failed"):
        assert await references(office, call_status=status) == []
    assert await references(office, direction="inbound") == []


async def test_what_the_row_says_of_the_recording_and_of_who_hung_up(office: Office) -> None:
    facts = await office.record(recording_status=RecordingStatus.PENDING, ended_by=EndedBy.AGENT)
    ((row,), _) = await office.search()
    assert (row["recording_url"], row["hangup_by"]) == ("", "agent")
    await office.rows.cdrs.set_recording(facts.id, RecordingStatus.EXPIRED)
    ((row,), _) = await office.search()
    assert row["recording_url"] == "url_file.mp3"


async def test_times_are_in_the_tenants_zone(house: House) -> None:
    office = await house.open_office("roma", timezone="Europe/Rome", country="IT")
    await office.record(customer_number="+390212345678")
    ((row,), _) = await office.search(starttime="2024-01-13 09:00:30", endtime="2024-01-13 09:00:30")
    assert (row["starttime"], row["caller_number"]) == ("2024-01-13 09:00:30", "0212345678")


async def test_nobody_finds_a_strangers_calls(office: Office, stranger: Office) -> None:
    theirs = await stranger.record()
    await office.call()
    for criteria in ({}, {"call_id": theirs.reference}, {"transactionId": theirs.request_id}, {"agent": "userName66"}):
        assert theirs.reference not in await references(office, **criteria)
    assert await references(stranger) == [theirs.reference]
