"""Complete calls between other SIP stacks than the engine's: baresip and SIPp as agents' phones, SIPp as carrier."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from tests.nodes.folders import public_folder
from tests.support.baresip import Baresip, BaresipAccount, running_baresip
from tests.support.exchange import Exchange, Office, Row, running_exchange, until
from tests.support.programs import Program
from tests.support.sipp import Sipp, SippRun
from tests.support.tones import decode_mp3

pytestmark = pytest.mark.asyncio(loop_scope="session")

AGENT_HZ = 620
CUSTOMER = "0987654321"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def exchange() -> AsyncIterator[Exchange]:
    """The whole of Cordboard."""
    with public_folder() as folder:
        async with running_exchange(folder) as running:
            yield running


async def office_behind(exchange: Exchange, *carriers: SippRun) -> Office:
    """A tenant with a trunk to each of ``carriers``, best first."""
    return await exchange.open_office(trunks=tuple((carrier.host, carrier.port) for carrier in carriers))


async def carrier(sipp: Sipp, scenario: str = "answer", *, code: int = 486, after_seconds: float = 0) -> SippRun:
    return await sipp.listen(scenario, host="127.0.0.4", code=code, after_seconds=after_seconds)


async def new_account(exchange: Exchange, office: Office, extension: str) -> Row:
    """An agent with a SIP account, and no phone yet."""
    who = ("--user-name", f"agent-{extension}", "--extension", extension)
    made: Row = await exchange.copy.run("agent", "create", "--tenant", office.name, *who)
    return made


async def until_callable(office: Office, extension: str) -> None:
    """Wait until Cordboard knows the phone: then it is the impossible number that is refused."""

    async def look() -> bool:
        answer = await office.post("/api/v1.0/base/makeCall", {"phoneNumber": "0000000000", "ipPhone": extension})
        return bool(answer["error_code"] == "CALLOUT_PERMISSION_DENY")

    await until(look)


async def make_call(office: Office, extension: str) -> str:
    answer = await office.post("/api/v1.0/base/makeCall", {"phoneNumber": CUSTOMER, "ipPhone": extension})
    assert answer["success"] == "1", answer
    return str(answer["call_id"])


@dataclass(frozen=True, slots=True, kw_only=True)
class SippPhone:
    """An agent's phone that is SIPp. ``account`` is its SIP user name and password."""

    run: SippRun
    account: tuple[str, str]


async def sipp_phone(
    exchange: Exchange, office: Office, sipp: Sipp, extension: str, scenario: str = "answer"
) -> SippPhone:
    made = await new_account(exchange, office, extension)
    run = await sipp.listen(scenario)
    account = (made["sip_username"], made["sip_password"])
    await sipp.register(*account, exchange.copy.sip, contact_port=run.port)
    await until_callable(office, extension)
    return SippPhone(run=run, account=account)


async def ringing(phone: Baresip) -> str:
    """Who calls, as the phone shows it."""
    incoming = await phone.until("CALL_INCOMING")
    shown = re.match(r"sip:([^@]+)@", incoming["peeruri"])
    assert shown
    return shown[1]


async def test_an_agent_with_baresip_talks_through_a_carrier_that_is_sipp(
    exchange: Exchange, sipp: Sipp, baresip_program: Program, tmp_path: Path
) -> None:
    there = await carrier(sipp)
    office = await office_behind(exchange, there)
    made = await new_account(exchange, office, "6688")
    account = BaresipAccount(username=made["sip_username"], password=made["sip_password"], registrar=exchange.copy.sip)
    async with running_baresip(baresip_program, tmp_path / "baresip", account, tone_hz=AGENT_HZ) as phone:
        await until_callable(office, "6688")
        call_id = await make_call(office, "6688")
        assert await ringing(phone) == CUSTOMER
        assert not there.received("INVITE")
        await phone.do("accept")
        invite = await there.until("INVITE")
        assert invite.start_line.startswith(f"INVITE sip:+84{CUSTOMER[1:]}@127.0.0.4:{there.port}")
        assert f"<sip:{office.did_number}@" in invite.headers["From"]
        await there.until("ACK")
        await asyncio.sleep(2)  # the talk: the carrier sends back what it hears
        await phone.do("hangup")
        await phone.until("CALL_CLOSED")
        heard = await phone.heard()
    await there.until("BYE")
    assert AGENT_HZ in heard.tones([AGENT_HZ])

    row = await office.recorded(call_id)
    assert (row["call_status"], row["hangup_by"]) == ("answered", "agent")
    assert 2 <= int(row["total_duration"]) <= 6
    _, audio = await office.recording(row["recording_url"])
    for side in decode_mp3(audio):  # the agent's own tone, and what came back of it
        assert side.tones([AGENT_HZ]) == {AGENT_HZ}
    _, event = await office.webhook(call_id)
    assert event["call_status"] == "answered"


async def test_a_customer_with_sipp_hangs_up(exchange: Exchange, sipp: Sipp) -> None:
    there = await carrier(sipp, "answer_and_hang_up", after_seconds=2)
    office = await office_behind(exchange, there)
    phone = await sipp_phone(exchange, office, sipp, "6688")
    call_id = await make_call(office, "6688")
    row = await office.ended(call_id)
    assert (row["call_status"], row["hangup_by"]) == ("answered", "customer")
    assert 2 <= int(row["total_duration"]) <= 4
    assert len(phone.run.received("BYE")) == 1
    assert CUSTOMER in phone.run.received("INVITE")[0].headers["From"]


@pytest.mark.parametrize(("code", "status"), [(600, "busy"), (603, "rejected"), (500, "failed")])
async def test_a_carriers_refusal_is_told(exchange: Exchange, sipp: Sipp, code: int, status: str) -> None:
    there = await carrier(sipp, "refuse", code=code)
    office = await office_behind(exchange, there)
    await sipp_phone(exchange, office, sipp, "6688")
    row = await office.ended(await make_call(office, "6688"))
    assert row["call_status"] == status
    assert len(there.received("ACK")) == 1


async def test_a_second_carrier_answers_when_the_first_cannot(exchange: Exchange, sipp: Sipp) -> None:
    first, second = await carrier(sipp, "refuse", code=503), await carrier(sipp, "answer_and_hang_up", after_seconds=1)
    office = await office_behind(exchange, first, second)
    await sipp_phone(exchange, office, sipp, "6688")
    row = await office.ended(await make_call(office, "6688"))
    assert row["call_status"] == "answered"
    assert len(first.received("INVITE")) == len(second.received("INVITE")) == 1


async def test_a_carrier_that_announces_and_refuses(exchange: Exchange, sipp: Sipp) -> None:
    there = await carrier(sipp, "announce_and_refuse", code=404, after_seconds=1)
    office = await office_behind(exchange, there)
    await sipp_phone(exchange, office, sipp, "6688")
    row = await office.ended(await make_call(office, "6688"))
    assert row["call_status"] == "failed"


async def test_a_customer_who_does_not_answer_is_given_up(exchange: Exchange, sipp: Sipp) -> None:
    there = await carrier(sipp, "ring_out")
    office = await office_behind(exchange, there)
    await sipp_phone(exchange, office, sipp, "6688")
    row = await office.ended(await make_call(office, "6688"))
    assert (row["call_status"], row["hangup_by"]) == ("missed", "system")
    await there.until("CANCEL")


async def test_an_agent_who_declines_spares_the_customer(exchange: Exchange, sipp: Sipp) -> None:
    there = await carrier(sipp)
    office = await office_behind(exchange, there)
    await sipp_phone(exchange, office, sipp, "6688", "ring_and_refuse")
    row = await office.ended(await make_call(office, "6688"))
    assert (row["call_status"], row["hangup_by"]) == ("busy", "agent")
    assert not there.received("INVITE")


async def test_a_phone_that_signs_off_is_no_longer_called(exchange: Exchange, sipp: Sipp) -> None:
    office = await office_behind(exchange, await carrier(sipp))
    phone = await sipp_phone(exchange, office, sipp, "6688")
    await sipp.register(*phone.account, exchange.copy.sip, contact_port=phone.run.port, expires_seconds=0)

    async def is_refused() -> bool:
        answer = await office.post("/api/v1.0/base/makeCall", {"phoneNumber": CUSTOMER, "ipPhone": "6688"})
        return bool(answer["error_code"] == "IPCC_NOT_CONNECT_AGENT_ID")

    await until(is_refused)
