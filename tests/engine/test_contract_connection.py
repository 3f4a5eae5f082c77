"""What every engine promises about its connection: what is lost, what is not, and how one finds out."""

import pytest

from cordboard.domain import ids
from cordboard.domain.commands import CreateBridge, HangUp, Side, StartRecording
from cordboard.domain.leg_events import LegAnswered, LegEnded, LegHungUp
from cordboard.domain.provisioning import NodeConfiguration
from cordboard.engine.fake_script import Script
from cordboard.engine.port import EngineAway, EngineConnected, EngineDisconnected, EngineRefused
from tests.engine.conftest import provisioned
from tests.engine.ground import Ground, connected, dial, dialled

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_call_outlives_the_connection(ground: Ground) -> None:
    target = await ground.add_phone(Script())
    leg_id = await dialled(ground, target)
    await ground.witness.leg(LegAnswered, leg_id)
    before = await connected(ground)
    since = len(ground.witness.events)
    await ground.cut()
    await ground.witness.until(EngineDisconnected, since=since)
    await _everything_is_away(ground, leg_id)
    await ground.mend()
    after = await connected(ground, since=since)
    assert after.startup_time == _last_startup_time(ground, before)
    assert (await ground.engine.snapshot()).legs[leg_id].is_answered
    await ground.hang_up(target, leg_id)
    await ground.witness.ended(leg_id)
    assert ground.witness.told(leg_id)[-2:] == [LegHungUp, LegEnded]


async def test_what_happens_while_it_is_cut_shows_in_the_snapshot_only(ground: Ground) -> None:
    target = await ground.add_phone(Script())
    leg_id = await dialled(ground, target)
    await ground.witness.leg(LegAnswered, leg_id)
    since = len(ground.witness.events)
    await ground.cut()
    await ground.witness.until(EngineDisconnected, since=since)
    await ground.hang_up(target, leg_id)
    await ground.mend()
    await connected(ground, since=since)

    async def is_gone() -> bool:
        return leg_id not in (await ground.engine.snapshot()).legs

    await ground.witness.until_true(is_gone)


async def test_a_restarted_engine_knows_nobody_until_it_is_told_again(ground: Ground) -> None:
    target = await ground.add_phone(Script())
    leg_id = await dialled(ground, target, is_bridged=True)
    await ground.witness.leg(LegAnswered, leg_id)
    before = _last_startup_time(ground, await connected(ground))
    since = len(ground.witness.events)
    await ground.restart()
    after = await connected(ground, since=since)
    assert after.startup_time != before
    connection = [
        each for each in ground.witness.events[since:] if isinstance(each, EngineDisconnected | EngineConnected)
    ]
    assert [type(each) for each in connection] == [EngineDisconnected, EngineConnected]
    snapshot = await ground.engine.snapshot()
    assert not snapshot.legs
    assert not snapshot.bridges
    with pytest.raises(EngineRefused) as refused:
        await dialled(ground, target)
    assert refused.value.is_unreachable
    await ground.engine.forget_provisioning()
    await provisioned(ground)
    # The phone has not registered again: Asterisk kept its contact.
    again = await dialled(ground, target)
    await ground.witness.leg(LegAnswered, again)
    await ground.engine.execute(
        StartRecording(leg_id=again, name=ids.new_recording_name(ids.new_call_id()), part=1, side=Side.LEFT)
    )
    await ground.engine.execute(HangUp(leg_id=again))


async def _everything_is_away(ground: Ground, leg_id: str) -> None:
    engine = ground.engine
    bridge = CreateBridge(bridge_id=ids.bridge_id(ids.new_call_id()))
    for attempt in (
        engine.execute(HangUp(leg_id=leg_id)),
        engine.execute(bridge),
        engine.execute(dial(ground.number(Script()))),
        engine.snapshot(),
        engine.registrations(),
        engine.provision(NodeConfiguration(revision=1)),
    ):
        with pytest.raises(EngineAway):
            await attempt


def _last_startup_time(ground: Ground, first: EngineConnected) -> str:
    connections = [event for event in ground.witness.events if isinstance(event, EngineConnected)]
    return (connections or [first])[-1].startup_time
