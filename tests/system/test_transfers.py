"""Phones transfer calls: blind (REFER, RFC 3515) and attended (with Replaces, RFC 3891)."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from cordboard.lab.behaviour import Behaviour
from cordboard.lab.ledger import LabCall
from cordboard.lab.number_plan import number
from tests.support.baresip import G722, ULAW, Baresip
from tests.support.call_watch import CallWatch, facts, watch
from tests.support.exchange import Account, Agent, Exchange, Office, until
from tests.support.programs import Program
from tests.support.sipp_phone import SippPhone
from tests.support.softphone import softphone
from tests.support.voices import (
    ALICE_HZ,
    BOB_HZ,
    CUSTOMER,
    CUSTOMER_HZ,
    DESK_HZ,
    heard_by,
    recorded_sides,
    recorded_tones,
    sound_at,
    voice,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")

CALLER = "0912345678"
CALLER_HZ = 1180
TALK_SECONDS = 1.2
# Of a talk, what is heard for certain when it ends: audio begins a moment after the signalling.
LAST_SECONDS = 0.6


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def desk_number(office: Office, desk_account: Account) -> str:
    """A DID that leads to the desk."""
    return await office.add_did(f"agent:{desk_account.extension}")


@pytest_asyncio.fixture(loop_scope="session")
async def soft(
    exchange: Exchange, desk_account: Account, baresip_program: Program, tmp_path: Path
) -> AsyncIterator[Baresip]:
    """The desk's phone, which is baresip: it answers by itself."""
    async with softphone(exchange, baresip_program, tmp_path / "phone", desk_account, tone_hz=DESK_HZ) as phone:
        yield phone


async def talk() -> None:
    await asyncio.sleep(TALK_SECONDS)


async def called_in(exchange: Exchange, desk_number: str, soft: Baresip, calls: CallWatch) -> LabCall:
    """A customer talks to the desk."""
    carrier = exchange.lab.carrier
    await carrier.record()
    at_customer = await carrier.dial(desk_number, exchange.copy.sip, caller_number=CALLER, behaviour=voice(CUSTOMER_HZ))
    await soft.until("CALL_ESTABLISHED")
    await calls.connected()
    await talk()
    return at_customer


async def test_an_incoming_call_is_transferred_to_a_colleague(  # noqa: PLR0917 - fixtures
    exchange: Exchange, office: Office, alice: Agent, desk_account: Account, soft: Baresip, desk_number: str
) -> None:
    calls = await watch(office)
    carrier = exchange.lab.carrier
    await alice.phone.behave(Behaviour.answering(after_seconds=1, tone_hz=ALICE_HZ).recorded())
    at_customer = await called_in(exchange, desk_number, soft, calls)
    await soft.transfer(alice.extension)
    at_alice = await alice.phone.answered()
    assert at_alice.from_user == CALLER
    await soft.until("CALL_CLOSED")
    await talk()
    await alice.phone.hang_up()
    row = await calls.ended()
    assert facts(row) == ("INBOUND", "answered", CALLER, desk_account.extension, desk_account.user_name, "agent")
    await carrier.released()
    await alice.phone.released()
    assert await heard_by(carrier, at_customer) == {DESK_HZ, ALICE_HZ}
    assert await heard_by(alice.phone, at_alice) == {CUSTOMER_HZ}
    assert (await soft.heard()).is_tone(CUSTOMER_HZ)
    # One recording of all of it: before, and after.
    left, right = await recorded_sides(office, row)
    assert left.tones([CUSTOMER_HZ]) == set()
    assert left.begins_with(DESK_HZ, LAST_SECONDS)
    assert left.ends_in(ALICE_HZ, LAST_SECONDS)
    assert right.seconds_of(CUSTOMER_HZ) >= 0.8 * right.seconds
    assert right.seconds >= 2 * TALK_SECONDS


async def test_the_called_one_transfers_too(
    office: Office, alice: Agent, bob: Agent, desk_account: Account, soft: Baresip
) -> None:
    calls = await watch(office)
    at_alice = await alice.phone.dial(desk_account.extension, voice(ALICE_HZ))
    await soft.until("CALL_ESTABLISHED")
    await talk()
    await soft.transfer(bob.extension)
    at_bob = await bob.phone.answered()
    await soft.until("CALL_CLOSED")
    await talk()
    await bob.phone.hang_up()
    row = await calls.ended()
    assert facts(row)[:5] == ("OUTBOUND", "answered", desk_account.extension, alice.extension, alice.user_name)
    await alice.phone.released()
    await bob.phone.released()
    assert await heard_by(alice.phone, at_alice) == {DESK_HZ, BOB_HZ}
    assert await heard_by(bob.phone, at_bob) == {ALICE_HZ}
    assert await recorded_tones(office, row) == ({ALICE_HZ}, {DESK_HZ, BOB_HZ})


async def test_a_call_is_transferred_to_an_outside_number(
    exchange: Exchange, office: Office, soft: Baresip, desk_number: str
) -> None:
    calls = await watch(office)
    carrier = exchange.lab.carrier
    at_customer = await called_in(exchange, desk_number, soft, calls)
    third = number(f"1{CALLER_HZ // 10:03d}")
    await soft.transfer(third)
    at_third = await carrier.answered(third)
    assert at_third.from_user == desk_number
    await soft.until("CALL_CLOSED")
    await talk()
    await carrier.hang_up(third)
    row = await calls.ended()
    assert facts(row)[:3] == ("INBOUND", "answered", CALLER)
    await carrier.released()
    assert (await sound_at(carrier, at_customer)).tones([DESK_HZ, CALLER_HZ]) == {DESK_HZ, CALLER_HZ}
    assert await heard_by(carrier, at_third) == {CUSTOMER_HZ}
    left, right = await recorded_sides(office, row)
    assert left.ends_in(CALLER_HZ, LAST_SECONDS)
    assert right.ends_in(CUSTOMER_HZ, LAST_SECONDS)


@pytest.mark.parametrize("target", ["busy outside", "busy colleague", "no answer", "unknown", "denied"])
async def test_a_transfer_that_fails_gives_the_call_back(
    office: Office, desk: SippPhone, alice: Agent, bob: Agent, target: str
) -> None:
    calls = await watch(office)
    await alice.phone.behave(Behaviour.ringing_out() if target == "no answer" else Behaviour.busy())
    to = {"busy outside": number("4486"), "unknown": "9999", "denied": "+12025550123"}.get(target, alice.extension)
    run = await desk.dial(bob.extension)
    at_bob = await bob.phone.answered()
    await talk()
    assert await run.order("HOLD") == 200
    assert await run.order("TRANSFER", Refer_To=f"<sip:{to}@{desk.registrar}>") == 202

    async def told() -> str | None:
        bodies = [each.body.strip() for each in run.received("NOTIFY")]
        return bodies[-1] if bodies and bodies[-1] != "SIP/2.0 100 Trying" else None

    assert await until(told) == "SIP/2.0 503 Service Unavailable"
    assert await run.order("RESUME") == 200
    await talk()
    assert not run.received("BYE")
    assert await run.order("HANGUP") == 200
    row = await calls.ended()
    assert facts(row) == (
        "OUTBOUND", "answered", bob.extension, desk.account.extension, desk.account.user_name, "agent",
    )  # fmt: skip
    await bob.phone.released()
    heard = await sound_at(bob.phone, at_bob)
    assert heard.ends_in(BOB_HZ, LAST_SECONDS)  # the desk sends back what it hears
    assert heard.seconds_of(BOB_HZ) >= 2 * TALK_SECONDS - 0.8
    left, right = await recorded_sides(office, row)
    assert left.ends_in(BOB_HZ, LAST_SECONDS)
    assert right.ends_in(BOB_HZ, LAST_SECONDS)


async def test_who_transfers_need_not_wait(office: Office, desk: SippPhone, alice: Agent, bob: Agent) -> None:
    calls = await watch(office)
    await alice.phone.behave(Behaviour.answering(after_seconds=1, tone_hz=ALICE_HZ).recorded())
    run = await desk.dial(bob.extension)
    at_bob = await bob.phone.answered()
    await talk()
    assert await run.order("TRANSFER", Refer_To=f"<sip:{alice.extension}@{desk.registrar}>") == 202
    assert await run.order("HANGUP") == 200
    at_alice = await alice.phone.answered()
    await talk()
    await bob.phone.hang_up()
    row = await calls.ended()
    assert facts(row) == (
        "OUTBOUND", "answered", bob.extension, desk.account.extension, desk.account.user_name, "customer",
    )  # fmt: skip
    await alice.phone.released()
    await bob.phone.released()
    assert (await sound_at(bob.phone, at_bob)).ends_in(ALICE_HZ, LAST_SECONDS)
    assert await heard_by(alice.phone, at_alice) == {BOB_HZ}


async def test_who_is_left_alone_is_released(office: Office, desk: SippPhone, alice: Agent, bob: Agent) -> None:
    """The transfer fails, and who asked for it has gone."""
    calls = await watch(office)
    await alice.phone.behave(Behaviour.declining(after_seconds=1))
    run = await desk.dial(bob.extension)
    await bob.phone.answered()
    await talk()
    assert await run.order("TRANSFER", Refer_To=f"<sip:{alice.extension}@{desk.registrar}>") == 202
    assert await run.order("HANGUP") == 200
    await bob.phone.released()
    row = await calls.ended()
    assert (row["call_status"], row["hangup_by"]) == ("answered", "system")


async def test_a_transfer_from_outside(exchange: Exchange, office: Office, alice: Agent, bob: Agent) -> None:
    """The command line instead of the agent's phone."""
    calls = await watch(office)
    carrier = exchange.lab.carrier
    await carrier.record()
    await alice.phone.dial(CUSTOMER, voice(ALICE_HZ))
    at_customer = await carrier.answered(CUSTOMER)
    call_id = (await calls.connected())["call_id"]
    await talk()
    await exchange.copy.run("calls", "transfer", call_id, "--to", bob.extension, "--tenant", office.name)
    at_bob = await bob.phone.answered()
    await alice.phone.released()
    await talk()
    await carrier.hang_up()
    row = await calls.ended()
    assert facts(row) == ("OUTBOUND", "answered", CUSTOMER, alice.extension, alice.user_name, "customer")
    await bob.phone.released()
    await carrier.released()
    assert await heard_by(bob.phone, at_bob) == {CUSTOMER_HZ}
    assert await heard_by(carrier, at_customer) == {ALICE_HZ, BOB_HZ}


@pytest.mark.parametrize("codec", [ULAW, G722])
async def test_who_stays_hears_the_new_one_whatever_the_codecs(  # noqa: PLR0917 - fixtures
    exchange: Exchange, office: Office, alice: Agent, bob: Agent, desk_account: Account, baresip_program: Program,
    tmp_path: Path, codec: str,
) -> None:  # fmt: skip
    """More than once: Asterisk may take a new speaker's packets for late ones of the old speaker."""
    calls = await watch(office)
    async with softphone(
        exchange, baresip_program, tmp_path / "phone", desk_account, tone_hz=DESK_HZ, codec=codec
    ) as phone:
        await alice.phone.dial(desk_account.extension, voice(ALICE_HZ))
        await phone.until("CALL_ESTABLISHED")
        call_id = (await calls.connected())["call_id"]
        for new, old in ((bob, alice), (alice, bob), (bob, alice)):
            await talk()
            await exchange.copy.run("calls", "transfer", call_id, "--to", new.extension, "--tenant", office.name)
            await old.phone.released()
        await talk()
        await bob.phone.hang_up()
        row = await calls.ended()
        heard = await phone.heard()
    left, right = await recorded_sides(office, row)
    for sound in (heard, left):
        assert sound.seconds_of(ALICE_HZ) >= 2 * (TALK_SECONDS - 0.4)
        assert sound.seconds_of(BOB_HZ) >= 2 * (TALK_SECONDS - 0.4)
    assert right.seconds_of(DESK_HZ) >= 0.8 * right.seconds


async def test_an_attended_transfer_with_baresip(  # noqa: PLR0917 - fixtures
    exchange: Exchange, office: Office, alice: Agent, desk_account: Account, soft: Baresip, desk_number: str
) -> None:
    calls = await watch(office)
    carrier = exchange.lab.carrier
    at_customer = await called_in(exchange, desk_number, soft, calls)
    first = str((await soft.until("CALL_ESTABLISHED"))["id"])
    await soft.do("hold")
    second = await soft.dial(alice.extension)
    at_alice = await alice.phone.answered()
    await soft.until("CALL_ESTABLISHED", second)
    await talk()
    await soft.choose(first)
    await soft.transfer_to(alice.extension, second)
    await soft.until("CALL_CLOSED", first)
    await soft.until("CALL_CLOSED", second)
    await talk()
    await carrier.hang_up()
    consultation, row = await calls.all_ended(2)
    desk = (desk_account.extension, desk_account.user_name)
    assert facts(row) == ("INBOUND", "answered", CALLER, *desk, "customer")
    assert facts(consultation)[:5] == ("OUTBOUND", "answered", alice.extension, *desk)
    await carrier.released()
    await alice.phone.released()
    assert (await sound_at(carrier, at_customer)).ends_in(ALICE_HZ, LAST_SECONDS)
    heard = await sound_at(alice.phone, at_alice)
    assert heard.tones([DESK_HZ, CUSTOMER_HZ]) == {DESK_HZ, CUSTOMER_HZ}
    assert heard.ends_in(CUSTOMER_HZ, LAST_SECONDS)
    left, right = await recorded_sides(office, row)
    assert left.begins_with(DESK_HZ, LAST_SECONDS)
    assert left.ends_in(ALICE_HZ, LAST_SECONDS)
    assert right.ends_in(CUSTOMER_HZ, LAST_SECONDS)
    assert await recorded_tones(office, consultation) == ({DESK_HZ}, {ALICE_HZ})


async def test_an_attended_transfer_with_sipp(office: Office, desk: SippPhone, alice: Agent, bob: Agent) -> None:
    calls = await watch(office)
    first = await desk.dial(bob.extension)
    at_bob = await bob.phone.answered()
    await talk()
    assert await first.order("HOLD") == 200
    second = await desk.dial(alice.extension)
    at_alice = await alice.phone.answered()
    await second.until_told(200)
    await talk()
    to = f"<sip:{alice.extension}@{desk.registrar}?Replaces={second.replaces()}>"
    assert await first.order("TRANSFER", Refer_To=to) == 202
    await first.finished()
    await second.finished()
    await talk()
    await alice.phone.hang_up()
    consultation, row = await calls.all_ended(2)
    who = (desk.account.extension, desk.account.user_name)
    assert facts(row)[:5] == ("OUTBOUND", "answered", bob.extension, *who)
    assert facts(consultation)[:5] == ("OUTBOUND", "answered", alice.extension, *who)
    await alice.phone.released()
    await bob.phone.released()
    assert (await sound_at(bob.phone, at_bob)).ends_in(ALICE_HZ, LAST_SECONDS)
    assert (await sound_at(alice.phone, at_alice)).ends_in(BOB_HZ, LAST_SECONDS)
    told = [each.body.strip() for each in first.received("NOTIFY")]
    assert told[-1] == "SIP/2.0 200 OK"


async def test_an_attended_transfer_to_an_outside_number(
    exchange: Exchange, office: Office, desk: SippPhone, bob: Agent
) -> None:
    calls = await watch(office)
    carrier = exchange.lab.carrier
    await carrier.record()
    first = await desk.dial(bob.extension)
    at_bob = await bob.phone.answered()
    await talk()
    assert await first.order("HOLD") == 200
    second = await desk.dial(CUSTOMER)
    at_customer = await carrier.answered(CUSTOMER)
    await second.until_told(200)
    await talk()
    to = f"<sip:{CUSTOMER}@{desk.registrar}?Replaces={second.replaces()}>"
    assert await first.order("TRANSFER", Refer_To=to) == 202
    await first.finished()
    await second.finished()
    await talk()
    await bob.phone.hang_up()
    consultation, row = await calls.all_ended(2)
    who = (desk.account.extension, desk.account.user_name)
    assert facts(row) == ("OUTBOUND", "answered", bob.extension, *who, "customer")
    assert facts(consultation)[:5] == ("OUTBOUND", "answered", CUSTOMER, *who)
    await bob.phone.released()
    await carrier.released()
    assert (await sound_at(bob.phone, at_bob)).ends_in(CUSTOMER_HZ, LAST_SECONDS)
    assert (await sound_at(carrier, at_customer)).ends_in(BOB_HZ, LAST_SECONDS)
    left, right = await recorded_sides(office, row)
    assert left.ends_in(CUSTOMER_HZ, LAST_SECONDS)
    assert right.ends_in(BOB_HZ, LAST_SECONDS)
