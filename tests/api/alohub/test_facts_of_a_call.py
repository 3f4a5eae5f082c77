"""Who stands in which column, by the shape of the call, ringing, answered and missed (docs/dialects/common.md)."""

# ruff: noqa: ANN401 -- values of JSON are of many types

import json
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from cordboard.api.alohub.recording_urls import RecordingUrls
from cordboard.api.alohub.render import call_rows_v1
from cordboard.api.alohub.report_rows import Reporter
from cordboard.api.alohub.webhooks import build_renderer
from cordboard.api.common.signed_urls import UrlSigner
from cordboard.domain.call_facts import CallFacts, facts_of
from cordboard.domain.call_state import Call
from cordboard.domain.leg_events import CallStarted, LegAnswered, LegHungUp, LegRinging
from cordboard.domain.webhook import EventKind, Notice
from tests.api.alohub.samples import TENANT
from tests.api.house import Office
from tests.support.calls import (
    ALICE,
    BOB,
    CALLER_LEG,
    CAROL,
    Story,
    at,
    inbound_call,
    internal_call,
    member,
    outbound_call,
    queued_call,
)

FIRST, SECOND, THIRD = (f"{queued_call().id.hex}-{ordinal}" for ordinal in (1, 2, 3))
CUSTOMER, HOTLINE = "0912345678", "02873000001"
URLS = RecordingUrls(public_url="https://pbx.example", signer=UrlSigner(b"a secret"))
REPORTER = Reporter(tenant=TENANT, urls=URLS, names={})
RENDERER = build_renderer(URLS)


def group_call() -> Call:
    return inbound_call(members=tuple(member(one) for one in (ALICE, BOB, CAROL)))


def rung(call: Call) -> Story:
    return Story(call).hear(CallStarted(at=at(0)), LegRinging(leg_id=SECOND, at=at(2)))


def answered(call: Call, leg_id: str = SECOND) -> CallFacts:
    """The second party answered and hung up."""
    story = rung(call).hear(LegAnswered(leg_id=leg_id, at=at(5)), LegHungUp(leg_id=leg_id, at=at(65)))
    return facts_of(story.released(65).call)


def clicked() -> CallFacts:
    """A makeCall: Alice answered, then the customer, who hung up."""
    story = Story(queued_call()).hear(CallStarted(at=at(0)), LegAnswered(leg_id=FIRST, at=at(1)))
    story.hear(LegAnswered(leg_id=SECOND, at=at(5)), LegHungUp(leg_id=SECOND, at=at(65)))
    return facts_of(story.released(65).call)


def unstaffed() -> CallFacts:
    """An inbound call to a group without members."""
    return facts_of(Story(inbound_call(members=())).hear(CallStarted(at=at(0))).released(1).call)


def given_up(call: Call) -> CallFacts:
    """The caller hung up before anybody answered."""
    return facts_of(rung(call).hear(LegHungUp(leg_id=CALLER_LEG, at=at(12))).released(12).call)


# caller_number, destination_number, called, hotline, agent
DIALLED = (CUSTOMER, "6688", CUSTOMER, HOTLINE, "alice")
INTERNAL = ("6689", "6688", "6689", "", "alice")
CASES = [
    ("dialled, answered", answered(outbound_call()), "OUTBOUND", "answered", "customer", DIALLED),
    ("dialled, given up", given_up(outbound_call()), "OUTBOUND", "missed", "agent", DIALLED),
    ("dialled, ringing", facts_of(rung(outbound_call()).call), "OUTBOUND", "ringing", "", DIALLED),
    ("internal, answered", answered(internal_call()), "OUTBOUND", "answered", "customer", INTERNAL),
    ("internal, given up", given_up(internal_call()), "OUTBOUND", "missed", "agent", INTERNAL),
    ("internal, ringing", facts_of(rung(internal_call()).call), "OUTBOUND", "ringing", "", INTERNAL),
    (
        "inbound, answered by one of three", answered(group_call(), THIRD), "INBOUND", "answered", "agent",
        (CUSTOMER, "6689", HOTLINE, HOTLINE, "bob"),
    ),
    (
        "inbound, given up: the last one rung", given_up(group_call()), "INBOUND", "missed", "customer",
        (CUSTOMER, "6690", HOTLINE, HOTLINE, ""),
    ),
    (
        "inbound, ringing", facts_of(rung(inbound_call()).call), "INBOUND", "ringing", "",
        (CUSTOMER, "6688", HOTLINE, HOTLINE, ""),
    ),
    (
        "inbound, nobody to ring", unstaffed(), "INBOUND", "missed", "system", (CUSTOMER, "", HOTLINE, HOTLINE, ""),
    ),
    (
        "inbound, number withheld", answered(inbound_call(customer_number="anonymous")), "INBOUND", "answered", "agent",
        ("anonymous", "6688", HOTLINE, HOTLINE, "alice"),
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("facts", "direction", "status", "ended_by", "parties"),
    [case[1:] for case in CASES],
    ids=[case[0] for case in CASES],
)
def test_every_column(facts: CallFacts, direction: str, status: str, ended_by: str, parties: tuple[str, ...]) -> None:
    row = call_rows_v1(TENANT, [facts])[0]
    assert (row.direction, row.call_status, row.hangup_by) == (direction, status, ended_by)
    caller_number, destination_number, called, hotline, agent = parties
    assert (row.caller_number, row.destination_number, row.agent) == (caller_number, destination_number, agent)
    assert getattr(row, "called") == called  # noqa: B009 -- V1's own
    event = json.loads(RENDERER.render(TENANT, Notice(kind=EventKind.CALL_RECORDED, at=at(0), facts=facts)))
    assert (event["direction"], event["call_status"], event["hangup_by"]) == (direction.lower(), status, ended_by)
    assert (event["caller_number"], event["destination_number"]) == (caller_number, destination_number)
    assert (event["hotline"], event["userName"]) == (hotline, agent)
    is_inbound = direction == "INBOUND"
    report = REPORTER.detail(facts)
    assert (report.caller, report.called) == (caller_number if is_inbound else destination_number, called)
    assert (report.agent_id, report.call_type) == (agent, "0" if is_inbound else "1")
    assert report.description.startswith(f"{direction}-")


async def references(office: Office, **criteria: Any) -> list[str]:
    rows, _ = await office.search(**criteria)
    return sorted(row["call_id"] for row in rows)


async def fill(office: Office) -> None:
    """A call of every shape, once live and once ended: c and C a makeCall, o out, i in, m missed, n internal."""
    shapes = {"c": queued_call(), "o": outbound_call(), "i": group_call(), "n": internal_call()}
    for number, (name, call) in enumerate(shapes.items(), 1):
        live = replace(
            call, id=UUID(int=number), tenant_id=office.tenant.id, node_id=office.house.node.id, reference=name
        )
        await office.rows.calls.insert(live)
    ended = {
        "C": clicked(),
        "O": answered(outbound_call()),
        "I": answered(group_call(), THIRD),
        "M": given_up(group_call()),
        "N": answered(internal_call()),
    }
    for number, (name, facts) in enumerate(ended.items(), 101):
        record = replace(facts, id=UUID(int=number), tenant_id=office.tenant.id, reference=name)
        await office.rows.cdrs.insert(record, None)


async def test_searches_find_every_shape_live_and_ended(office: Office) -> None:
    await fill(office)
    cases: list[tuple[dict[str, Any], str]] = [
        ({}, "CIMNOcino"),
        ({"callType": "1"}, "CNOcno"),
        ({"callType": 0}, "IMi"),
        ({"direction": "OUTBOUND"}, "CNOcno"),
        ({"direction": "inbound"}, "IMi"),
        ({"direction": "inbound", "callType": "1"}, ""),
        ({"direction": "inbound", "call_status": "missed"}, "M"),
        ({"direction": "outbound", "call_status": "ringing"}, "cno"),
        ({"agent": "alice"}, "CNOcno"),
        ({"agent": "bob"}, "I"),
        ({"agent": ["bob", "alice"]}, "CINOcno"),
        ({"ipPhone": "6688"}, "CNOcno"),
        ({"ipPhone": "6690"}, "M"),
        ({"customer_number": "6689"}, "Nn"),
        ({"customer_number": "0912345678"}, "CIMOcio"),
    ]
    for criteria, expected in cases:
        assert await references(office, **criteria) == sorted(expected), criteria


async def test_an_inbound_call_of_nobody_has_no_agent_to_find(office: Office) -> None:
    await fill(office)
    assert await references(office, agent="") == sorted("CIMNOcino")
    ((row,), _) = await office.search(call_id="M")
    assert (row["agent"], row["destination_number"]) == ("", "6690")
