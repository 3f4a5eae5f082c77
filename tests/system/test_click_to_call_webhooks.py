"""What a partner hears of click-to-calls, and that the record that is asked for later says the same."""

import asyncio
import itertools

import pytest

from cordboard.lab.behaviour import Behaviour
from tests.support.exchange import Agent, Exchange, Office, Row
from tests.support.receiver import Receiver
from tests.support.voices import ALICE_HZ, CUSTOMER
from tests.support.website import Website, events_until

pytestmark = pytest.mark.asyncio(loop_scope="session")

E164 = f"+84{CUSTOMER[1:]}"
CALL_EVENT_KEYS = [
    "timestamp", "destinationNumber", "destinationName", "originatorNumber", "originatorName", "callId", "type",
    "sipUsername", "userEmail", "userExtension",
]  # fmt: skip


def in_order(events: list[Row]) -> list[int]:
    """The times of events, each later than the one before."""
    times = [event["timestamp"] for event in events]
    assert all(before < after for before, after in itertools.pairwise(times)), times
    return times


def call_events_of(events: list[Row], agent: Agent) -> list[str]:
    """The types of what was told of an agent, in the order in which it came."""
    calls = [event["data"] for event in events if event["type"].startswith("CALL_")]
    return [call["type"] for call in calls if call["userExtension"] == int(agent.extension)]


async def the_record(website: Website, events: list[Row]) -> Row:
    """The record of the one call, which came last and is what the API answers."""
    (call_id,) = {event["data"]["callId"] for event in events}
    last = events[-1]
    assert (list(last), last["type"]) == (["timestamp", "type", "data", "pbx_id"], "CLICK_TO_CALL")
    record: Row = last["data"]
    assert await website.ask("GET", "/telephony-events", callId=call_id) == record
    assert await website.ask("GET", f"/telephony-events/{record['id']}") == record
    return record


@pytest.mark.parametrize("dial_first", ["extension", "contact"])
async def test_the_events_of_a_call_in_order_and_its_record(
    exchange: Exchange, website: Website, alice: Agent, dial_first: str
) -> None:
    async with Receiver() as partner:
        await website.subscribe(partner.url)
        await website.call(alice.extension, dial_first)
        await exchange.lab.carrier.answered(CUSTOMER)
        await events_until(partner, "CALL_ANSWERED")
        await asyncio.sleep(1.5)  # the talk
        await alice.phone.hang_up()
        events = await events_until(partner, "CLICK_TO_CALL")
    assert [event["type"] for event in events] == ["CALL_STARTED", "CALL_ANSWERED", "CALL_HANGUP", "CLICK_TO_CALL"]
    in_order(events)
    for event in events[:3]:
        data = event["data"]
        assert list(data) == CALL_EVENT_KEYS
        assert data == data | {
            "timestamp": event["timestamp"],
            "type": event["type"].removeprefix("CALL_"),
            "originatorNumber": website.number,
            "originatorName": alice.user_name,
            "destinationNumber": E164,
            "destinationName": E164,
            "sipUsername": alice.account.sip_username,
            "userEmail": "",
            "userExtension": int(alice.extension),
        }
    record = await the_record(website, events)
    assert record == record | {
        "type": "CLICK_TO_CALL",
        "direction": "OUTBOUND",
        "clickToCallType": dial_first.upper(),
        "originatorNumber": website.number[1:],
        "originatorName": alice.user_name,
        "destinationNumber": E164[1:],
        "queueCallId": record["callId"],
        "recorded": True,
    }
    assert record["timestamp"] <= events[0]["timestamp"]
    assert record["duration"] >= 1
    async with exchange.client.get(record["recordingUrl"]) as played:
        assert (played.status, played.content_type) == (200, "audio/mpeg")


@pytest.mark.parametrize("dial_first", ["extension", "contact"])
async def test_of_a_group_who_answered_is_told_of_and_the_others_left(  # noqa: PLR0917 - who takes part
    exchange: Exchange, office: Office, website: Website, alice: Agent, bob: Agent, carol: Agent, dial_first: str
) -> None:
    group = await office.add_group(alice, bob, carol)
    await alice.phone.behave(Behaviour.answering(after_seconds=1, tone_hz=ALICE_HZ))
    for other in (bob, carol):
        await other.phone.behave(Behaviour.ringing_out())
    async with Receiver() as partner:
        await website.subscribe(partner.url)
        await website.call(group["extension"], dial_first)
        await exchange.lab.carrier.answered(CUSTOMER)
        await events_until(partner, "CALL_ANSWERED")
        await exchange.lab.carrier.hang_up(CUSTOMER)
        events = await events_until(partner, "CLICK_TO_CALL")
    in_order(events)
    assert call_events_of(events, alice) == ["STARTED", "ANSWERED", "HANGUP"]
    for other in (bob, carol):
        assert call_events_of(events, other) == ["STARTED", "HANGUP"]
    record = await the_record(website, events)
    assert (record["originatorName"], record["clickToCallType"]) == (alice.user_name, dial_first.upper())
