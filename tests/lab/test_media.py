"""What the parties hear: measured at both ends, with Asterisk and with baresip on the other side."""

import asyncio
from pathlib import Path

import pytest

from cordboard.lab.behaviour import ANNOUNCEMENT_HZ, Behaviour
from cordboard.lab.lab import Lab
from cordboard.lab.number_plan import number, tone_number
from cordboard.lab.parties import LabPhone
from tests.support.baresip import BaresipAccount, running_baresip
from tests.support.programs import Program
from tests.support.tones import Sound, read_wav

pytestmark = pytest.mark.asyncio(loop_scope="session")

PHONE_HZ, CARRIER_HZ = 620, 980
BOTH_HZ = (PHONE_HZ, CARRIER_HZ)
TALK = Behaviour(tone_hz=PHONE_HZ).recorded()


async def phone_at_carrier(lab: Lab) -> LabPhone:
    """A phone that calls the carrier directly; there is nobody to register with."""
    await lab.carrier.record()
    return await lab.add_phone("6688-abcdef", "password", lab.carrier.name)


async def heard(party: LabPhone, number_called: str = "") -> Sound:
    (sound,) = read_wav(await party.heard(await party.released(number_called)))
    assert sound.rate == 8000
    return sound


async def talk(seconds: float) -> None:
    """Both sides play their tones for this long: what is measured is made of time."""
    await asyncio.sleep(seconds)


async def test_each_side_hears_the_other_and_nothing_else(lab: Lab) -> None:
    phone = await phone_at_carrier(lab)
    customer = number(tone_number(CARRIER_HZ))
    await phone.dial(customer, TALK)
    await lab.carrier.answered(customer)
    await phone.answered()
    await talk(1.5)
    await lab.carrier.hang_up()

    at_phone, at_carrier = await heard(phone), read_wav(await lab.carrier.heard(await lab.carrier.released()))[0]
    assert at_phone.is_tone(CARRIER_HZ)
    assert at_carrier.is_tone(PHONE_HZ)
    assert min(at_phone.seconds, at_carrier.seconds) >= 1


async def test_a_silent_number_is_silent(lab: Lab) -> None:
    phone = await phone_at_carrier(lab)
    await phone.dial(number("8000"), TALK)
    await lab.carrier.answered()
    await phone.answered()
    await talk(0.5)
    await phone.hang_up()
    assert (await heard(phone)).is_silent


async def test_a_number_speaks_and_hangs_up(lab: Lab) -> None:
    phone = await phone_at_carrier(lab)
    await phone.dial(number("2000"), TALK)
    speech = await heard(phone)
    assert 4 < speech.seconds < 8
    assert not speech.is_silent
    assert not any(speech.is_tone(hz) for hz in (425, *BOTH_HZ))


async def test_who_is_on_hold_hears_nothing_until_it_is_taken_back(lab: Lab) -> None:
    phone = await phone_at_carrier(lab)
    customer = number(tone_number(CARRIER_HZ))
    await phone.dial(customer, TALK)
    await lab.carrier.answered(customer)
    await phone.answered()
    await talk(0.6)
    await lab.carrier.hold()
    await talk(1)
    await lab.carrier.resume()
    await talk(0.6)
    await phone.hang_up()

    sound = await heard(phone)
    assert len(sound.silences(0.6)) == 1
    assert sound.seconds_of(CARRIER_HZ) >= 0.8


async def test_baresip_and_a_number_hear_each_other(lab: Lab, baresip_program: Program, tmp_path: Path) -> None:
    await lab.carrier.record()
    customer = number(tone_number(CARRIER_HZ))
    account = BaresipAccount(username="101", registrar=lab.carrier.name)
    async with running_baresip(baresip_program, tmp_path / "baresip", account, tone_hz=PHONE_HZ) as phone:
        await phone.do("dial", f"sip:{customer}@{lab.carrier.name}")
        await phone.until("CALL_ESTABLISHED")
        await lab.carrier.answered(customer)
        await talk(1)
        await phone.do("hangup")
        await phone.until("CALL_CLOSED")
        at_carrier = read_wav(await lab.carrier.heard(await lab.carrier.released()))[0]
        at_phone = await phone.heard()
    assert at_phone.tones(BOTH_HZ) == {CARRIER_HZ}
    assert at_carrier.tones(BOTH_HZ) == {PHONE_HZ}


async def test_baresip_hears_an_announcement_before_it_is_refused(
    lab: Lab, baresip_program: Program, tmp_path: Path
) -> None:
    account = BaresipAccount(username="101", registrar=lab.carrier.name)
    async with running_baresip(baresip_program, tmp_path / "baresip", account, tone_hz=PHONE_HZ) as phone:
        await phone.do("dial", f"sip:{number('5404')}@{lab.carrier.name}")
        closed = await phone.until("CALL_CLOSED")
        announcement = await phone.heard()
    assert "404" in closed["param"]
    assert announcement.part(0, 1.2).tones(ANNOUNCEMENT_HZ) == set(ANNOUNCEMENT_HZ)
    assert announcement.seconds > 2  # and then somebody says so


async def test_a_caller_of_the_carrier_and_baresip_hear_each_other(
    lab: Lab, baresip_program: Program, tmp_path: Path
) -> None:
    account = BaresipAccount(username="101", registrar="127.0.0.1:9")
    there = Behaviour(tone_hz=CARRIER_HZ).recorded()
    async with running_baresip(baresip_program, tmp_path / "baresip", account, tone_hz=PHONE_HZ) as baresip:
        call = await lab.carrier.dial(
            "101", f"127.0.0.1:{baresip.sip_port}", caller_number="0987654321", behaviour=there
        )
        incoming = await baresip.until("CALL_INCOMING")
        await baresip.do("accept")
        await baresip.until("CALL_ESTABLISHED")
        await talk(1)
        await lab.carrier.hang_up()
        await baresip.until("CALL_CLOSED")
        at_carrier = read_wav(await lab.carrier.heard(await lab.carrier.released()))[0]
        at_baresip = await baresip.heard()
    assert call.is_answered
    assert "0987654321" in incoming["peeruri"]
    assert at_carrier.tones(BOTH_HZ) == {PHONE_HZ}
    assert at_baresip.tones(BOTH_HZ) == {CARRIER_HZ}
