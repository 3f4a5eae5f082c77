"""Customers call a DID: an agent or a group is rung."""

import asyncio
from dataclasses import dataclass
from functools import partial

import pytest
import pytest_asyncio

from cordboard.lab.behaviour import Behaviour
from tests.support.call_watch import facts, watch
from tests.support.exchange import Agent, Exchange, Office, until
from tests.support.sipp import Sipp, SippRun
from tests.support.sipp_phone import COMPLETED_ELSEWHERE, SippPhone, waiting_phone
from tests.support.voices import ALICE_HZ, BOB_HZ, CUSTOMER_HZ, heard_by, recorded_tones, voice

pytestmark = pytest.mark.asyncio(loop_scope="session")

CALLER = "0912345678"


def national(number: str) -> str:
    return f"0{number.removeprefix('+84')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """The lab's first carrier's address, with SIPp at it, which knows of each code."""

    exchange: Exchange
    sipp: Sipp

    async def call(self, number: str, scenario: str = "call", *, host: str = "", seconds: float = 0) -> SippRun:
        """Call, and wait for the end."""
        where = host or self.exchange.lab.carrier.host
        target = self.exchange.copy.sip
        return await self.sipp.call(
            number, target, scenario=scenario, host=where, talk_seconds=seconds, from_user=CALLER
        )


@pytest.fixture
def outside(exchange: Exchange, sipp: Sipp) -> Outside:
    """SIPp as carrier."""
    return Outside(exchange=exchange, sipp=sipp)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def bobs_number(office: Office, staff: dict[str, Agent]) -> str:
    """A DID that leads to Bob."""
    return await office.add_did(f"agent:{staff['bob'].extension}")


@pytest.mark.parametrize("by", ["agent", "customer"])
async def test_a_customer_calls_an_agent(
    exchange: Exchange, office: Office, bob: Agent, bobs_number: str, by: str
) -> None:
    calls = await watch(office)
    carrier = exchange.lab.carrier
    await bob.phone.behave(Behaviour.answering(after_seconds=1, tone_hz=BOB_HZ).recorded())
    at_customer = await carrier.dial(
        bobs_number, exchange.copy.sip, caller_number=f"+84{CALLER[1:]}", behaviour=voice(CUSTOMER_HZ)
    )
    at_bob = await bob.phone.called()
    assert (at_bob.from_user, at_bob.from_name) == (CALLER, "")
    (live,) = await calls.live()
    assert (live["direction"], live["call_status"], live["agent"]) == ("INBOUND", "ringing", "")
    await bob.phone.answered()
    await calls.connected()
    await asyncio.sleep(1.5)  # the talk
    await (bob.phone if by == "agent" else carrier).hang_up()
    row = await calls.ended()
    assert facts(row) == ("INBOUND", "answered", CALLER, bob.extension, bob.user_name, by)
    await bob.phone.released()
    await carrier.released()
    assert await heard_by(bob.phone, at_bob) == {CUSTOMER_HZ}
    assert await heard_by(carrier, at_customer) == {BOB_HZ}
    assert await recorded_tones(office, row) == ({BOB_HZ}, {CUSTOMER_HZ})
    _, event = await office.webhook(row["call_id"])
    assert (event["direction"], event["hotline"]) == ("inbound", national(bobs_number))


async def test_the_carrier_may_write_the_number_in_any_form(
    office: Office, outside: Outside, bob: Agent, bobs_number: str
) -> None:
    calls = await watch(office)
    forms = ("+84{}", "84{}", "0{}", "0084{}")
    for form in forms:
        dialled = form.format(bobs_number.removeprefix("+84"))
        assert (await outside.call(dialled)).codes()[-1] == 200, form
        await bob.phone.released()
    rows = await calls.all_ended(len(forms))
    assert {facts(row) for row in rows} == {
        ("INBOUND", "answered", CALLER, bob.extension, bob.user_name, "customer"),
    }  # fmt: skip


async def test_a_caller_who_is_a_contact_is_shown_by_name(
    exchange: Exchange, office: Office, bob: Agent, bobs_number: str
) -> None:
    await office.add_contact("Lan", "Pham", "0911111111", "0922222222")
    calls = await watch(office)
    carrier = exchange.lab.carrier
    await carrier.dial(bobs_number, exchange.copy.sip, caller_number="+84922222222")
    at_bob = await bob.phone.answered()
    assert (at_bob.from_user, at_bob.from_name) == ("0922222222", "Lan Pham")
    await carrier.hang_up()
    assert (await calls.ended())["caller_number"] == "0922222222"


@pytest.mark.parametrize(
    ("behaviour", "codes", "status", "by"),
    [
        (Behaviour.busy(), (486,), "busy", "agent"),
        (Behaviour.declining(after_seconds=0.5), (180, 603), "rejected", "agent"),
        (Behaviour.ringing_out(), (180, 480), "missed", "system"),
        (Behaviour.rejecting(480), (480,), "missed", "system"),
    ],
    ids=["busy", "declines", "rings out", "480"],
)
async def test_a_caller_is_told_why_the_agent_does_not_answer(  # noqa: PLR0917 - what happens, and what is told of it
    office: Office, outside: Outside, bob: Agent, bobs_number: str,
    behaviour: Behaviour, codes: tuple[int, ...], status: str, by: str,
) -> None:  # fmt: skip
    calls = await watch(office)
    await bob.phone.behave(behaviour)
    assert (await outside.call(bobs_number)).codes() == codes
    row = await calls.ended()
    assert facts(row) == ("INBOUND", status, CALLER, bob.extension, "", by)
    assert (row["answertime"], row["recording_url"]) == ("", "")


async def test_a_caller_who_gives_up_stops_the_ringing(
    office: Office, outside: Outside, bob: Agent, bobs_number: str
) -> None:
    calls = await watch(office)
    await bob.phone.behave(Behaviour.ringing_out())
    run = await outside.call(bobs_number, "call_and_give_up", seconds=0.5)
    assert run.codes() == (180, 487)
    assert not (await bob.phone.released()).is_answered
    assert facts(await calls.ended()) == ("INBOUND", "missed", CALLER, bob.extension, "", "customer")


async def test_an_agent_without_a_phone_is_unreachable_at_once(office: Office, outside: Outside) -> None:
    absent = await office.open_account()
    number = await office.add_did(f"agent:{absent.extension}")
    calls = await watch(office)
    assert (await outside.call(number)).codes() == (480,)
    row = await calls.ended()
    assert facts(row) == ("INBOUND", "missed", CALLER, "", "", "system")


async def test_an_agent_who_talks_is_busy(
    exchange: Exchange, office: Office, outside: Outside, bob: Agent, bobs_number: str
) -> None:
    calls = await watch(office)
    await exchange.lab.carrier.dial(bobs_number, exchange.copy.sip, caller_number=CALLER)
    await calls.connected()
    assert (await outside.call(bobs_number)).codes() == (486,)
    assert facts(await calls.latest_ended()) == ("INBOUND", "busy", CALLER, "", "", "agent")
    assert len(bob.phone.calls()) == 1
    await bob.phone.hang_up()
    await calls.all_ended(2)
    assert (await outside.call(bobs_number)).codes()[-1] == 200  # free again
    await calls.all_ended(3)


async def test_of_a_group_one_answers_and_the_others_stop(
    exchange: Exchange, office: Office, sipp: Sipp, alice: Agent
) -> None:
    waiting = [await waiting_phone(office, sipp) for _ in range(2)]
    group = await office.add_group(waiting[0][0], alice, waiting[1][0])
    number = await office.add_did(f"group:{group['name']}")
    calls = await watch(office)
    carrier = exchange.lab.carrier
    await alice.phone.behave(Behaviour.answering(after_seconds=1, tone_hz=ALICE_HZ).recorded())
    at_customer = await carrier.dial(number, exchange.copy.sip, caller_number=CALLER, behaviour=voice(CUSTOMER_HZ))
    at_alice = await alice.phone.answered()
    for account, run in waiting:
        cancel = await run.until("CANCEL")
        assert cancel.headers["Reason"] == COMPLETED_ELSEWHERE
        await until(partial(office.is_callable, account))
    await asyncio.sleep(1.5)  # the talk
    await carrier.hang_up()
    row = await calls.ended()
    assert facts(row) == ("INBOUND", "answered", CALLER, alice.extension, alice.user_name, "customer")
    await alice.phone.released()
    await carrier.released()
    assert await heard_by(alice.phone, at_alice) == {CUSTOMER_HZ}
    assert await heard_by(carrier, at_customer) == {ALICE_HZ}
    assert await recorded_tones(office, row) == ({ALICE_HZ}, {CUSTOMER_HZ})


async def test_a_group_of_which_nobody_answers(
    office: Office, outside: Outside, alice: Agent, bob: Agent, carol: Agent
) -> None:
    group = await office.add_group(alice, bob, carol)
    number = await office.add_did(f"group:{group['name']}")
    calls = await watch(office)
    await alice.phone.behave(Behaviour.busy())
    await bob.phone.behave(Behaviour.declining(after_seconds=0.5))
    await carol.phone.behave(Behaviour.ringing_out())
    assert (await outside.call(number)).codes() == (180, 480)
    row = await calls.ended()
    assert facts(row)[:3] == ("INBOUND", "missed", CALLER)
    assert row["destination_number"] in {alice.extension, bob.extension, carol.extension}
    assert (row["agent"], row["hangup_by"]) == ("", "system")


@pytest.mark.parametrize("number", ["+842873999999", "abc", "0"])
async def test_a_number_that_nobody_has_is_unknown(office: Office, outside: Outside, number: str) -> None:
    calls = await watch(office)
    assert (await outside.call(number)).codes() == (404,)
    await calls.nothing()


async def test_a_number_without_a_destination_is_unknown(office: Office, outside: Outside) -> None:
    calls = await watch(office)
    assert (await outside.call(office.did_number)).codes() == (404,)
    await calls.nothing()


async def test_a_number_is_not_called_through_another_tenants_carrier(
    exchange: Exchange, outside: Outside, bobs_number: str
) -> None:
    """Its tenant has a trunk elsewhere only."""
    second = exchange.lab.second_carrier
    office = await exchange.open_office(trunks=((second.host, second.port),))
    agent = await office.hire()
    number = await office.add_did(f"agent:{agent.extension}")
    calls = await watch(office)
    assert (await outside.call(number)).codes() == (404,)
    await calls.nothing()
    assert (await outside.call(number, host=second.host)).codes()[-1] == 200
    assert (await calls.ended())["call_status"] == "answered"
    assert (await outside.call(bobs_number, host=second.host)).codes() == (404,)


async def test_an_unknown_address_is_refused(office: Office, outside: Outside, bob: Agent, bobs_number: str) -> None:
    calls = await watch(office)
    assert (await outside.call(bobs_number, host="127.0.0.5")).codes() == (401,)
    await calls.nothing()
    assert not bob.phone.calls()


async def test_a_disabled_tenant_is_refused_both_ways(
    exchange: Exchange, outside: Outside, bob: Agent, bobs_number: str
) -> None:
    closed = await exchange.open_office()
    agent = await closed.hire(Behaviour.answering(after_seconds=0))
    phone = SippPhone(account=agent.account, registrar=exchange.copy.sip, sipp=outside.sipp)
    number = await closed.add_did(f"agent:{agent.extension}")
    calls = await watch(closed)
    assert (await outside.call(number)).codes()[-1] == 200
    await calls.ended()
    await exchange.copy.run("tenant", "set", closed.name, "--disable")
    assert (await outside.call(number)).codes() == (404,)
    assert (await outside.call(bobs_number)).codes()[-1] == 200  # another's at the same carrier
    await bob.phone.released()
    assert await phone.refusals(agent.extension) <= {401, 404}  # nobody's phone, perhaps at a carrier's address
    assert len(agent.phone.calls()) == 1
    await exchange.lab.remove_phone(agent.phone)
    await exchange.copy.run("tenant", "set", closed.name, "--enable")
    await closed.add_phone(agent.account, Behaviour.answering(after_seconds=0))
    assert (await outside.call(number)).codes()[-1] == 200
    await calls.all_ended(2)
