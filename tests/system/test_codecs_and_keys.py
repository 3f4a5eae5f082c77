"""Phones with other codecs than the trunk's, and keys that are pressed in a call."""

import asyncio
from pathlib import Path

import pytest

from cordboard.lab.ledger import LabCall
from cordboard.lab.number_plan import number
from tests.support.baresip import G722, OPUS, ULAW, Baresip
from tests.support.call_watch import facts, watch
from tests.support.exchange import Account, Agent, Exchange, Office, until
from tests.support.programs import Program
from tests.support.sipp import G729
from tests.support.sipp_phone import SippPhone
from tests.support.softphone import softphone
from tests.support.voices import (
    ALICE_HZ,
    CUSTOMER,
    CUSTOMER_HZ,
    DESK_HZ,
    heard_by,
    is_heard_alone,
    recorded_tones,
    sound_at,
    voice,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize("codec", [ULAW, G722, OPUS])
async def test_a_phone_with_one_codec_only_calls_a_customer(  # noqa: PLR0917 - fixtures
    exchange: Exchange, office: Office, desk_account: Account, baresip_program: Program, tmp_path: Path, codec: str
) -> None:
    calls = await watch(office)
    carrier = exchange.lab.carrier
    exchange.lab.ledger.forget()
    await carrier.record()
    async with softphone(
        exchange, baresip_program, tmp_path / "phone", desk_account, tone_hz=DESK_HZ, codec=codec
    ) as phone:
        await phone.dial(CUSTOMER)
        at_customer = await carrier.answered(CUSTOMER)
        await phone.until("CALL_ESTABLISHED")
        await asyncio.sleep(1.5)  # the talk
        await phone.do("hangup")
        await phone.until("CALL_CLOSED")
        heard = await phone.heard()
    row = await calls.ended()
    assert facts(row) == ("OUTBOUND", "answered", CUSTOMER, desk_account.extension, desk_account.user_name, "agent")
    await carrier.released(CUSTOMER)
    assert is_heard_alone(CUSTOMER_HZ, heard)
    assert is_heard_alone(DESK_HZ, await sound_at(carrier, at_customer))
    assert await recorded_tones(office, row) == ({DESK_HZ}, {CUSTOMER_HZ})


@pytest.mark.parametrize("codec", [ULAW, G722, OPUS])
async def test_a_phone_with_one_codec_only_is_called(  # noqa: PLR0917 - fixtures
    exchange: Exchange, office: Office, alice: Agent, desk_account: Account, baresip_program: Program, tmp_path: Path,
    codec: str,
) -> None:  # fmt: skip
    calls = await watch(office)
    async with softphone(
        exchange, baresip_program, tmp_path / "phone", desk_account, tone_hz=DESK_HZ, codec=codec
    ) as phone:
        at_alice = await alice.phone.dial(desk_account.extension, voice(ALICE_HZ))
        await phone.until("CALL_ESTABLISHED")
        await asyncio.sleep(1.5)  # the talk
        await alice.phone.hang_up()
        row = await calls.ended()
        assert is_heard_alone(ALICE_HZ, await phone.heard())
    await alice.phone.released()
    assert await heard_by(alice.phone, at_alice) == {DESK_HZ}
    assert await recorded_tones(office, row) == ({ALICE_HZ}, {DESK_HZ})


@pytest.mark.parametrize("to", ["inside", "outside"])
async def test_without_a_common_codec_there_is_no_call(office: Office, desk: SippPhone, bob: Agent, to: str) -> None:
    calls = await watch(office)
    assert await desk.codes(bob.extension if to == "inside" else CUSTOMER, codec=G729) == (488,)
    await calls.nothing()


async def pressed(phone: Baresip, digits: str) -> None:
    """Wait until these keys were heard."""

    async def look() -> bool:
        return phone.digits == digits

    await until(look)


async def noted(exchange: Exchange, call: LabCall, digits: str) -> None:
    await exchange.lab.ledger.until(lambda: call.digits == digits)


async def test_keys_reach_a_customer_and_come_back(
    exchange: Exchange, office: Office, desk_account: Account, baresip_program: Program, tmp_path: Path
) -> None:
    """As telephone-events (RFC 4733), with a trunk behind which a machine asks for them."""
    calls = await watch(office)
    exchange.lab.ledger.forget()
    customer = number("8001")
    async with softphone(exchange, baresip_program, tmp_path / "phone", desk_account, tone_hz=DESK_HZ) as phone:
        await phone.dial(customer)
        at_customer = await exchange.lab.carrier.answered(customer)
        await phone.until("CALL_ESTABLISHED")
        await phone.send_digits("159#")
        await noted(exchange, at_customer, "159#")
        await exchange.lab.carrier.press("*07")
        await pressed(phone, "*07")
        await phone.do("hangup")
        await calls.ended()


async def test_keys_by_info_reach_a_colleague_and_come_back(
    exchange: Exchange, office: Office, desk: SippPhone, bob: Agent
) -> None:
    """The caller's phone knows no telephone-events: it sends SIP INFO, and gets it (application/dtmf-relay)."""
    calls = await watch(office)
    run = await desk.dial(bob.extension, has_events=False)
    at_bob = await bob.phone.answered()
    await run.until_told(200)
    for digit in "27":
        assert await run.order("DIGIT", X_Digit=digit) == 200
    await noted(exchange, at_bob, "27")
    await bob.phone.press("5")
    asked = await run.until("INFO")
    assert asked.headers["Content-Type"] == "application/dtmf-relay"
    assert "Signal=5" in asked.body.replace(" ", "")
    assert await run.order("HANGUP") == 200
    await calls.ended()
