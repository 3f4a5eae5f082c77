"""Agents dial numbers outside on their phones."""

import asyncio
from pathlib import Path

import pytest

from cordboard.lab.behaviour import ANNOUNCEMENT_HZ, Behaviour
from cordboard.lab.number_plan import number
from tests.support.baresip import BaresipAccount, running_baresip
from tests.support.call_watch import facts, watch
from tests.support.exchange import Account, Agent, Exchange, Office
from tests.support.programs import Program
from tests.support.sipp_phone import SippPhone
from tests.support.voices import ALICE_HZ, CUSTOMER, CUSTOMER_HZ, heard_by, recorded_tones, voice

pytestmark = pytest.mark.asyncio(loop_scope="session")


def national(did_number: str) -> str:
    return f"0{did_number.removeprefix('+84')}"


@pytest.mark.parametrize("by", ["agent", "customer"])
async def test_an_agent_calls_a_customer(exchange: Exchange, office: Office, alice: Agent, by: str) -> None:
    calls = await watch(office)
    carrier = exchange.lab.carrier
    await carrier.record()
    at_alice = await alice.phone.dial(CUSTOMER, voice(ALICE_HZ))
    at_customer = await carrier.answered(CUSTOMER)
    assert at_customer.number == f"+84{CUSTOMER[1:]}"
    assert at_customer.from_user == office.did_number
    live = await calls.connected()
    assert (live["endtime"], live["hangup_by"], live["total_duration"]) == ("", "", "")
    await asyncio.sleep(1.5)  # the talk
    await (alice.phone if by == "agent" else carrier).hang_up()
    row = await calls.ended()
    assert facts(row) == ("OUTBOUND", "answered", CUSTOMER, alice.extension, alice.user_name, by)
    assert row["transactionId"] == ""
    await alice.phone.released()
    await carrier.released(CUSTOMER)
    assert await heard_by(alice.phone, at_alice) == {CUSTOMER_HZ}
    assert await heard_by(carrier, at_customer) == {ALICE_HZ}
    assert await recorded_tones(office, row) == ({ALICE_HZ}, {CUSTOMER_HZ})
    _, event = await office.webhook(row["call_id"])
    assert (event["direction"], event["hotline"]) == ("outbound", national(office.did_number))


@pytest.mark.parametrize(
    ("customer", "codes", "status", "by"),
    [
        ("4486", (486,), "busy", "customer"),
        ("6603", (180, 603), "rejected", "customer"),
        ("4404", (404,), "failed", "system"),
        ("4480", (480,), "missed", "system"),
        ("4503", (503,), "failed", "system"),
        ("5404", (183, 404), "failed", "system"),
        ("7000", (180, 480), "missed", "system"),
    ],
    ids=["busy", "declines", "404", "480", "503", "announced", "rings out"],
)
async def test_a_caller_is_told_why_the_customer_cannot_be_had(  # noqa: PLR0917 - what happens, and what is told of it
    office: Office, desk: SippPhone, customer: str, codes: tuple[int, ...], status: str, by: str
) -> None:
    calls = await watch(office)
    assert await desk.codes(number(customer)) == codes
    row = await calls.ended()
    who = (number(customer), desk.account.extension, desk.account.user_name)
    assert facts(row) == ("OUTBOUND", status, *who, by)
    assert (row["answertime"], row["recording_url"]) == ("", "")


async def test_a_caller_who_gives_up_cancels_the_customer(exchange: Exchange, office: Office, desk: SippPhone) -> None:
    calls = await watch(office)
    customer = number("7001")
    run = await desk.dial(customer)
    await run.until_told(180)
    assert await run.order("GIVEUP") == 200
    await run.finished()
    assert run.codes() == (401, 180, 487)
    await exchange.lab.carrier.released(customer)
    row = await calls.ended()
    assert (row["call_status"], row["hangup_by"]) == ("missed", "agent")


async def test_a_caller_hears_the_carriers_announcement(
    exchange: Exchange, office: Office, desk_account: Account, baresip_program: Program, tmp_path: Path
) -> None:
    calls = await watch(office)
    account = BaresipAccount(
        username=desk_account.sip_username, password=desk_account.sip_password, registrar=exchange.copy.sip
    )
    async with running_baresip(baresip_program, tmp_path / "phone", account, tone_hz=ALICE_HZ) as phone:
        await phone.dial(number("5404"))
        closed = await phone.until("CALL_CLOSED")
        assert closed["param"].startswith("404")
        heard = await phone.heard()
    assert heard.tones(ANNOUNCEMENT_HZ) == set(ANNOUNCEMENT_HZ)
    assert (await calls.ended())["call_status"] == "failed"


@pytest.mark.parametrize("denied", ["+12025550123", "0012025550123"])
async def test_a_denied_destination_is_forbidden(
    exchange: Exchange, office: Office, desk: SippPhone, denied: str
) -> None:
    calls = await watch(office)
    assert await desk.codes(denied) == (403,)
    await calls.nothing()
    assert not exchange.lab.carrier.calls(denied)


async def test_a_short_number_goes_out_as_it_is(exchange: Exchange, office: Office, desk: SippPhone) -> None:
    calls = await watch(office)
    run = await desk.dial("113")
    await run.until_told(200)
    assert exchange.lab.carrier.calls("113")[-1].number == "113"
    assert await run.order("HANGUP") == 200
    row = await calls.ended()
    assert facts(row) == ("OUTBOUND", "answered", "113", desk.account.extension, desk.account.user_name, "agent")


async def test_the_second_trunk_carries_the_call_when_the_first_answers_503(exchange: Exchange) -> None:
    first, second = exchange.lab.carriers
    office = await exchange.open_office(trunks=((first.host, first.port), (second.host, second.port)))
    agent = await office.hire()
    calls = await watch(office)
    await first.behave(Behaviour.rejecting(503))
    try:
        at_agent = await agent.phone.dial(CUSTOMER, voice(ALICE_HZ))
        await second.answered(CUSTOMER)
        await asyncio.sleep(1)  # the talk
        await second.hang_up(CUSTOMER)
        row = await calls.ended()
    finally:
        await first.behave(None)
    assert (row["call_status"], row["hangup_by"]) == ("answered", "customer")
    await agent.phone.released()
    assert await heard_by(agent.phone, at_agent) == {CUSTOMER_HZ}


async def test_without_a_trunk_there_is_no_call(exchange: Exchange, desk: SippPhone) -> None:
    office = await exchange.open_office(trunks=())
    phone = SippPhone(account=await office.open_account(), registrar=desk.registrar, sipp=desk.sipp)
    assert await phone.codes(CUSTOMER) == (500,)
    assert await office.search() == []
