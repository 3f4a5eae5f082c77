"""The simulated engine by a clock that is moved by hand."""

from datetime import timedelta

import pytest

from cordboard.domain import ids
from cordboard.domain.clock import ManualClock
from cordboard.domain.commands import CallerId, Dial, HangUp, PlayTone, Side, StartRecording, Target, TargetKind, Tone
from cordboard.domain.leg_events import LegAnswered, LegEnded, LegHungUp, LegProgressed, LegRinging
from cordboard.domain.provisioning import NodeConfiguration
from cordboard.domain.trunk import Trunk
from cordboard.engine.fake import FakeEngine
from cordboard.engine.fake_script import RANG_OUT, SILENCE, SILENCE_SECONDS, Script
from cordboard.engine.port import EngineAway, EngineConnected, EngineDisconnected

NUMBER = "+84987654321"
TARGET = Target(kind=TargetKind.TRUNK, address=NUMBER, trunk_id=1)
LEG = ids.leg_id(ids.new_call_id(), 1)
DIAL = Dial(leg_id=LEG, target=TARGET, caller=CallerId(number="1"), ring_seconds=30)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def engine(clock: ManualClock) -> FakeEngine:
    engine = FakeEngine(clock)
    engine.connect()
    trunk = Trunk(id=1, tenant_id=1, name="one", host="carrier.invalid")
    await engine.provision(NodeConfiguration(revision=1, trunks=(trunk,)))
    assert [type(event) for event in engine.drain()] == [EngineConnected]
    return engine


async def test_events_carry_the_instant_they_were_due(engine: FakeEngine, clock: ManualClock) -> None:
    start = clock.now()
    engine.network.script(NUMBER, Script.answering(after_seconds=3, talk_seconds=10))
    await engine.execute(DIAL)
    clock.move(60)
    seen = [(type(event), event.at - start) for event in engine.drain()]
    seconds = [timedelta(seconds=count) for count in (0, 3, 13, 13)]
    assert seen == list(zip([LegRinging, LegAnswered, LegHungUp, LegEnded], seconds, strict=True))


async def test_nothing_happens_before_it_is_due(engine: FakeEngine, clock: ManualClock) -> None:
    engine.network.script(NUMBER, Script.answering(after_seconds=3))
    await engine.execute(DIAL)
    clock.move(2.9)
    assert [type(event) for event in engine.drain()] == [LegRinging]
    clock.move(0.1)
    assert [type(event) for event in engine.drain()] == [LegAnswered]
    assert engine.drain() == []


async def test_a_leg_that_was_hung_up_says_no_more(engine: FakeEngine, clock: ManualClock) -> None:
    await engine.execute(DIAL)
    await engine.execute(HangUp(leg_id=LEG))
    clock.move(100)
    assert [type(event) for event in engine.drain()] == [LegEnded]


@pytest.mark.parametrize(
    ("script", "seconds", "cause"),
    [(Script.silent(), SILENCE_SECONDS, SILENCE), (Script.ringing_out(), 30, RANG_OUT)],
)
async def test_who_never_answers(
    engine: FakeEngine, clock: ManualClock, script: Script, seconds: float, cause: object
) -> None:
    start = clock.now()
    engine.network.script(NUMBER, script)
    await engine.execute(DIAL)
    clock.move(100)
    *_, ended = engine.drain()
    assert isinstance(ended, LegEnded)
    assert (ended.at - start, ended.cause) == (timedelta(seconds=seconds), cause)


async def test_an_announcement_comes_before_the_refusal(engine: FakeEngine, clock: ManualClock) -> None:
    engine.network.script(NUMBER, Script.announcing(404))
    await engine.execute(DIAL)
    clock.move(10)
    assert [type(event) for event in engine.drain()] == [LegProgressed, LegEnded]


async def test_tests_can_see_what_a_leg_hears_and_what_is_recorded(engine: FakeEngine, clock: ManualClock) -> None:
    engine.network.script(NUMBER, Script())
    await engine.execute(DIAL)
    clock.move(1)
    engine.drain()
    await engine.execute(PlayTone(leg_id=LEG, tone=Tone.BUSY))
    record = StartRecording(leg_id=LEG, name="x.mp3", part=1, side=Side.LEFT)
    await engine.execute(record)
    leg = engine.network.legs[LEG]
    assert (leg.tones, leg.recording, leg.is_paused) == ({Tone.BUSY}, record, False)
    assert [type(command) for command in engine.executed] == [Dial, PlayTone, StartRecording]


async def test_what_happens_while_it_is_cut_is_not_told(engine: FakeEngine, clock: ManualClock) -> None:
    engine.network.script(NUMBER, Script.answering(after_seconds=1))
    await engine.execute(DIAL)
    engine.cut()
    with pytest.raises(EngineAway):
        await engine.execute(HangUp(leg_id=LEG))
    clock.move(5)
    engine.fire_due()
    engine.connect()
    assert [type(event) for event in engine.drain()] == [LegRinging, EngineDisconnected, EngineConnected]
    assert (await engine.snapshot()).legs[LEG].is_answered
