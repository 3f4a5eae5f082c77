"""The phones that tests use beside the lab's: baresip and SIPp do what they are told, and tell what came."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from cordboard.lab.lab import Lab
from cordboard.lab.number_plan import number, tone_number
from tests.support.baresip import ALAW, G722, OPUS, ULAW, Baresip, BaresipAccount, running_baresip
from tests.support.programs import Program
from tests.support.sipp import G729, Sipp
from tests.support.tones import read_wav

pytestmark = pytest.mark.asyncio(loop_scope="session")

OWN_HZ, OTHER_HZ = 620, 980
ACCOUNT = ("customer", "secret-password")


@pytest_asyncio.fixture(loop_scope="session")
async def carrier(lab: Lab) -> str:
    """The address of the lab's first carrier, where ``ACCOUNT`` may call, and which keeps what it hears."""
    await lab.add_customer(*ACCOUNT)
    await lab.carrier.record()
    return f"{lab.carrier.host}:{lab.carrier.port}"


@contextlib.asynccontextmanager
async def customer(program: Program, folder: Path, registrar: str) -> AsyncIterator[Baresip]:
    account = BaresipAccount(username=ACCOUNT[0], password=ACCOUNT[1], registrar=registrar)
    async with running_baresip(program, folder, account, tone_hz=OWN_HZ) as phone:
        yield phone


@pytest.mark.parametrize("codec", [ALAW, ULAW, G722, OPUS])
async def test_two_baresips_hear_each_other_and_each_others_keys(
    baresip_program: Program, tmp_path: Path, codec: str
) -> None:
    def account(name: str) -> BaresipAccount:
        return BaresipAccount(username=name, registrar="127.0.0.1", is_answering=name == "bob", codecs=(codec,))

    async with (
        running_baresip(baresip_program, tmp_path / "alice", account("alice"), tone_hz=OWN_HZ) as alice,
        running_baresip(baresip_program, tmp_path / "bob", account("bob"), tone_hz=OTHER_HZ) as bob,
    ):
        await alice.do("dial", f"sip:bob@127.0.0.1:{bob.sip_port}")
        await bob.until("CALL_ESTABLISHED")
        await alice.until("CALL_ESTABLISHED")
        await alice.send_digits("12#")
        async with asyncio.timeout(10):
            while bob.digits != "12#":
                await asyncio.sleep(0.02)
        await asyncio.sleep(1)  # the talk
        await bob.do("hangup")
        await alice.until("CALL_CLOSED")
        assert (await alice.heard()).is_tone(OTHER_HZ)
        assert (await bob.heard()).is_tone(OWN_HZ)


async def test_baresip_holds_and_resumes_a_call(
    lab: Lab, carrier: str, baresip_program: Program, tmp_path: Path
) -> None:
    async with customer(baresip_program, tmp_path / "phone", carrier) as phone:
        await phone.dial(number(tone_number(OTHER_HZ)))
        await phone.until("CALL_ESTABLISHED")
        await asyncio.sleep(1)  # the talk
        await phone.do("hold")
        await asyncio.sleep(1)  # the silence
        await phone.do("resume")
        await asyncio.sleep(1)  # the talk
        await phone.do("hangup")
        call = await lab.carrier.released()
        assert (await phone.heard()).tones([OTHER_HZ]) == {OTHER_HZ}
    assert call.ended_at is not None
    assert call.answered_at is not None
    heard = read_wav(await lab.carrier.heard(call))[0].seconds_of(OWN_HZ)
    assert 1.5 <= heard <= call.ended_at - call.answered_at - 0.5


async def test_sipp_holds_resumes_presses_keys_transfers_and_hangs_up(lab: Lab, carrier: str, sipp: Sipp) -> None:
    run = await sipp.dial(number(tone_number(OTHER_HZ)), carrier, ACCOUNT)
    await run.until_told(200)
    assert await run.order("HOLD") == 200
    assert await run.order("DIGIT", X_Digit="7") == 200
    assert await run.order("RESUME") == 200
    assert await run.order("TRANSFER", Refer_To=f"<sip:nobody@{carrier}>") == 202
    await run.until("NOTIFY")
    await asyncio.sleep(0.5)  # the talk
    assert await run.order("HANGUP") == 200
    await run.finished()
    call = await lab.carrier.released()
    assert call.digits == "7"
    assert read_wav(await lab.carrier.heard(call))[0].tones([OTHER_HZ]) == {OTHER_HZ}
    updates = [each for each in run.messages() if each.method == "UPDATE"]
    assert [body.partition("a=send")[2].strip() for body in (each.body for each in updates)] == ["only", "recv"]


async def test_sipp_is_released(lab: Lab, carrier: str, sipp: Sipp) -> None:
    run = await sipp.dial(number("1044"), carrier, ACCOUNT)
    await run.until_told(200)
    await lab.carrier.answered()
    await lab.carrier.hang_up()
    await run.finished()
    assert len(run.received("BYE")) == 1


async def test_sipp_gives_up(carrier: str, sipp: Sipp) -> None:
    run = await sipp.dial(number("7000"), carrier, ACCOUNT)
    await run.until_told(180)
    assert await run.order("GIVEUP") == 200
    await run.finished()
    assert run.codes() == (401, 180, 487)


async def test_sipp_offers_a_codec_that_nobody_has(carrier: str, sipp: Sipp) -> None:
    run = await sipp.dial(number("1044"), carrier, ACCOUNT, codec=G729)
    await run.finished()
    assert run.codes() == (401, 488)


async def test_keys_are_heard_both_ways(lab: Lab, carrier: str, baresip_program: Program, tmp_path: Path) -> None:
    async with customer(baresip_program, tmp_path / "phone", carrier) as phone:
        await phone.dial(number("8000"))
        await phone.until("CALL_ESTABLISHED")
        await phone.send_digits("159")
        await lab.ledger.until(lambda: lab.carrier.calls()[-1].digits == "159")
        await lab.carrier.press("*0#")
        async with asyncio.timeout(10):
            while phone.digits != "*0#":
                await asyncio.sleep(0.02)
