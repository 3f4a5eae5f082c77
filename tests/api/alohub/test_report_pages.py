"""Pages of reports under any criteria: exact, in order, and still while calls come and go."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cordboard.domain.call_facts import CallFacts, Direction
from tests.api.alohub.samples import SAMPLE
from tests.api.house import House, Office

REPORTS = "/v1/reports/call-logs"
START = SAMPLE.requested_at.replace(microsecond=0)
CALLS = 90
CUSTOMERS = ("+84912345678", "+84912000111", "+393331234567", "+842838221234", "113", "anonymous")
EXTENSIONS = ("6688", "6689", "77", "2345")
DIDS = ("+842873000001", "+842873451234", "+84912345999")

# Every database is made anew for the test, not for the example: reading changes nothing.
reading = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def anything(seed: int, tenant_id: int) -> list[CallFacts]:
    """Calls of all kinds, several in a second, some at the very same instant."""
    dice = random.Random(seed)
    calls = []
    for number in range(CALLS):
        direction = dice.choice(list(Direction))
        is_internal = direction is Direction.INTERNAL
        calls.append(
            replace(
                SAMPLE,
                tenant_id=tenant_id,
                id=UUID(int=dice.getrandbits(128)),
                reference=f"20240113150030-{chr(65 + seed)}-{number}",
                direction=direction,
                agent_extension=dice.choice(EXTENSIONS),
                customer_number=dice.choice(EXTENSIONS if is_internal else CUSTOMERS),
                did_number="" if is_internal else dice.choice(DIDS),
                requested_at=START + timedelta(milliseconds=500 * dice.randrange(60)),
            )
        )
    return calls


def full(number: str) -> Callable[[str], bool]:
    return lambda other: other == number


def part(digits: str, beginning: str = "") -> Callable[[str], bool]:
    return lambda other: digits in other or (bool(beginning) and other.startswith(beginning))


# What may be asked for, and which numbers that means.
NUMBERS: dict[str, Callable[[str], bool]] = {
    "": lambda _: True,
    "0912345678": full("+84912345678"),
    "84912345678": full("+84912345678"),
    "+393331234567": full("+393331234567"),
    "02873000001": full("+842873000001"),
    "anonymous": full("anonymous"),
    "77": full("77"),
    "113": part("113"),
    "2345": part("2345"),
    "0912": part("0912", "+84912"),
    "6688": part("6688"),
    "451234": part("451234"),
    "999999": part("999999"),
}


def is_meant(facts: CallFacts, text: str) -> bool:
    """By the document: "match with caller or called"."""
    matches, digits = NUMBERS[text], text
    if facts.direction is Direction.INBOUND:
        return matches(facts.customer_number) or matches(facts.did_number)
    return matches(facts.customer_number) or not text or facts.agent_extension == digits


def expected(calls: list[CallFacts], body: dict[str, Any]) -> list[str]:
    """What a plain reading of the document finds, newest first."""
    types = {"": list(Direction), "0": [Direction.INBOUND], "1": [Direction.OUTBOUND, Direction.INTERNAL]}
    start, end = datetime.fromisoformat(body["callStartTime"]), datetime.fromisoformat(body["callEndtime"])
    found = [
        facts
        for facts in calls
        if start <= facts.requested_at < end + timedelta(seconds=1)
        and facts.direction in types[str(body["callType"])]
        and is_meant(facts, body["phoneNumber"])
    ]
    found.sort(key=lambda facts: (facts.requested_at, facts.id), reverse=True)
    return [facts.reference for facts in found]


seconds = st.integers(-2, 32).map(lambda number: (START + timedelta(seconds=number)).isoformat())
criteria = st.fixed_dictionaries(
    {
        "phoneNumber": st.sampled_from(list(NUMBERS)),
        "callType": st.sampled_from(["", 0, "0", 1, "1"]),
        "callStartTime": seconds,
        "callEndtime": seconds,
    }
)


async def page_of(office: Office, body: dict[str, Any], page: int, limit: int) -> tuple[list[str], int]:
    answer = await office.post(REPORTS, {**body, "page": page, "limit": limit})
    assert answer.code == (200, "SUCCESS"), answer
    return [row["callId"] for row in answer.json["data"]], answer.json["totalRecord"]


async def all_pages(office: Office, body: dict[str, Any], limit: int) -> list[str]:
    """Every page's calls, and that each page says the same total."""
    seen, page = [], 1
    while True:
        found, total = await page_of(office, body, page, limit)
        seen += found
        if len(found) < limit:
            assert total == len(seen), (body, limit)
            return seen
        page += 1


@pytest.fixture
async def filled(house: House) -> tuple[Office, list[CallFacts]]:
    """A tenant with calls of all kinds, beside another that has some too."""
    office, other = [await house.open_office(name, limit_tenant=0, limit_route=0) for name in ("acme", "globex")]
    for number, one in enumerate((office, other)):
        for facts in anything(number, one.tenant.id):
            await one.rows.cdrs.insert(facts, None)
    return office, anything(0, office.tenant.id)


@given(body=criteria, limit=st.integers(1, 40))
@reading
async def test_pages_neither_skip_nor_repeat_and_the_total_is_a_plain_count(
    filled: tuple[Office, list[CallFacts]], body: dict[str, Any], limit: int
) -> None:
    office, calls = filled
    assert await all_pages(office, body, limit) == expected(calls, body)


@given(body=criteria, limit=st.integers(1, 40), page=st.integers(1, 12))
@reading
async def test_what_arrives_or_ends_after_the_range_moves_no_page(
    filled: tuple[Office, list[CallFacts]], body: dict[str, Any], limit: int, page: int
) -> None:
    office, calls = filled
    body = body | {"callEndtime": (START + timedelta(seconds=29)).isoformat()}
    before = await page_of(office, body, page, limit)
    late = replace(calls[0], id=uuid4(), reference="20240113150100-NOW-1", requested_at=START + timedelta(seconds=30))
    await office.rows.cdrs.insert(late, None)
    assert await page_of(office, body, page, limit) == before
    wanted = expected(calls, body)
    assert before == (wanted[(page - 1) * limit : page * limit], len(wanted))
