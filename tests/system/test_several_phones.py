"""One extension, several phones: all ring, one answers."""

import asyncio
from dataclasses import dataclass
from functools import partial

import pytest
import pytest_asyncio

from cordboard.lab.behaviour import Behaviour
from cordboard.lab.ledger import LabCall
from cordboard.lab.parties import Carrier, LabPhone
from tests.support.call_watch import facts, watch
from tests.support.exchange import Account, Agent, Exchange, Office, until
from tests.support.sipp import Sipp, SippRun
from tests.support.sipp_phone import COMPLETED_ELSEWHERE, SippPhone
from tests.support.voices import (
    ALICE_HZ,
    BOB_HZ,
    CAROL_HZ,
    CUSTOMER,
    CUSTOMER_HZ,
    heard_by,
    recorded_tones,
    voice,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")

CALLER = "0912345678"


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """An agent with three phones, which ring until they are told otherwise."""

    account: Account
    phones: tuple[LabPhone, ...]
    did_number: str

    async def behave(self, *behaviours: Behaviour) -> None:
        for phone, behaviour in zip(self.phones, behaviours, strict=True):
            await phone.behave(behaviour)

    async def all_called(self) -> list[LabCall]:
        return [await phone.called() for phone in self.phones]

    async def all_released(self) -> list[LabCall]:
        return [await phone.released() for phone in self.phones]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def three_phones(office: Office) -> Extension:
    account = await office.open_account()
    phones = [await office.add_phone(account, name=f"{account.sip_username}~{number}") for number in (1, 2, 3)]
    await until(lambda: has_phones(office.exchange, account, len(phones)))
    return Extension(
        account=account, phones=tuple(phones), did_number=await office.add_did(f"agent:{account.extension}")
    )


@pytest.fixture
def ringing(exchange: Exchange, three_phones: Extension) -> Extension:
    """The three phones as if new."""
    exchange.lab.ledger.forget()
    return three_phones


@pytest.mark.parametrize("way", ["internal", "inbound", "makeCall"])
async def test_one_answers_and_the_others_stop(
    exchange: Exchange, office: Office, alice: Agent, ringing: Extension, way: str
) -> None:
    calls = await watch(office)
    other: LabPhone | Carrier = alice.phone if way == "internal" else exchange.lab.carrier
    await ringing.behave(
        Behaviour.ringing_out(),
        Behaviour.answering(after_seconds=1, tone_hz=BOB_HZ).recorded(),
        Behaviour.ringing_out(),
    )
    carrier = exchange.lab.carrier
    await carrier.record()
    match way:
        case "internal":
            at_other = await alice.phone.dial(ringing.account.extension, voice(CUSTOMER_HZ))
        case "inbound":
            at_other = await carrier.dial(
                ringing.did_number, exchange.copy.sip, caller_number=CALLER, behaviour=voice(CUSTOMER_HZ)
            )
        case _:
            await office.make_call(ringing.account, CUSTOMER)
            at_other = await carrier.answered(CUSTOMER)
    await calls.connected()
    _, answered, _ = await ringing.all_called()
    for stopped in (ringing.phones[0], ringing.phones[2]):
        assert not (await stopped.released()).is_answered
    assert answered.is_answered
    assert answered.is_live
    await asyncio.sleep(1.5)  # the talk
    await ringing.phones[1].hang_up()
    row = await calls.ended()
    assert row["call_status"] == "answered"
    assert row["hangup_by"] == ("customer" if way == "internal" else "agent")
    await ringing.all_released()
    await other.released()
    assert await heard_by(ringing.phones[1], answered) == {CUSTOMER_HZ}
    assert await heard_by(other, at_other) == {BOB_HZ}
    sides = await recorded_tones(office, row)
    assert sides == (({CUSTOMER_HZ}, {BOB_HZ}) if way == "internal" else ({BOB_HZ}, {CUSTOMER_HZ}))


async def test_one_that_is_busy_does_not_stop_the_others(office: Office, alice: Agent, ringing: Extension) -> None:
    calls = await watch(office)
    await ringing.behave(
        Behaviour.busy(), Behaviour.rejecting(480), Behaviour.answering(after_seconds=1, tone_hz=CAROL_HZ)
    )
    at_alice = await alice.phone.dial(ringing.account.extension, voice(ALICE_HZ))
    await calls.connected()
    await asyncio.sleep(1)  # the talk
    await alice.phone.hang_up()
    assert (await calls.ended())["call_status"] == "answered"
    await ringing.all_released()
    assert await heard_by(alice.phone, at_alice) == {CAROL_HZ}


async def test_one_that_declines_stops_them_all(office: Office, desk: SippPhone, ringing: Extension) -> None:
    """603 speaks for whoever it is (RFC 3261 21.6)."""
    calls = await watch(office)
    await ringing.behave(Behaviour.ringing_out(), Behaviour.declining(after_seconds=0.5), Behaviour.ringing_out())
    assert await desk.codes(ringing.account.extension) == (180, 603)
    assert not any(call.is_answered for call in await ringing.all_released())
    row = await calls.ended()
    assert (row["call_status"], row["hangup_by"]) == ("rejected", "customer")


async def test_a_caller_who_gives_up_stops_them_all(office: Office, desk: SippPhone, ringing: Extension) -> None:
    calls = await watch(office)
    await ringing.behave(*[Behaviour.ringing_out()] * 3)
    run = await desk.dial(ringing.account.extension)
    await run.until_told(180)
    await ringing.all_called()
    assert await run.order("GIVEUP") == 200
    assert not any(call.is_answered for call in await ringing.all_released())
    assert (await calls.ended())["call_status"] == "missed"


async def test_any_of_them_dials(office: Office, bob: Agent, ringing: Extension) -> None:
    calls = await watch(office)
    at_home = await ringing.phones[2].dial(bob.extension, voice(CAROL_HZ))
    at_bob = await bob.phone.answered()
    assert at_bob.from_user == ringing.account.extension
    await asyncio.sleep(1)  # the talk
    await bob.phone.hang_up()
    row = await calls.ended()
    assert facts(row)[2:5] == (bob.extension, ringing.account.extension, ringing.account.user_name)
    await ringing.phones[2].released()
    assert await heard_by(ringing.phones[2], at_home) == {BOB_HZ}


async def sipp_phones(exchange: Exchange, sipp: Sipp, account: Account, *scenarios: str) -> list[SippRun]:
    """Phones of one account."""
    runs = []
    for count, scenario in enumerate(scenarios, 1):
        run = await sipp.listen(scenario)
        await sipp.register(*account.login, exchange.copy.sip, contact_port=run.port)
        await until(partial(has_phones, exchange, account, count))
        runs.append(run)
    return runs


async def test_those_who_stop_are_told_that_it_was_answered_elsewhere(
    exchange: Exchange, office: Office, sipp: Sipp, alice: Agent
) -> None:
    account = await office.open_account()
    first, *others = await sipp_phones(exchange, sipp, account, "answer", "ring_out", "ring_out")
    calls = await watch(office)
    await alice.phone.dial(account.extension, voice(ALICE_HZ))
    for other in others:
        assert (await other.until("CANCEL")).headers["Reason"] == COMPLETED_ELSEWHERE
    await calls.connected()
    await alice.phone.hang_up()
    await first.until("BYE")
    await calls.ended()


async def test_two_that_answer_at_the_same_instant(
    exchange: Exchange, office: Office, sipp: Sipp, alice: Agent
) -> None:
    """Both have sent their 200 before either could be told to stop: one talks, the other is released."""
    account = await office.open_account()
    both = await sipp.listen("answer_at_once")
    for user in ("desk", "mobile"):
        await sipp.register(*account.login, exchange.copy.sip, contact_port=both.port, contact_user=user)
    await until(lambda: has_phones(exchange, account, 2))
    calls = await watch(office)
    both.freeze()
    at_alice = await alice.phone.dial(account.extension, voice(ALICE_HZ))
    await calls.live()
    await asyncio.sleep(0.5)  # both INVITEs come
    both.thaw()
    await both.until("BYE")
    (first, second) = {each.headers["Call-ID"] for each in both.received("ACK")}
    assert first != second
    await asyncio.sleep(1.5)  # the talk: it sends back what it hears
    assert (await calls.connected())["endtime"] == ""
    assert len(both.received("BYE")) == 1
    await alice.phone.hang_up()
    await both.until("BYE", times=2)
    row = await calls.ended()
    assert facts(row) == ("OUTBOUND", "answered", account.extension, alice.extension, alice.user_name, "agent")
    await alice.phone.released()
    assert await heard_by(alice.phone, at_alice) == {ALICE_HZ}


async def has_phones(exchange: Exchange, account: Account, count: int) -> bool:
    """Whether Cordboard knows of so many phones of an account."""
    return await exchange.count_phones(account) == count
