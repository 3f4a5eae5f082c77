"""Every way a call can end: who hung up, how it came out, what was heard and sent."""

import asyncio

import pytest

from cordboard.lab.behaviour import ANNOUNCEMENT_HZ, Behaviour
from cordboard.lab.number_plan import number, tone_number
from tests.support.exchange import Exchange, Office, connected, until
from tests.support.tones import read_wav

pytestmark = pytest.mark.asyncio(loop_scope="session")

# The tones of the engine in Viet Nam (ITU-T E.180 supplement 2): 425 Hz, told apart by their rhythm.
TONE_HZ = 425


@pytest.mark.parametrize(("who", "customer"), [("customer", "1050"), ("agent", "1051"), ("system", "1052")])
async def test_whoever_hangs_up_is_named(exchange: Exchange, office: Office, who: str, customer: str) -> None:
    agent = await office.hire(Behaviour.answering(after_seconds=0))
    call_id = await office.make_call(agent, number(customer))
    await exchange.lab.carrier.answered(number(customer))
    await asyncio.sleep(1.2)
    match who:
        case "customer":
            await exchange.lab.carrier.hang_up(number(customer))
        case "agent":
            await agent.phone.hang_up()
        case _:
            await exchange.hang_up(office, call_id)
    row = await office.ended(call_id)
    assert (row["call_status"], row["hangup_by"]) == ("answered", who)
    assert int(row["total_duration"]) >= 1
    await agent.phone.released()
    await exchange.lab.carrier.released(number(customer))


@pytest.mark.parametrize(
    ("behaviour", "status", "by"),
    [
        (Behaviour.ringing_out(), "missed", "system"),
        (Behaviour.declining(), "rejected", "agent"),
        (Behaviour.busy(), "busy", "agent"),
        (Behaviour.rejecting(480), "missed", "system"),
        (Behaviour.rejecting(404), "failed", "system"),
    ],
    ids=["rings out", "declines", "busy", "480", "404"],
)
async def test_without_the_agent_the_customer_is_never_rung(
    exchange: Exchange, office: Office, behaviour: Behaviour, status: str, by: str
) -> None:
    agent = await office.hire(behaviour)
    customer = number("1060")
    before = len(exchange.lab.carrier.calls(customer))
    call_id = await office.make_call(agent, customer)
    row = await office.ended(call_id)
    assert (row["call_status"], row["hangup_by"], row["answertime"], row["recording_url"]) == (status, by, "", "")
    _, event = await office.webhook(call_id)
    assert (event["call_status"], event["hangup_by"]) == (status, by)
    assert len(exchange.lab.carrier.calls(customer)) == before
    assert await office.is_callable(agent)  # the slot is free again


@pytest.mark.parametrize(
    ("customer", "status", "by"),
    [
        ("4486", "busy", "customer"),
        ("6603", "rejected", "customer"),
        ("4404", "failed", "system"),
        ("4480", "missed", "system"),
        ("4503", "failed", "system"),
        ("7000", "missed", "system"),
    ],
    ids=["busy", "declines", "404", "480", "503", "rings out"],
)
async def test_the_agent_hears_a_tone_when_the_customer_cannot_be_had(
    exchange: Exchange, office: Office, customer: str, status: str, by: str
) -> None:
    agent = await office.hire(Behaviour.answering(after_seconds=0).recorded())
    call_id = await office.make_call(agent, number(customer))
    row = await office.ended(call_id)
    assert (row["call_status"], row["hangup_by"], row["answertime"], row["recording_url"]) == (status, by, "", "")
    at_agent = await agent.phone.released()
    at_customer = exchange.lab.carrier.calls(number(customer))[-1]
    assert at_agent.ended_at is not None
    assert at_customer.ended_at is not None
    assert 1.5 <= at_agent.ended_at - at_customer.ended_at <= 4
    assert read_wav(at_agent.heard)[0].seconds_of(TONE_HZ) >= 0.5
    _, event = await office.webhook(call_id)
    assert (event["call_status"], event["hangup_by"]) == (status, by)


async def test_the_agent_hears_ringback_and_then_the_customer(exchange: Exchange, office: Office) -> None:
    agent = await office.hire(Behaviour.answering(after_seconds=0, tone_hz=620).recorded())
    customer = number("2003")  # rings 3 s, answers, speaks
    call_id = await office.make_call(agent, customer)
    await exchange.lab.carrier.answered(customer)
    await asyncio.sleep(1.5)
    await exchange.hang_up(office, call_id)
    await office.ended(call_id)
    (heard,) = read_wav((await agent.phone.released()).heard)
    assert heard.part(0, 2.5).seconds_of(TONE_HZ) >= 0.5
    assert heard.part(-1).seconds_of(TONE_HZ) == 0
    assert not heard.part(-1).is_silent


async def test_the_agent_hears_the_carriers_announcement(office: Office) -> None:
    agent = await office.hire(Behaviour.answering(after_seconds=0).recorded())
    call_id = await office.make_call(agent, number("5404"))
    row = await office.ended(call_id)
    assert (row["call_status"], row["answertime"]) == ("failed", "")
    (heard,) = read_wav((await agent.phone.released()).heard)
    assert heard.tones(ANNOUNCEMENT_HZ) == set(ANNOUNCEMENT_HZ)


async def test_an_agent_who_hangs_up_while_it_rings_cancels_the_customer(exchange: Exchange, office: Office) -> None:
    agent = await office.hire(Behaviour.answering(after_seconds=0, talk_seconds=2))
    customer = number("7001")
    call_id = await office.make_call(agent, customer)
    row = await office.ended(call_id)
    assert (row["call_status"], row["hangup_by"]) == ("missed", "agent")
    await exchange.lab.carrier.released(customer)


async def test_an_unregistered_phone_is_refused_at_once(exchange: Exchange, office: Office) -> None:
    agent = await office.hire()
    await exchange.lab.unregister(agent.phone)

    async def refusal() -> str | None:
        body = {"phoneNumber": "0000000000", "ipPhone": agent.extension}
        answer = await office.post("/api/v1.0/base/makeCall", body)
        return "refused" if answer["error_code"] == "IPCC_NOT_CONNECT_AGENT_ID" else None

    assert await until(refusal) == "refused"
    await exchange.lab.remove_phone(agent.phone)


async def test_the_second_trunk_carries_the_call_when_the_first_answers_503(exchange: Exchange) -> None:
    first, second = exchange.lab.carriers
    office = await exchange.open_office(trunks=((first.host, first.port), (second.host, second.port)))
    agent = await office.hire(Behaviour.answering(after_seconds=0))
    await first.behave(Behaviour.rejecting(503))
    try:
        customer = number(tone_number(500))
        call_id = await office.make_call(agent, customer)
        await second.answered(customer)
        await connected(office, call_id)
        await second.hang_up(customer)
        row = await office.ended(call_id)
    finally:
        await first.behave(None)
    assert (row["call_status"], row["hangup_by"]) == ("answered", "customer")
    assert len(first.calls(customer)) >= 1


async def test_the_second_trunk_carries_the_call_when_the_first_answers_nothing(exchange: Exchange) -> None:
    second = exchange.lab.second_carrier
    office = await exchange.open_office(trunks=(exchange.lab.black_hole, (second.host, second.port)))
    agent = await office.hire(Behaviour.answering(after_seconds=0))
    customer = number(tone_number(510))
    call_id = await office.make_call(agent, customer)
    await second.answered(customer)
    await connected(office, call_id)
    await second.hang_up(customer)
    assert (await office.ended(call_id))["call_status"] == "answered"


async def test_without_a_trunk_the_call_is_refused(exchange: Exchange) -> None:
    office = await exchange.open_office(trunks=())
    agent = await office.hire()
    body = {"phoneNumber": number("1044"), "ipPhone": agent.extension, "transactionId": "once"}
    answer = await office.post("/api/v1.0/base/makeCall", body)
    assert (answer["success"], answer["error_code"], answer["call_id"]) == ("0", "ERROR_CALLOUT_CONNECT", "")
    assert await office.search() == []
