"""What a softphone and a customer hear of each other, and what the real engine makes of what they do."""

import asyncio
from pathlib import Path

import pytest

from cordboard.domain.arrival import TransferAsked
from cordboard.domain.commands import (
    Answer,
    HangUp,
    HangUpReason,
    OpenAudio,
    ReportTransfer,
    TransferState,
)
from cordboard.domain.leg_events import LegAnswered, LegHeld, LegProgressed, LegResumed
from cordboard.lab import number_plan
from cordboard.lab.behaviour import ANNOUNCEMENT_HZ
from tests.engine.callers import SippCaller
from tests.engine.conversation import AGENT_HZ, CUSTOMER_HZ, Conversation, softphone, talk
from tests.engine.ground import WAIT_SECONDS, RealGround, dialled
from tests.support.baresip import Baresip
from tests.support.programs import Program
from tests.support.tones import read_wav

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def pressed(phone: Baresip, digits: str) -> None:
    """Wait until the phone has heard these keys."""
    async with asyncio.timeout(WAIT_SECONDS):
        while phone.digits != digits:
            await asyncio.sleep(0.02)


async def test_a_caller_hears_an_announcement_and_is_then_told_why(
    real: RealGround, baresip_program: Program, tmp_path: Path
) -> None:
    async with softphone(real, baresip_program, tmp_path / "phone") as (phone, _):
        call = Conversation(real)
        await call.call(phone, "5404")
        await real.witness.leg(LegProgressed, call.customer)
        await call.do(OpenAudio(leg_id=call.agent))
        await real.witness.ended(call.customer)
        await call.do(HangUp(leg_id=call.agent, reason=HangUpReason.UNKNOWN_NUMBER))
        closed = await phone.until("CALL_CLOSED")
        heard = await phone.heard()
    assert "404" in closed["param"]
    assert heard.part(0, 1.2).tones(ANNOUNCEMENT_HZ) == set(ANNOUNCEMENT_HZ)


async def test_whoever_is_held_hears_music_until_it_is_taken_back(
    real: RealGround, baresip_program: Program, tmp_path: Path
) -> None:
    await real.lab.carrier.record()
    number = number_plan.number(number_plan.tone_number(CUSTOMER_HZ))
    async with softphone(real, baresip_program, tmp_path / "phone") as (phone, _):
        call = Conversation(real)
        await call.begin(phone)
        await talk(1)
        await phone.do("hold")
        await real.witness.leg(LegHeld, call.agent)
        await talk(3)  # some pieces begin with a second of silence
        await phone.do("resume")
        await real.witness.leg(LegResumed, call.agent)
        await talk(1)
        await call.end()
        heard = read_wav(await real.lab.carrier.heard(await real.lab.carrier.released(number)))[0]
    await real.lab.carrier.record(is_recorded=False)
    assert heard.part(0.2, 0.8).is_tone(AGENT_HZ)
    assert heard.part(-0.8, -0.2).is_tone(AGENT_HZ)
    middle = heard.part(1.5, 3.5)
    assert not middle.is_silent
    assert not middle.is_tone(AGENT_HZ)


async def test_keys_are_heard_both_ways(real: RealGround, baresip_program: Program, tmp_path: Path) -> None:
    number = number_plan.number(number_plan.tone_number(CUSTOMER_HZ))
    async with softphone(real, baresip_program, tmp_path / "phone") as (phone, _):
        call = Conversation(real)
        await call.begin(phone)
        await phone.send_digits("159#")
        await real.lab.ledger.until(lambda: real.lab.carrier.calls(number)[-1].digits == "159#")
        await real.lab.carrier.press("*0")
        await pressed(phone, "*0")
        await call.end()


async def test_keys_told_by_info_are_heard(real: RealGround) -> None:
    number = number_plan.number(number_plan.tone_number(CUSTOMER_HZ), is_international=True)
    caller = await real.call_from(await real.add_phone(is_registered=False), number)
    call = Conversation(real)
    await call.reach(caller.leg_id, number_plan.tone_number(CUSTOMER_HZ))
    await real.witness.leg(LegAnswered, call.customer)
    await call.do(Answer(leg_id=caller.leg_id))
    await caller.until_told(200)
    await talk(0.5)  # a key that is pressed in the very moment of the answer is lost
    assert isinstance(caller, SippCaller)
    assert await caller.run.order("DIGIT", X_Digit="7") == 200
    await real.lab.ledger.until(lambda: real.lab.carrier.calls(number)[-1].digits == "7")
    await call.end()


async def test_a_phone_that_was_called_asks_for_a_transfer(
    real: RealGround, baresip_program: Program, tmp_path: Path
) -> None:
    async with softphone(real, baresip_program, tmp_path / "phone", is_answering=True) as (phone, target):
        leg_id = await dialled(real, target)
        await real.witness.leg(LegAnswered, leg_id)
        await phone.until("CALL_ESTABLISHED")
        await phone.transfer("6689")
        asked = await real.witness.leg(TransferAsked, leg_id)
        assert (asked.number, asked.other_leg_id) == ("6689", "")
        await real.engine.execute(ReportTransfer(leg_id=leg_id, state=TransferState.ANSWERED))
        await real.engine.execute(HangUp(leg_id=leg_id))
        await phone.until("CALL_CLOSED")
        await real.witness.ended(leg_id)
