"""The main job, from the API to the recording, the record and the webhook."""

import asyncio
import json
import re

import pytest

from cordboard.lab.behaviour import Behaviour
from cordboard.lab.ledger import LabCall
from cordboard.lab.number_plan import number, tone_number
from tests.support.exchange import PARTNER_KEY, Exchange, Office
from tests.support.tones import decode_mp3, read_wav

pytestmark = pytest.mark.asyncio(loop_scope="session")

AGENT_HZ, CUSTOMER_HZ = 620, 980
BOTH_HZ = (AGENT_HZ, CUSTOMER_HZ)
CALL_EVENT_KEYS = [
    "call_id", "call_status", "direction", "caller_number", "destination_number", "starttime", "answertime",
    "endtime", "hangup_by", "hotline", "total_duration", "holding_duration", "recording_url", "objectId",
    "transactionID", "userName", "eventType",
]  # fmt: skip


def heard_by(call: LabCall) -> set[float]:
    """Which of both tones a party heard."""
    return read_wav(call.heard)[0].tones(BOTH_HZ)


async def test_a_call_from_the_api_to_its_recording_record_and_webhook(exchange: Exchange, office: Office) -> None:
    agent = await office.hire(Behaviour.answering(after_seconds=1, tone_hz=AGENT_HZ).recorded())
    carrier = exchange.lab.carrier
    await carrier.record()
    customer = number(tone_number(CUSTOMER_HZ))
    call_id = await office.make_call(agent, customer, transactionId="ALOHUB_3432323435545")

    at_agent = await agent.phone.answered()
    at_customer = await carrier.answered(customer)
    assert at_agent.invited_at < at_customer.invited_at
    assert at_agent.from_user == customer
    assert at_customer.number == f"+84{customer[1:]}"
    assert at_customer.from_user == office.did_number

    live = await office.row(call_id)
    assert (live["endtime"], live["hangup_by"], live["total_duration"]) == ("", "", "")
    await asyncio.sleep(3)  # the talk itself: both sides play their tone for this long
    await carrier.hang_up(customer)
    await agent.phone.released()

    row = await office.recorded(call_id)
    assert row["call_status"] == "answered"
    assert row["hangup_by"] == "customer"
    assert row["caller_number"] == customer
    assert row["destination_number"] == agent.extension
    assert row["transactionId"] == "ALOHUB_3432323435545"
    assert row["agent"] == agent.user_name
    assert re.fullmatch(r"\d{14}-[A-Z]{8}-\d{3,10}", call_id)

    assert heard_by(at_agent) == {CUSTOMER_HZ}
    assert heard_by(at_customer) == {AGENT_HZ}

    answer, audio = await office.recording(row["recording_url"])
    assert (answer.status, answer.content_type) == (200, "audio/mpeg")
    left, right = decode_mp3(audio)
    assert left.tones(BOTH_HZ) == {AGENT_HZ}
    assert right.tones(BOTH_HZ) == {CUSTOMER_HZ}
    assert left.seconds >= 2

    received, event = await office.webhook(call_id)
    assert received.headers["authorization"] == PARTNER_KEY
    assert list(event) == CALL_EVENT_KEYS
    assert event["transactionID"] == "ALOHUB_3432323435545"
    assert (event["call_status"], event["direction"], event["hangup_by"]) == ("answered", "outbound", "customer")
    assert event["total_duration"] == row["total_duration"]
    async with exchange.client.get(event["recording_url"]) as played:
        assert await played.read() == audio


async def test_parts_of_a_recording_are_exact(exchange: Exchange, office: Office) -> None:
    agent = await office.hire(Behaviour.answering(after_seconds=0))
    call_id = await office.make_call(agent, number("3002"))
    row = await office.recorded(call_id)
    _, whole = await office.recording(row["recording_url"])
    answer, part = await office.recording(row["recording_url"], Range="bytes=100-299")
    assert (answer.status, part) == (206, whole[100:300])
    assert answer.headers["Content-Range"] == f"bytes 100-299/{len(whole)}"
    answer, tail = await office.recording(row["recording_url"], Range="bytes=-50")
    assert (answer.status, tail) == (206, whole[-50:])
    answer, _ = await office.recording(row["recording_url"], Range=f"bytes={len(whole)}-")
    assert answer.status == 416
    answer, _ = await office.recording("nobody-knows-this.mp3")
    assert answer.status == 404
    full_url = f"{exchange.copy.base_url}/IPCCMedia/MP3Export.do?url={row['recording_url']}&source=ipcc"
    answer, again = await office.recording(full_url)
    assert (answer.status, again) == (200, whole)


async def test_a_pause_is_silence_in_the_recording(exchange: Exchange, office: Office) -> None:
    agent = await office.hire(Behaviour.answering(after_seconds=0, tone_hz=AGENT_HZ))
    customer = number(tone_number(CUSTOMER_HZ))
    call_id = await office.make_call(agent, customer)
    await exchange.lab.carrier.answered(customer)
    await asyncio.sleep(1.5)  # said
    await exchange.copy.run("calls", "pause-recording", call_id, "--tenant", office.name)
    await asyncio.sleep(1.5)  # not to be heard
    await exchange.copy.run("calls", "resume-recording", call_id, "--tenant", office.name)
    await asyncio.sleep(1.5)  # said again
    await exchange.hang_up(office, call_id)
    row = await office.recorded(call_id)
    assert row["hangup_by"] == "system"
    _, audio = await office.recording(row["recording_url"])
    for channel, hz in zip(decode_mp3(audio), BOTH_HZ, strict=True):
        assert channel.tones(BOTH_HZ) == {hz}
        start, end = max(channel.silences(1.0), key=lambda silence: silence[1] - silence[0])
        assert start >= 1
        assert channel.part(end).seconds_of(hz) >= 1


async def test_a_phone_picks_up_by_itself_when_its_agent_is_set_so(exchange: Exchange, office: Office) -> None:
    """The lab's phone rings out unless the INVITE asks it to answer."""
    agent = await office.hire(Behaviour.automatic(), auto_answer=True)
    call_id = await office.make_call(agent, number("1044"))
    await agent.phone.answered()
    await exchange.hang_up(office, call_id)
    assert (await office.ended(call_id))["hangup_by"] == "system"


async def test_the_webhook_body_is_plain_json_with_every_key(office: Office) -> None:
    agent = await office.hire(Behaviour.busy())
    call_id = await office.make_call(agent, number("1044"))
    received, event = await office.webhook(call_id)
    assert received.headers["content-type"].startswith("application/json")
    assert list(json.loads(received.body)) == CALL_EVENT_KEYS
    assert (event["call_status"], event["recording_url"], event["answertime"]) == ("busy", "", "")
    assert (event["objectId"], event["eventType"]) == (1, "call")
