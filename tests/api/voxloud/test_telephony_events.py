"""Records of calls asked for by page, as a table, by their number and by their call."""

# ruff: noqa: ANN401 -- fields of facts and values of JSON are of many types

import csv
import io
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest

from cordboard.api.voxloud.records import TelephonyEvent
from cordboard.domain.call_facts import CallFacts, Direction, RecordingStatus
from cordboard.domain.call_state import EndReason, FlowName
from cordboard.domain.cause import Outcome
from tests.api.house import Answer, Office
from tests.api.voxloud.client import Client
from tests.api.voxloud.samples import CANCELED, CLICK_TO_CALL, PHONE_CALL

EVENTS = "/telephony-events"
CSV = {"Accept": "text/csv"}
SORTS = ("timestamp", "duration", "id", "direction", "type")
START = datetime(2026, 3, 10, 9, 52, 27, tzinfo=UTC)
# What has to be quoted, what a spreadsheet would run, and what the database escapes.
NAMES = ("", "Doe, John", 'The "Boss"', "=1+1", "@home", "-1", "+84 12", "Nguyễn Văn A", "a\\b\tc", "two\nlines", "a|b")


async def record(office: Office, facts: CallFacts, place: int, **changes: Any) -> CallFacts:
    call_id = UUID(int=office.tenant.id * 1_000_000 + place)
    facts = replace(facts, tenant_id=office.tenant.id, id=call_id, reference=f"20260310-{place}", **changes)
    await office.rows.cdrs.insert(facts, None)
    return facts


async def make_history(office: Office, count: int) -> None:
    """Calls of all kinds, many with the same time and duration."""
    draw = random.Random(5)
    for place in range(count):
        facts = draw.choice((PHONE_CALL, CLICK_TO_CALL, CANCELED))
        at = START + timedelta(milliseconds=draw.choice((0, 1, 999, 60_000)))
        is_answered = facts.connected_at is not None
        answered_at = at + timedelta(seconds=draw.randrange(3)) if is_answered else None
        await record(
            office,
            facts,
            place,
            requested_at=at,
            answered_at=answered_at,
            connected_at=answered_at,
            ended_at=at + timedelta(seconds=draw.randrange(3, 7)),
            agent_name=draw.choice(NAMES),
            customer_name=draw.choice(NAMES),
            customer_number=draw.choice((facts.customer_number, "anonymous", f"+849{draw.randrange(10**8):08}")),
            labels=draw.choice(((), ("label1", "label2"), ("a, b", "=c"))),
            contact_crm=draw.choice(("", "Hubspot")),
            contact_id=draw.choice((None, UUID(int=1))),
            transferred_to=draw.choice(("", "103")),
            transcription=draw.choice(("", "Hello.\r\nGood bye, \\n")),
        )


async def query(client: Client, body: object = None, **parameters: str) -> dict[str, Any]:
    answer = await client.post(EVENTS, body, **parameters)
    assert answer.status == 200, answer
    return answer.json


async def numbers(client: Client, body: object = None, **parameters: str) -> list[int]:
    return [event["id"] for event in (await query(client, body, **parameters))["content"]]


async def export(client: Client, body: object = None, **parameters: str) -> list[dict[str, str]]:
    answer = await client.ask("POST", EVENTS, body, headers=CSV, query=parameters)
    assert (answer.status, answer.headers["content-type"]) == (200, "text/csv; charset=utf-8")
    text = answer.body.decode()
    assert text.count("\n") == text.count("\r\n") + text.count("two\nlines") + text.count("\\\n")
    header, *rows = csv.reader(io.StringIO(text, newline=""))
    assert tuple(header) == TelephonyEvent.__struct_encode_fields__
    assert all(len(row) == len(header) for row in rows)
    return [dict(zip(header, row, strict=True)) for row in rows]


def as_cells(event: dict[str, Any]) -> dict[str, str]:
    """An element of a list as a row of the table must have it."""

    def cell(value: Any) -> str:
        if isinstance(value, bool):
            return str(value).lower()
        text = "|".join(value) if isinstance(value, list) else str(value)
        is_number = text[:1] == "+" and text[1:].isdecimal()
        return f"'{text}" if text[:1] in tuple("=+-@\t\r\n") and not is_number else text

    return {key: cell(event[key]) if key in event else "" for key in TelephonyEvent.__struct_encode_fields__}


async def test_a_page_says_where_it_stands(client: Client) -> None:
    for place in range(5):
        await record(client.office, CANCELED, place, requested_at=START + timedelta(seconds=place))
    page = await query(client, {}, size="2", page="1")
    assert [event["timestamp"] for event in page.pop("content")] == [
        "2026-03-10T09:52:29.000+0000",
        "2026-03-10T09:52:28.000+0000",
    ]
    sort = {"ignoreCase": False, "nullHandling": "NATIVE"}
    newest = sort | {"direction": "DESC", "property": "timestamp", "ascending": False, "descending": True}
    shape = {"totalElements": 5, "totalPages": 3, "size": 2, "sort": [newest]}
    assert page == shape | {"first": False, "last": False, "number": 1, "numberOfElements": 2}
    page = await query(client, {}, size="2", page="2", sort="duration")
    assert page["sort"] == [sort | {"direction": "ASC", "property": "duration", "ascending": True, "descending": False}]
    assert (page["first"], page["last"], page["numberOfElements"]) == (False, True, 1)
    beyond = await query(client, {}, size="2", page="3")
    assert (beyond["content"], beyond["last"], beyond["totalElements"]) == ([], True, 5)


async def test_nothing_is_a_page_too(client: Client) -> None:
    page = await query(client)
    assert (page["content"], page["totalElements"], page["totalPages"]) == ([], 0, 0)
    assert (page["first"], page["last"], page["size"], page["number"]) == (True, True, 20, 0)
    assert await export(client) == []


@pytest.mark.parametrize("way", ["asc", "desc"])
@pytest.mark.parametrize("name", SORTS)
async def test_pages_neither_skip_nor_repeat_and_the_table_is_the_same(client: Client, name: str, way: str) -> None:
    await make_history(client.office, 40)
    sort = f"{name},{way}"
    whole = (await query(client, {}, sort=sort, size="1000"))["content"]
    keys = [(event[name], event["id"]) for event in whole]
    assert keys == sorted(keys, reverse=way == "desc")
    assert len(set(keys)) == 40
    for size in (1, 3, 7, 39, 40, 41):
        pages = [await numbers(client, {}, sort=sort, size=str(size), page=str(page)) for page in range(40 // size + 2)]
        assert [number for page in pages for number in page] == [number for _, number in keys]
    rows = [as_cells(event) for event in whole]
    assert await export(client, {}, sort=sort) == rows
    assert await export(client, {}, sort=sort, size="7", page="2") == rows[14:21]


async def test_ends_of_the_interval_belong_to_it_to_the_millisecond(client: Client) -> None:
    for milliseconds in (0, 1, 2, 3):
        at = START + timedelta(milliseconds=milliseconds, microseconds=700)
        await record(client.office, CANCELED, milliseconds, requested_at=at)
    body = {"date_time_from": "2026-03-10T09:52:27.001Z", "date_time_to": "2026-03-10T10:52:27.002+01:00"}
    for found in (await query(client, body), {"content": await export(client, body)}):
        assert [event["timestamp"][-8:] for event in found["content"]] == [".002+0000"[-8:], ".001+0000"[-8:]]


async def test_a_number_is_either_partys_in_any_form(client: Client) -> None:
    await client.office.change(country="IT")
    inbound = await record(client.office, CANCELED, 1, customer_number="+390697631539")
    outbound = await record(client.office, CLICK_TO_CALL, 2)
    internal = await record(client.office, PHONE_CALL, 3)
    for text, expected in (
        ("+390697631539", [inbound]),
        ("0697631539", [inbound]),
        ("390697631539", [inbound]),
        ("069763153", []),
        ("97631", [inbound]),
        ("3907761790162", [inbound]),
        ("393287035654", [outbound]),
        ("101", [internal, outbound]),
        ("102", [internal]),
        ("06123456789", []),
    ):
        body = {"number": text}
        wanted = [facts.id.hex for facts in sorted(expected, key=lambda facts: facts.requested_at, reverse=True)]
        assert [event["callId"] for event in (await query(client, body))["content"]] == wanted, text
        assert [row["callId"] for row in await export(client, body)] == wanted, text


async def test_one_by_itself_is_what_the_webhook_says(client: Client) -> None:
    facts = await record(client.office, PHONE_CALL, 1)
    (listed,) = (await query(client))["content"]
    answers = [await client.get(f"{EVENTS}/{listed['id']}"), await client.get(EVENTS, callId=facts.id.hex.upper())]
    for answer in answers:
        assert (answer.status, answer.json) == (200, listed | {"timestamp": 1523369486000})
    assert listed["timestamp"] == "2018-04-10T14:11:26.000+0000"
    assert listed["transcription"] == PHONE_CALL.transcription


async def test_a_recordings_url_plays_without_a_key(client: Client) -> None:
    recording = await client.office.recording(b"sound")
    facts = await record(client.office, PHONE_CALL, 1, recording_name=recording.name)
    event = (await client.get(EVENTS, callId=facts.id.hex)).json
    (row,) = await export(client)
    assert row["recordingUrl"] == event["recordingUrl"]
    url = urlsplit(event["recordingUrl"])
    answer = await client.office.house.ask("GET", f"{url.path}?{url.query}")
    assert (answer.status, answer.body) == (200, b"sound")


async def test_nobody_sees_a_strangers(client: Client, strangers_client: Client) -> None:
    facts = await record(client.office, PHONE_CALL, 1)
    number = (await query(client))["content"][0]["id"]
    assert (await query(strangers_client))["totalElements"] == 0
    assert await export(strangers_client) == []
    for answer in (
        await strangers_client.get(f"{EVENTS}/{number}"),
        await strangers_client.get(EVENTS, callId=facts.id.hex),
    ):
        assert answer.status == 404


async def test_the_form_is_the_one_that_is_accepted(client: Client) -> None:
    await record(client.office, PHONE_CALL, 1)

    async def form(accept: str) -> str:
        answer: Answer = await client.ask("POST", EVENTS, {}, headers={"Accept": accept})
        return f"{answer.status} {answer.headers['content-type'].partition(';')[0]}"

    for accept in ("*/*", "application/json", "text/csv;q=0.5, application/json", "application/*", "nonsense"):
        assert await form(accept) == "200 application/json", accept
    for accept in ("text/csv", "Text/CSV; charset=utf-8", "text/csv, */*;q=0.1", "text/*", "*/*;q=0.1, text/csv"):
        assert await form(accept) == "200 text/csv", accept
    for accept in ("application/xml", "image/png, text/html"):
        assert await form(accept) == "406 application/json", accept


async def test_recordings_that_are_not_there_have_no_url_in_the_table(client: Client) -> None:
    for place, status in enumerate(RecordingStatus):
        await record(client.office, PHONE_CALL, place, recording_status=status)
    rows = {row["recorded"]: bool(row["recordingUrl"]) for row in await export(client)}
    assert rows == {"true": True, "false": False}


async def test_a_call_without_a_name_or_reason_is_exported(client: Client) -> None:
    for place, outcome in enumerate(Outcome):
        await record(
            client.office,
            CANCELED,
            place,
            outcome=outcome,
            flow=FlowName.OUTBOUND,
            direction=Direction.OUTBOUND,
            end_reason=EndReason.ENGINE_LOST,
            customer_name="",
        )
    listed = (await query(client))["content"]
    assert await export(client) == [as_cells(event) for event in listed]
