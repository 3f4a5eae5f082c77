"""Records by the hundred thousand: in any order, in batches of any size, whatever stands in them."""

import asyncio
import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from cordboard.domain.call_facts import CallFacts, Direction
from cordboard.domain.call_state import FlowName
from cordboard.domain.cdr import CdrFilter, CdrOrder
from cordboard.store.cdr_export import shared_facts
from tests.store.conftest import NOW, Office
from tests.support.database import as_administrator

ORDERS = [order for order in CdrOrder if order is not CdrOrder.NEWEST]
OPEN_TRANSACTIONS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND xact_start IS NOT NULL AND pid <> pg_backend_pid()
AND backend_type = 'client backend'
"""
NUMBER, CUSTOMER_NAME, REQUESTED_AT, SHARED = 0, 5, 1, -1


async def make_history(office: Office, count: int) -> None:
    """Calls with few different times, durations, directions and flows."""
    draw = random.Random(7)
    for _ in range(count):
        at = NOW + timedelta(milliseconds=draw.choice((0, 1, 500)))
        facts = replace(
            office.ended(),
            requested_at=at,
            ended_at=at + timedelta(seconds=draw.randrange(4)),
            direction=draw.choice(list(Direction)),
            flow=draw.choice(list(FlowName)),
        )
        await office.rows.cdrs.insert(facts, None)


async def exported(office: Office, *, batch: int = 4000, **criteria: Any) -> list[list[str]]:
    batches = office.rows.cdrs.export(CdrFilter(**criteria), batch=batch)
    return [row async for rows in batches for row in rows]


@pytest.mark.parametrize("order", ORDERS)
async def test_batches_neither_skip_nor_repeat(office: Office, order: CdrOrder) -> None:
    await make_history(office, 30)
    for is_descending in (False, True):
        criteria: dict[str, Any] = {"order": order, "is_descending": is_descending}
        listed = (await office.rows.cdrs.find(CdrFilter(**criteria, limit=100))).rows
        for batch in (1, 4, 29, 30, 31):
            rows = await exported(office, batch=batch, **criteria)
            assert [int(row[NUMBER]) for row in rows] == [facts.number for facts in listed], batch


async def test_a_number_of_either_party_is_found_in_batches_too(office: Office) -> None:
    await make_history(office, 30)
    for numbers, part in (("+84912345678", ""), ("", "6688"), ("", "912")):
        criteria: dict[str, Any] = {
            "order": CdrOrder.STARTED,
            "number": (numbers,) if numbers else (),
            "number_part": part,
            "is_number_of_either": True,
            "started_from": NOW + timedelta(milliseconds=1),
        }
        listed = (await office.rows.cdrs.find(CdrFilter(**criteria, limit=100))).rows
        assert listed
        rows = await exported(office, batch=3, **criteria)
        assert [int(row[NUMBER]) for row in rows] == [facts.number for facts in listed]


async def test_texts_come_as_they_are(office: Office, other_office: Office) -> None:
    text = 'a\tb\\N\r\nc"\x1e,ế\\t\x08\x0b\x0c'
    facts = replace(
        office.ended(),
        customer_name=text,
        labels=("a", text),
        rule_names=("r",),
        contact_crm=text,
        transcription=text,
        summary=text,
        sentiment_score=0,
    )
    await office.rows.cdrs.insert(facts, None)
    await other_office.rows.cdrs.insert(other_office.ended(), None)
    (row,) = await exported(office, order=CdrOrder.STARTED)
    assert row[CUSTOMER_NAME] == text
    assert row[REQUESTED_AT] == "2026-03-10 09:52:27+00"
    shared = shared_facts(office.tenant.id, row[SHARED])
    names = ("flow", "direction", "first", "outcome", "end_reason", "labels", "rule_names", "contact_crm",
             "transcription", "summary", "sentiment_score", "is_archived", "contact_id")  # fmt: skip
    assert {name: getattr(shared, name) for name in names} == {name: getattr(facts, name) for name in names}


async def test_no_transaction_outlives_a_batch(office: Office, database_url: str) -> None:
    await make_history(office, 6)
    batches = office.rows.cdrs.export(CdrFilter(order=CdrOrder.STARTED), batch=2)
    first = [row[NUMBER] for row in await anext(batches)]
    late: CallFacts = replace(office.ended(), requested_at=NOW - timedelta(days=1), ended_at=NOW)
    await asyncio.wait_for(office.rows.cdrs.insert(late, None), 10)
    observer = await asyncpg.connect(as_administrator(database_url))
    while await observer.fetchval(OPEN_TRANSACTIONS):
        await asyncio.sleep(0.01)
    await observer.close()
    rest = [row[NUMBER] async for rows in batches for row in rows]
    assert len({*first, *rest}) == len(first) + len(rest) == 6
