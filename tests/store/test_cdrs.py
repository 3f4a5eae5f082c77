import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from cordboard.domain.call_facts import CallFacts, Direction, RecordingStatus
from cordboard.domain.call_state import EndedBy, EndReason, Party
from cordboard.domain.cause import Outcome
from cordboard.domain.cdr import CdrFilter
from cordboard.domain.errors import Unavailable
from tests.store.conftest import NOW, Office


async def written(office: Office, *records: CallFacts) -> list[CallFacts]:
    return [replace(facts, number=await office.rows.cdrs.insert(facts, None)) for facts in records]


async def found(office: Office, **criteria: Any) -> list[UUID]:
    page = await office.rows.cdrs.find(CdrFilter(**criteria))
    assert page.total == len(page.rows)
    return [facts.id for facts in page.rows]


async def test_a_record_comes_back_whole(office: Office) -> None:
    bare = replace(office.ended(), agent_id=None, agent_user_name="", agent_name="")
    full = replace(
        office.ended(1),
        ringing_at=NOW,
        connected_at=NOW + timedelta(microseconds=1),
        outcome=Outcome.ANSWERED,
        ended_by=EndedBy.CUSTOMER,
        end_reason=EndReason.CUSTOMER_HUNG_UP,
        direction=Direction.INTERNAL,
        first=Party.CUSTOMER,
        failed_party=Party.AGENT,
        sip_code=486,
        held_milliseconds=1234,
        customer_name="Trần Thị 'B'",
        request_id="r1",
        recording_name="abc.mp3",
        recording_status=RecordingStatus.PENDING,
        transferred_to="+84987654321",
        answered_at=NOW,
        answerer_name="Mai",
        answerer_number="+84912345678",
        did_label="Sales",
        contact_id=uuid4(),
        contact_crm="Hubspot",
        contact_crm_url="https://crm.example/1",
        is_archived=True,
        labels=("a", "b, c"),
        rule_names=("IVR 1",),
        voicemail_name="voice.mp3",
        sentiment_score=73,
        transcription="Hello.",
        summary="They said hello.",
    )
    for facts in await written(office, bare, full):
        assert await office.rows.cdrs.get(facts.id) == facts
        assert await office.rows.cdrs.by_reference(facts.reference) == facts
        assert await office.rows.cdrs.by_number(facts.number or 0) == facts
    assert await office.rows.cdrs.get(uuid4()) is None
    assert await office.rows.cdrs.by_reference("nothing") is None


async def test_texts_are_in_a_list_only_when_asked_for(office: Office) -> None:
    (facts,) = await written(office, replace(office.ended(), transcription="Hello.", summary="Hello!"))
    for wants_texts, expected in ((True, facts), (False, replace(facts, transcription="", summary=""))):
        page = await office.rows.cdrs.find(CdrFilter(wants_texts=wants_texts))
        assert page.rows == [expected]


async def test_numbers_are_unique_over_all_tenants(office: Office, other_office: Office) -> None:
    numbers = [await one.rows.cdrs.insert(one.ended(), None) for one in (office, other_office) * 3]
    assert len(set(numbers)) == 6
    assert all(0 < number < 2**53 for number in numbers)


async def test_a_call_has_one_record(office: Office) -> None:
    facts = office.ended()
    await office.rows.cdrs.insert(facts, None)
    with pytest.raises(Exception, match="exists already"):
        await office.rows.cdrs.insert(facts, None)


async def test_records_are_found_by_what_is_asked(office: Office, other_office: Office) -> None:
    await written(other_office, other_office.ended())
    agents = ("alice", "bob", "alice", "carol")
    records = [
        replace(
            office.ended(seconds),
            agent_user_name=agents[seconds],
            agent_extension=f"10{seconds}",
            customer_number=("+84912345678", "+84287300001", "101", "anonymous")[seconds],
            direction=(Direction.OUTBOUND, Direction.INBOUND, Direction.INTERNAL, Direction.INBOUND)[seconds],
            outcome=(Outcome.BUSY, Outcome.MISSED, Outcome.ANSWERED, Outcome.MISSED)[seconds],
            request_id="order-1" if seconds == 2 else "",
        )
        for seconds in range(4)
    ]
    await written(office, *records)
    one, two, three, four = (facts.id for facts in records)
    assert await found(office) == [four, three, two, one]
    assert await found(office, started_from=NOW + timedelta(seconds=1)) == [four, three, two]
    assert await found(office, started_before=NOW + timedelta(seconds=2)) == [two, one]
    assert await found(office, reference=records[1].reference) == [two]
    assert await found(office, number=("+84912345678",)) == [one]
    assert await found(office, number=("anonymous", "101")) == [four, three]
    assert await found(office, number_part="2345") == [one]
    assert await found(office, number_part="101") == [three]
    assert await found(office, number_part="8491", started_from=NOW + timedelta(seconds=1)) == []
    assert await found(office, number_part="8491", started_before=NOW + timedelta(seconds=1)) == [one]
    assert await found(office, number_part="0912", number_beginning="+84912") == [one]
    assert await found(office, directions=(Direction.INBOUND,)) == [four, two]
    assert await found(office, outcomes=(Outcome.BUSY, Outcome.ANSWERED)) == [three, one]
    assert await found(office, agent_user_names=("alice", "carol")) == [four, three, one]
    assert await found(office, extension="101") == [two]
    assert await found(office, request_id="order-1") == [three]
    assert await found(office, agent_user_names=("alice",), outcomes=(Outcome.BUSY,), number_part="912") == [one]
    assert await found(office, agent_user_names=("alice",), directions=(Direction.INBOUND,)) == []


async def test_a_number_may_be_the_other_partys(office: Office, other_office: Office) -> None:
    await written(other_office, replace(other_office.ended(), direction=Direction.INBOUND, did_number="+842873001234"))
    directions = (Direction.OUTBOUND, Direction.INBOUND, Direction.INTERNAL)
    records = [
        replace(
            office.ended(seconds),
            direction=direction,
            agent_extension="6688",
            customer_number="+84912345678",
            did_number="+842873001234",
        )
        for seconds, direction in enumerate(directions)
    ]
    await written(office, *records)
    out, came_in, inside = (facts.id for facts in records)
    for number in (
        {"number": ("+842873001234",)},
        {"number_part": "3001"},
        {"number_part": "0287", "number_beginning": "+84287"},
    ):
        assert await found(office, **number) == []
        assert await found(office, **number, is_number_of_either=True) == [came_in]
    for number in ({"number": ("6688",)}, {"number_part": "6688"}):
        assert await found(office, **number) == []
        assert await found(office, **number, is_number_of_either=True) == [inside, out]
    assert await found(office, number_part="668", is_number_of_either=True) == []
    assert await found(office, number_part="2345", is_number_of_either=True) == [inside, came_in, out]
    assert await found(office, number=("+84912345678",), is_number_of_either=True) == [inside, came_in, out]


async def test_pages_are_stable_and_counted(office: Office) -> None:
    records = await written(office, *(office.ended(number // 3) for number in range(25)))
    newest_first = sorted(records, key=lambda facts: (facts.requested_at, facts.id), reverse=True)
    for offset in range(0, 30, 4):
        page = await office.rows.cdrs.find(CdrFilter(offset=offset, limit=4))
        assert page.rows == newest_first[offset : offset + 4]
        assert page.total == 25
    exact = await office.rows.cdrs.find(CdrFilter(limit=25))
    assert (len(exact.rows), exact.total) == (25, 25)


async def test_a_page_far_away_is_the_same(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    await written(office, *(office.ended(number // 3) for number in range(25)))
    criteria = CdrFilter(offset=10, limit=10, outcomes=(Outcome.FAILED, Outcome.MISSED))
    near = await office.rows.cdrs.find(criteria)
    monkeypatch.setattr("cordboard.store.cdrs._FAR", 10)
    assert await office.rows.cdrs.find(criteria) == near
    assert len(near.rows) == 10


async def test_records_can_be_searched_in_the_transaction_that_writes_them(office: Office) -> None:
    facts = office.ended()
    async with office.rows.transaction() as rows:
        await rows.cdrs.insert(facts, None)
        assert (await rows.cdrs.find(CdrFilter(number_part="9123"))).total == 1
        assert (await office.rows.cdrs.find(CdrFilter())).total == 0


async def test_the_event_of_a_record_is_taken_once(office: Office) -> None:
    facts, at_once = office.ended(), office.ended()
    await office.rows.cdrs.insert(facts, NOW)
    await office.rows.cdrs.insert(at_once, None)

    async def take() -> bool:
        async with office.rows.transaction() as rows:
            return await rows.cdrs.take_event(facts.id)

    assert sum(await asyncio.gather(*(take() for _ in range(12)))) == 1
    assert not await office.rows.cdrs.take_event(at_once.id)


async def test_an_event_that_was_taken_and_not_committed_can_be_taken_again(office: Office) -> None:
    facts = office.ended()
    await office.rows.cdrs.insert(facts, NOW)
    with pytest.raises(Unavailable):
        async with office.rows.transaction() as rows:
            assert await rows.cdrs.take_event(facts.id)
            raise Unavailable
    assert await office.rows.cdrs.take_event(facts.id)


async def test_late_events_are_found_in_every_tenant(office: Office, other_office: Office) -> None:
    late, later, not_yet = office.ended(), other_office.ended(), office.ended()
    await other_office.rows.cdrs.insert(later, NOW - timedelta(seconds=1))
    await office.rows.cdrs.insert(late, NOW - timedelta(seconds=2))
    await office.rows.cdrs.insert(not_yet, NOW + timedelta(seconds=1))
    due = [(office.tenant.id, late.id), (other_office.tenant.id, later.id)]
    assert await office.store.system.cdrs.due_events(NOW, 10) == due
    assert await office.store.system.cdrs.due_events(NOW, 1) == due[:1]


async def test_the_recording_of_a_record_is_settled_later(office: Office, other_office: Office) -> None:
    (facts,) = await written(office, office.ended())
    await other_office.rows.cdrs.set_recording(facts.id, RecordingStatus.FAILED)
    await office.rows.cdrs.set_recording(facts.id, RecordingStatus.READY)
    assert await office.rows.cdrs.get(facts.id) == replace(facts, recording_status=RecordingStatus.READY)
