"""Two tenants with the same extensions, behind the same carrier: they never reach each other."""

import asyncio
from dataclasses import dataclass

import pytest
import pytest_asyncio

from cordboard.lab.behaviour import Behaviour
from tests.support.call_watch import facts, watch
from tests.support.exchange import Agent, Exchange, Office
from tests.support.sipp import Sipp
from tests.support.sipp_phone import SippPhone
from tests.support.voices import ALICE_HZ, BOB_HZ, CAROL_HZ, CUSTOMER_HZ, DESK_HZ, heard_by, voice

pytestmark = pytest.mark.asyncio(loop_scope="session")

EXTENSIONS = ("201", "202")
CALLER = "0912345678"


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """A tenant with two agents, and a DID that leads to the second."""

    office: Office
    first: Agent
    second: Agent
    did_number: str


async def found(exchange: Exchange, hz: int) -> Company:
    office = await exchange.open_office()
    behaviour = Behaviour.answering(after_seconds=0, tone_hz=hz).recorded()
    first, second = await asyncio.gather(*(office.hire(behaviour, extension=extension) for extension in EXTENSIONS))
    return Company(
        office=office, first=first, second=second, did_number=await office.add_did(f"agent:{second.extension}")
    )


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def both(exchange: Exchange) -> tuple[Company, Company]:
    one, other = await asyncio.gather(found(exchange, BOB_HZ), found(exchange, CAROL_HZ))
    return one, other


@pytest.fixture
def companies(exchange: Exchange, both: tuple[Company, Company]) -> tuple[Company, Company]:
    """The two, and nothing noted of them."""
    exchange.lab.ledger.forget()
    return both


async def test_an_extension_is_the_own_tenants(companies: tuple[Company, Company]) -> None:
    """Both dial 202 at the same time."""
    watches = [await watch(company.office) for company in companies]
    dialled = [await company.first.phone.dial("202", voice(ALICE_HZ)) for company in companies]
    for company in companies:
        await company.second.phone.answered()
    await asyncio.sleep(1)  # the talk
    for company in companies:
        await company.first.phone.hang_up()
    for company, calls, call, hz in zip(companies, watches, dialled, (BOB_HZ, CAROL_HZ), strict=True):
        row = await calls.ended()
        assert facts(row) == ("OUTBOUND", "answered", "202", "201", company.first.user_name, "agent")
        await company.first.phone.released()
        assert await heard_by(company.first.phone, call) == {hz}
        assert len(company.second.phone.calls()) == 1


async def test_a_number_rings_its_own_tenant_only(exchange: Exchange, companies: tuple[Company, Company]) -> None:
    one, other = companies
    calls, others = await watch(one.office), await watch(other.office)
    carrier = exchange.lab.carrier
    at_customer = await carrier.dial(
        one.did_number, exchange.copy.sip, caller_number=CALLER, behaviour=voice(CUSTOMER_HZ)
    )
    await one.second.phone.answered()
    await asyncio.sleep(1)  # the talk
    await carrier.hang_up()
    row = await calls.ended()
    assert facts(row) == ("INBOUND", "answered", CALLER, "202", one.second.user_name, "customer")
    await others.nothing()
    assert not other.second.phone.calls()
    await carrier.released()
    assert await heard_by(carrier, at_customer) == {BOB_HZ}


async def test_the_others_extension_is_unknown(
    companies: tuple[Company, Company], exchange: Exchange, sipp: Sipp
) -> None:
    one, other = companies
    third = await other.office.open_account(extension="203")
    phone = SippPhone(account=one.first.account, registrar=exchange.copy.sip, sipp=sipp)
    calls, others = await watch(one.office), await watch(other.office)
    assert await phone.codes(third.extension) == (404,)
    assert await phone.codes(third.sip_username) == (404,)
    assert await phone.codes(other.second.account.sip_username) == (404,)
    await calls.nothing()
    await others.nothing()


async def test_the_others_number_is_outside(exchange: Exchange, companies: tuple[Company, Company]) -> None:
    """It goes to the carrier, as any other."""
    one, other = companies
    number = await other.office.add_did(f"agent:{other.second.extension}")
    calls, others = await watch(one.office), await watch(other.office)
    await one.first.phone.dial(number, voice(DESK_HZ, talk_seconds=1))
    at_carrier = await exchange.lab.carrier.answered(number)
    assert (at_carrier.number, at_carrier.from_user) == (number, one.office.did_number)
    assert (await calls.ended())["call_status"] == "answered"
    await others.nothing()


async def test_a_transfer_stays_inside_the_tenant(
    exchange: Exchange, companies: tuple[Company, Company], sipp: Sipp
) -> None:
    one, other = companies
    phone = SippPhone(account=one.first.account, registrar=exchange.copy.sip, sipp=sipp)
    third = await other.office.open_account(extension="204")
    calls, others = await watch(one.office), await watch(other.office)
    run = await phone.dial("202")
    await run.until_told(200)
    for unknown in (third.extension, other.second.account.sip_username):
        assert await run.order("TRANSFER", Refer_To=f"<sip:{unknown}@{phone.registrar}>") == 202
    await run.until("NOTIFY", times=2)
    assert all("SIP/2.0 200" not in each.body for each in run.received("NOTIFY"))
    assert await run.order("HANGUP") == 200
    assert (await calls.ended())["call_status"] == "answered"
    await others.nothing()
    assert not other.second.phone.calls()
