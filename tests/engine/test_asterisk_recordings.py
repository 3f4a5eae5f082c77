"""What is kept of a call that people hear: recorded by the real engine, joined as a worker does."""

from pathlib import Path

import pytest

from cordboard.domain.commands import LeaveBridge, PauseRecording, ResumeRecording, StopRecording
from tests.engine.conversation import AGENT_HZ, CUSTOMER_HZ, Conversation, softphone, talk
from tests.engine.ground import RealGround
from tests.support.baresip import ALAW, G722, OPUS
from tests.support.programs import Program

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize("codec", [ALAW, G722, OPUS])
@pytest.mark.parametrize("is_from_agent", [True, False])
async def test_whatever_a_caller_speaks_is_recorded_as_it_was(
    real: RealGround, baresip_program: Program, tmp_path: Path, codec: str, *, is_from_agent: bool
) -> None:
    async with softphone(real, baresip_program, tmp_path / "phone", codec) as (phone, _):
        call = Conversation(real)
        await call.begin(phone)
        await call.record(call.agent if is_from_agent else call.customer)
        await talk(2)
        left, right = await call.recorded()
    for channel, own, other in ((left, AGENT_HZ, CUSTOMER_HZ), (right, CUSTOMER_HZ, AGENT_HZ)):
        assert 1.9 <= channel.seconds <= 3
        assert channel.seconds_of(own) >= 1.2
        assert channel.tones([other]) == set()


async def test_parts_from_two_legs_with_a_pause_are_one_recording(
    real: RealGround, baresip_program: Program, tmp_path: Path
) -> None:
    """From the agent's leg, then, paused, from the customer's, then talking again."""
    async with softphone(real, baresip_program, tmp_path / "phone", G722) as (phone, _):
        call = Conversation(real)
        await call.begin(phone)
        await call.record(call.agent)
        await talk(1.5)
        await call.do(PauseRecording(leg_id=call.agent))
        await talk(1)
        await call.do(StopRecording(leg_id=call.agent))
        await call.record(call.customer)
        await call.do(PauseRecording(leg_id=call.customer))
        await talk(1)
        await call.do(ResumeRecording(leg_id=call.customer))
        await talk(1.5)
        channels = await call.recorded()
    for channel, own in zip(channels, (AGENT_HZ, CUSTOMER_HZ), strict=True):
        assert 4.8 <= channel.seconds <= 5.7
        ((start, end),) = channel.silences(0.5)
        assert 1.2 <= start <= 1.8
        assert 1.7 <= end - start <= 2.4
        assert channel.part(0.2, 1.2).is_tone(own)
        assert channel.part(end + 0.1, end + 1.1).is_tone(own)


async def test_who_has_left_the_bridge_is_recorded_no_longer(
    real: RealGround, baresip_program: Program, tmp_path: Path
) -> None:
    async with softphone(real, baresip_program, tmp_path / "phone") as (phone, _):
        call = Conversation(real)
        await call.begin(phone)
        await call.record(call.customer)
        await talk(1)
        await call.do(LeaveBridge(bridge_id=call.bridge_id, leg_id=call.agent))
        await talk(1.5)
        left, right = await call.recorded()
    assert left.part(0.2, 0.8).is_tone(AGENT_HZ)
    assert left.part(1.3, 2.2).is_silent
    assert right.part(0.2, 2.2).is_tone(CUSTOMER_HZ)
