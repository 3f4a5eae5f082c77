"""What is heard and what is recorded, measured in tones: the real engine between two parties of the lab."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from cordboard.domain import ids
from cordboard.domain.commands import (
    CallerId,
    CreateBridge,
    Dial,
    HangUp,
    JoinBridge,
    LeaveBridge,
    PauseRecording,
    PlayTone,
    ResumeRecording,
    Side,
    StartRecording,
    StopTone,
    Target,
    TargetKind,
    Tone,
)
from cordboard.domain.leg_events import LegAnswered, LegProgressed, LegRinging
from cordboard.domain.recording import raw_name
from cordboard.lab import number_plan
from cordboard.lab.behaviour import ANNOUNCEMENT_HZ, Behaviour
from cordboard.lab.parties import LabPhone
from tests.engine.ground import TRUNK_ID, WAIT_SECONDS, RealGround
from tests.support.tones import Sound, read_wav, split

pytestmark = pytest.mark.asyncio(loop_scope="session")

AGENT_HZ = 600
CUSTOMER_HZ = 1000
TONE_HZ = 425  # in the default zone, for all three
PATIENT = Behaviour(tone_hz=AGENT_HZ, is_recorded=True)


@dataclass(slots=True, kw_only=True)
class Talk:
    """An agent in a bridge, and whoever is dialled into it."""

    real: RealGround
    phone: LabPhone
    agent: str
    bridge_id: str
    dialled: int = 1

    async def dial(self, ending: str) -> str:
        """Dial a number of the lab's plan into the bridge."""
        self.dialled += 1
        call_id = ids.call_id_of(self.agent)
        assert call_id is not None
        leg_id = ids.leg_id(call_id, self.dialled)
        number = number_plan.number(ending, is_international=True)
        await self.real.engine.execute(
            Dial(
                leg_id=leg_id,
                target=Target(kind=TargetKind.TRUNK, address=number, trunk_id=TRUNK_ID),
                caller=CallerId(number="+8428"),
                ring_seconds=20,
                bridge_id=self.bridge_id,
            )
        )
        return leg_id

    async def heard(self) -> Sound:
        """All that the agent heard."""
        await self.real.engine.execute(HangUp(leg_id=self.agent))
        call = await self.phone.released()
        return read_wav(call.heard)[0]


@asynccontextmanager
async def talking(real: RealGround, behaviour: Behaviour = PATIENT, *, is_bridged: bool = True) -> AsyncIterator[Talk]:
    """An agent who has answered."""
    call_id = ids.new_call_id()
    agent, bridge_id = ids.leg_id(call_id, 1), ids.bridge_id(call_id)
    target = await real.add_lab_phone(behaviour)
    await real.engine.execute(Dial(leg_id=agent, target=target, caller=CallerId(number="0912345678"), ring_seconds=20))
    await real.witness.leg(LegAnswered, agent)
    await real.engine.execute(CreateBridge(bridge_id=bridge_id))
    if is_bridged:
        await real.engine.execute(JoinBridge(bridge_id=bridge_id, leg_id=agent))
    talk = Talk(real=real, phone=real.lab.phones[target.address], agent=agent, bridge_id=bridge_id)
    try:
        yield talk
    finally:
        for ordinal in range(1, talk.dialled + 1):
            await real.engine.execute(HangUp(leg_id=ids.leg_id(call_id, ordinal)))


async def listen(seconds: float) -> None:
    """Let the parties hear for so long."""
    await asyncio.sleep(seconds)


@pytest.mark.parametrize("tone", [Tone.RINGBACK, Tone.BUSY, Tone.UNAVAILABLE])
@pytest.mark.parametrize("is_bridged", [False, True])
async def test_a_tone_is_heard_until_it_is_stopped(real: RealGround, tone: Tone, *, is_bridged: bool) -> None:
    async with talking(real, is_bridged=is_bridged) as talk:
        await real.engine.execute(PlayTone(leg_id=talk.agent, tone=tone))
        await listen(0.6)
        await real.engine.execute(StopTone(leg_id=talk.agent, tone=tone))
        await listen(0.6)
        await real.engine.execute(PlayTone(leg_id=talk.agent, tone=tone))
        await listen(0.2)
        await real.engine.execute(StopTone(leg_id=talk.agent, tone=tone))
        heard = await talk.heard()
    assert heard.tones([TONE_HZ, AGENT_HZ, CUSTOMER_HZ]) == {TONE_HZ}
    assert 0.1 <= heard.seconds_of(TONE_HZ) <= 1.2
    assert any(end - start >= 0.4 for start, end in heard.silences())


@pytest.mark.parametrize("is_bridged", [False, True])
async def test_music_is_heard_until_it_is_stopped(real: RealGround, *, is_bridged: bool) -> None:
    async with talking(real, is_bridged=is_bridged) as talk:
        await real.engine.execute(PlayTone(leg_id=talk.agent, tone=Tone.MUSIC))
        await listen(3)  # some pieces begin with a second of silence
        await real.engine.execute(StopTone(leg_id=talk.agent, tone=Tone.MUSIC))
        customer = await talk.dial(number_plan.tone_number(CUSTOMER_HZ))
        await real.witness.leg(LegAnswered, customer)
        if not is_bridged:
            await real.engine.execute(JoinBridge(bridge_id=talk.bridge_id, leg_id=talk.agent))
        await listen(1)
        await real.engine.execute(HangUp(leg_id=customer))
        await real.witness.ended(customer)
        heard = await talk.heard()
    assert not heard.part(0.5, 2.5).is_silent
    assert not heard.part(0.5, 2.5).is_tone(TONE_HZ)
    assert heard.seconds_of(CUSTOMER_HZ) >= 0.7


async def test_who_is_left_alone_in_the_bridge_hears_music(real: RealGround) -> None:
    """As a held customer does: the agent's leg has left."""
    async with talking(real) as talk:
        customer = await talk.dial(number_plan.tone_number(CUSTOMER_HZ))
        await real.witness.leg(LegAnswered, customer)
        await real.engine.execute(LeaveBridge(bridge_id=talk.bridge_id, leg_id=customer))
        await real.engine.execute(PlayTone(leg_id=talk.agent, tone=Tone.MUSIC))
        await listen(3)
        await real.engine.execute(StopTone(leg_id=talk.agent, tone=Tone.MUSIC))
        await real.engine.execute(JoinBridge(bridge_id=talk.bridge_id, leg_id=customer))
        await listen(1.5)
        heard = await talk.heard()
    assert heard.part(-0.8).is_tone(CUSTOMER_HZ)
    assert not heard.part(0.8, 2.8).is_silent
    assert not heard.part(0.8, 2.8).is_tone(CUSTOMER_HZ)


async def test_ringback_gives_way_to_early_media(real: RealGround) -> None:
    async with talking(real) as talk:
        await real.engine.execute(PlayTone(leg_id=talk.agent, tone=Tone.RINGBACK))
        customer = await talk.dial("5404")
        await real.witness.leg(LegProgressed, customer)
        await real.witness.ended(customer)
        heard = await talk.heard()
    assert heard.tones(ANNOUNCEMENT_HZ) == set(ANNOUNCEMENT_HZ)


async def test_ringback_ends_with_the_answer(real: RealGround) -> None:
    async with talking(real) as talk:
        customer = await talk.dial("3003")
        await real.witness.leg(LegRinging, customer)
        await real.engine.execute(PlayTone(leg_id=talk.agent, tone=Tone.RINGBACK))
        await real.witness.leg(LegAnswered, customer)
        await real.engine.execute(StopTone(leg_id=talk.agent, tone=Tone.RINGBACK))
        await real.witness.ended(customer)
        heard = await talk.heard()
    # Rung for a second, then the customer's own tone, which is 425 Hz as well but has no pause.
    assert heard.seconds_of(TONE_HZ) >= 3


async def test_no_ringback_is_left_when_the_ringing_customer_refuses(real: RealGround) -> None:
    """Asterisk goes on ringing in the ear of whoever waits; stopping our tone stops that, too."""
    async with talking(real) as talk:
        customer = await talk.dial("6486")
        await real.witness.leg(LegRinging, customer)
        await real.engine.execute(PlayTone(leg_id=talk.agent, tone=Tone.RINGBACK))
        await real.witness.ended(customer)
        await real.engine.execute(StopTone(leg_id=talk.agent, tone=Tone.RINGBACK))
        await listen(5.5)  # the tone comes once in 5 s
        heard = await talk.heard()
    assert 0.7 <= heard.seconds_of(TONE_HZ) <= 1.2


async def test_both_hear_each_other(real: RealGround) -> None:
    await real.lab.carrier.record()
    async with talking(real) as talk:
        customer = await talk.dial(number_plan.tone_number(CUSTOMER_HZ))
        await real.witness.leg(LegAnswered, customer)
        await listen(1.5)
        heard_by_agent = await talk.heard()
        await real.engine.execute(HangUp(leg_id=customer))
        call = await real.lab.carrier.released(number_plan.number(number_plan.tone_number(CUSTOMER_HZ)))
    await real.lab.carrier.record(is_recorded=False)
    heard_by_customer = read_wav(call.heard)[0]
    assert heard_by_agent.seconds_of(CUSTOMER_HZ) > 1
    assert heard_by_agent.tones([AGENT_HZ, TONE_HZ]) == set()
    assert heard_by_customer.seconds_of(AGENT_HZ) > 1
    assert heard_by_customer.tones([CUSTOMER_HZ, TONE_HZ]) == set()


async def recorded(real: RealGround, talk: Talk, *, pause: bool) -> tuple[Sound, Sound]:
    """What is recorded, from the customer's leg, of a customer who talks with the agent: the agent, the customer."""
    customer = await talk.dial(number_plan.tone_number(CUSTOMER_HZ))
    await real.witness.leg(LegAnswered, customer)
    name = ids.new_recording_name(ids.new_call_id())
    record = StartRecording(leg_id=customer, name=name, part=1, side=Side.RIGHT)
    await real.engine.execute(record)
    await real.engine.execute(record)
    await listen(1)
    if pause:
        await real.engine.execute(PauseRecording(leg_id=customer))
        await listen(1)
        await real.engine.execute(ResumeRecording(leg_id=customer))
        await listen(1)
    await real.engine.execute(HangUp(leg_id=customer))
    await real.witness.ended(customer)
    return await written(real, name, 1)


async def written(real: RealGround, name: str, part: int) -> tuple[Sound, Sound]:
    """A part of a recording, once it is written no more: left, right."""
    files = [real.node.settings.raw_recordings / raw_name(name, part, side) for side in (Side.LEFT, Side.RIGHT)]
    async with asyncio.timeout(WAIT_SECONDS):
        sizes: list[int] = []
        while sizes != (sizes := [file.stat().st_size for file in files]):  # until they grow no more
            await asyncio.sleep(0.1)
    left, right = (split(file.read_bytes(), 8000, 1)[0] for file in files)
    return left, right


async def test_the_agent_is_left_and_the_customer_right(real: RealGround) -> None:
    async with talking(real) as talk:
        left, right = await recorded(real, talk, pause=False)
    for channel, own, other in ((left, AGENT_HZ, CUSTOMER_HZ), (right, CUSTOMER_HZ, AGENT_HZ)):
        assert 0.9 <= channel.seconds <= 1.4
        assert channel.seconds_of(own) >= 0.5  # on a busy machine its first packets come late
        assert channel.tones([other]) == set()


async def test_a_pause_is_silence_of_its_length(real: RealGround) -> None:
    async with talking(real) as talk:
        channels = await recorded(real, talk, pause=True)
    for channel, own in zip(channels, (AGENT_HZ, CUSTOMER_HZ), strict=True):
        assert 2.9 <= channel.seconds <= 3.6
        ((start, end),) = channel.silences(at_least_seconds=0.5)
        assert 0.8 <= start <= 1.2
        assert 0.8 <= end - start <= 1.2
        assert channel.part(end + 0.1).is_tone(own)
