"""What every engine promises: one suite on the real one and the simulated one."""

from datetime import UTC, datetime, timedelta

import pytest

from cordboard.domain import ids
from cordboard.domain.cause import is_trunk_failure, sip_code
from cordboard.domain.commands import (
    Command,
    CreateBridge,
    DestroyBridge,
    HangUp,
    HangUpReason,
    JoinBridge,
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
from cordboard.domain.leg_events import (
    LegAnswered,
    LegEnded,
    LegHeld,
    LegHungUp,
    LegProgressed,
    LegResumed,
    LegRinging,
)
from cordboard.domain.provisioning import NodeConfiguration
from cordboard.domain.registration import Registration
from cordboard.engine.fake_script import Script
from cordboard.engine.port import EngineRefused
from tests.engine.ground import TRUNK_ID, Ground, dial, dialled

pytestmark = pytest.mark.asyncio(loop_scope="session")

NOBODY = Target(kind=TargetKind.PHONE, address="999-nobody")
NO_TRUNK = Target(kind=TargetKind.TRUNK, address="+84987651000", trunk_id=99)
UNKNOWN_LEG = ids.leg_id(ids.new_call_id(), 1)
UNKNOWN_BRIDGE = ids.bridge_id(ids.new_call_id())
ALL_TONES = tuple(Tone)


async def test_a_phone_rings_and_answers(ground: Ground) -> None:
    started_at = datetime.now(UTC)
    leg_id = await dialled(ground, await ground.add_phone(Script.answering(after_seconds=1)))
    ringing = await ground.witness.leg(LegRinging, leg_id)
    answered = await ground.witness.leg(LegAnswered, leg_id)
    assert ringing.at.tzinfo is UTC
    assert started_at - timedelta(seconds=1) <= ringing.at <= answered.at
    assert timedelta(seconds=0.9) < answered.at - ringing.at < timedelta(seconds=3)
    await ground.engine.execute(HangUp(leg_id=leg_id))
    await ground.witness.ended(leg_id)
    assert ground.witness.told(leg_id) == [LegRinging, LegAnswered, LegEnded]


async def test_a_number_answers_in_the_bridge_that_it_was_dialled_into(ground: Ground) -> None:
    leg_id = await dialled(ground, ground.number(Script.answering(after_seconds=1)), is_bridged=True)
    await ground.witness.leg(LegAnswered, leg_id)
    snapshot = await ground.engine.snapshot()
    call_id = ids.call_id_of(leg_id)
    assert call_id is not None
    assert snapshot.bridges[ids.bridge_id(call_id)] == {leg_id}
    assert snapshot.legs[leg_id].is_answered
    await ground.engine.execute(HangUp(leg_id=leg_id))
    await ground.witness.ended(leg_id)
    assert ground.witness.told(leg_id) == [LegRinging, LegAnswered, LegEnded]


@pytest.mark.parametrize("code", [403, 404, 408, 480, 486, 488, 500, 503, 600, 603])
@pytest.mark.parametrize("is_bridged", [False, True])
async def test_a_refusal_keeps_its_sip_code(ground: Ground, code: int, *, is_bridged: bool) -> None:
    leg_id = await dialled(ground, ground.number(Script.rejecting(code)), is_bridged=is_bridged)
    cause = await ground.witness.ended(leg_id)
    assert cause.sip == code
    assert ground.witness.told(leg_id) == [LegEnded]


async def test_a_refusal_has_one_q850_cause_on_both_engines(real: Ground, fake: Ground) -> None:
    for code in (403, 404, 408, 410, 480, 484, 486, 488, 500, 502, 503, 600, 603, 604):
        script = Script.rejecting(code)
        causes = [await ground.witness.ended(await dialled(ground, ground.number(script))) for ground in (real, fake)]
        assert causes[0] == causes[1]


async def test_a_phone_declines_while_it_rings(ground: Ground) -> None:
    leg_id = await dialled(ground, await ground.add_phone(Script.rejecting(603, after_seconds=1)))
    cause = await ground.witness.ended(leg_id)
    assert cause.sip == 603
    assert ground.witness.told(leg_id) == [LegRinging, LegEnded]


@pytest.mark.parametrize("is_bridged", [False, True])
async def test_the_engine_gives_up_after_its_ring_seconds(ground: Ground, *, is_bridged: bool) -> None:
    leg_id = await dialled(ground, ground.number(Script.ringing_out()), ring_seconds=2, is_bridged=is_bridged)
    cause = await ground.witness.ended(leg_id)
    assert sip_code(cause) == 480
    assert ground.witness.told(leg_id) == [LegRinging, LegEnded]


@pytest.mark.parametrize("is_bridged", [False, True])
async def test_a_trunk_that_answers_nothing_fails_soon(ground: Ground, *, is_bridged: bool) -> None:
    leg_id = await dialled(ground, ground.number(Script.silent()), is_bridged=is_bridged)
    dialled_at = datetime.now(UTC)
    ended = await ground.witness.leg(LegEnded, leg_id)
    assert is_trunk_failure(ended.cause, has_progressed=False)
    assert timedelta(seconds=5) < ended.at - dialled_at < timedelta(seconds=8)
    assert ground.witness.told(leg_id) == [LegEnded]


async def test_early_media_is_progress_and_no_ringing(ground: Ground) -> None:
    leg_id = await dialled(ground, ground.number(Script.announcing(404)), is_bridged=True)
    await ground.witness.leg(LegProgressed, leg_id)
    assert (await ground.witness.ended(leg_id)).sip == 404
    assert ground.witness.told(leg_id) == [LegProgressed, LegEnded]


@pytest.mark.parametrize("is_bridged", [False, True])
async def test_we_hang_up_a_ringing_leg(ground: Ground, *, is_bridged: bool) -> None:
    leg_id = await dialled(ground, ground.number(Script.ringing_out()), is_bridged=is_bridged)
    await ground.witness.leg(LegRinging, leg_id)
    await ground.engine.execute(HangUp(leg_id=leg_id))
    await ground.witness.ended(leg_id)
    assert ground.witness.told(leg_id) == [LegRinging, LegEnded]


@pytest.mark.parametrize("reason", list(HangUpReason))
async def test_we_hang_up_with_a_reason(real: Ground, fake: Ground, reason: HangUpReason) -> None:
    causes = []
    for ground in (real, fake):
        leg_id = await dialled(ground, ground.number(Script()))
        await ground.witness.leg(LegAnswered, leg_id)
        await ground.engine.execute(HangUp(leg_id=leg_id, reason=reason))
        causes.append((await ground.witness.ended(leg_id)).q850)
        assert LegHungUp not in ground.witness.told(leg_id)
    assert causes[0] == causes[1]


async def test_the_far_end_hangs_up(ground: Ground) -> None:
    target = await ground.add_phone()
    leg_id = await dialled(ground, target)
    await ground.witness.leg(LegAnswered, leg_id)
    await ground.hang_up(target, leg_id)
    await ground.witness.ended(leg_id)
    assert ground.witness.told(leg_id) == [LegRinging, LegAnswered, LegHungUp, LegEnded]


async def test_the_far_end_hangs_up_in_the_bridge_of_two(ground: Ground) -> None:
    phone = await ground.add_phone(Script())
    agent = await dialled(ground, phone)
    await ground.witness.leg(LegAnswered, agent)
    customer = await dialled(ground, ground.number(Script.answering(talk_seconds=1)), is_bridged=True)
    call_id = ids.call_id_of(customer)
    assert call_id is not None
    await ground.engine.execute(JoinBridge(bridge_id=ids.bridge_id(call_id), leg_id=agent))
    await ground.witness.ended(customer)
    assert ground.witness.told(customer) == [LegRinging, LegAnswered, LegHungUp, LegEnded]
    assert (await ground.engine.snapshot()).legs[agent].is_answered
    await ground.engine.execute(HangUp(leg_id=agent))
    await ground.witness.ended(agent)


async def test_hold(ground: Ground) -> None:
    target = await ground.add_phone(Script())
    leg_id = await dialled(ground, target, is_bridged=True)
    await ground.witness.leg(LegAnswered, leg_id)
    await ground.hold(target, leg_id)
    held = await ground.witness.leg(LegHeld, leg_id)
    await ground.hold(target, leg_id, is_held=False)
    resumed = await ground.witness.leg(LegResumed, leg_id)
    assert held.at <= resumed.at
    await ground.engine.execute(HangUp(leg_id=leg_id))


@pytest.mark.parametrize("is_bridged", [False, True])
async def test_a_repeated_dial_is_done_already(ground: Ground, *, is_bridged: bool) -> None:
    target = await ground.add_phone()
    call_id = ids.new_call_id()
    command = dial(target, ids.leg_id(call_id, 1), bridge_id=ids.bridge_id(call_id) if is_bridged else None)
    await ground.engine.execute(CreateBridge(bridge_id=ids.bridge_id(call_id)))
    await ground.engine.execute(command)
    await ground.engine.execute(command)
    await ground.witness.leg(LegAnswered, command.leg_id)
    await ground.engine.execute(command)
    await ground.engine.execute(HangUp(leg_id=command.leg_id))
    await ground.witness.ended(command.leg_id)
    assert ground.witness.told(command.leg_id) == [LegRinging, LegAnswered, LegEnded]
    assert ground.calls(target) == 1


@pytest.mark.parametrize("is_bridged", [False, True])
async def test_nobody_to_dial(ground: Ground, *, is_bridged: bool) -> None:
    """Also right after a duplicate id, which confuses Asterisk's answers."""
    leg_id = await dialled(ground, ground.number(Script()))
    await ground.engine.execute(dial(ground.number(Script()), leg_id))
    for target in (await ground.add_phone(is_registered=False), NOBODY, NO_TRUNK):
        with pytest.raises(EngineRefused) as refused:
            await dialled(ground, target, is_bridged=is_bridged)
        assert refused.value.is_unreachable
        assert not refused.value.is_gone
    await ground.engine.execute(HangUp(leg_id=leg_id))


@pytest.mark.parametrize(
    "address", ["1@evil.invalid", "100&PJSIP/200", "", "1 2", "sip:1", "1;2", "1,2", "+84\r\nX: y", "${SHELL(ls)}"]
)
async def test_what_is_no_number_is_not_dialled(real: Ground, address: str) -> None:
    with pytest.raises(EngineRefused) as refused:
        await dialled(real, Target(kind=TargetKind.TRUNK, address=address, trunk_id=TRUNK_ID))
    assert refused.value.is_unreachable


@pytest.mark.parametrize(
    "command",
    [
        PlayTone(leg_id=UNKNOWN_LEG, tone=Tone.RINGBACK),
        PlayTone(leg_id=UNKNOWN_LEG, tone=Tone.BUSY),
        StartRecording(leg_id=UNKNOWN_LEG, name="unknown.mp3", part=1, side=Side.LEFT),
        PauseRecording(leg_id=UNKNOWN_LEG),
        ResumeRecording(leg_id=UNKNOWN_LEG),
        JoinBridge(bridge_id=UNKNOWN_BRIDGE, leg_id=UNKNOWN_LEG),
    ],
    ids=lambda command: type(command).__name__,
)
async def test_what_needs_a_leg_says_that_it_is_gone(ground: Ground, command: Command) -> None:
    with pytest.raises(EngineRefused) as refused:
        await ground.engine.execute(command)
    assert refused.value.is_gone
    assert not refused.value.is_unreachable


@pytest.mark.parametrize(
    "command",
    [
        HangUp(leg_id=UNKNOWN_LEG),
        DestroyBridge(bridge_id=UNKNOWN_BRIDGE),
        *(StopTone(leg_id=UNKNOWN_LEG, tone=tone) for tone in ALL_TONES),
    ],
    ids=["HangUp", "DestroyBridge", *(f"StopTone {tone}" for tone in ALL_TONES)],
)
async def test_what_ends_something_that_is_gone_is_done(ground: Ground, command: Command) -> None:
    await ground.engine.execute(command)


async def test_joining_a_bridge_or_dialling_into_one_that_is_not_there(ground: Ground) -> None:
    leg_id = await dialled(ground, ground.number(Script()))
    await ground.witness.leg(LegAnswered, leg_id)
    unknown = ids.leg_id(ids.new_call_id(), 2)
    for command in (
        JoinBridge(bridge_id=UNKNOWN_BRIDGE, leg_id=leg_id),
        dial(ground.number(Script()), unknown, bridge_id=UNKNOWN_BRIDGE),
    ):
        with pytest.raises(EngineRefused) as refused:
            await ground.engine.execute(command)
        assert refused.value.is_gone
    await ground.engine.execute(HangUp(leg_id=leg_id))
    await ground.witness.ended(leg_id)
    assert unknown not in (await ground.engine.snapshot()).legs


async def test_a_bridge_is_made_once_and_its_legs_outlive_it(ground: Ground) -> None:
    leg_id = await dialled(ground, ground.number(Script()), is_bridged=True)
    await ground.witness.leg(LegAnswered, leg_id)
    call_id = ids.call_id_of(leg_id)
    assert call_id is not None
    bridge_id = ids.bridge_id(call_id)
    await ground.engine.execute(CreateBridge(bridge_id=bridge_id))
    await ground.engine.execute(JoinBridge(bridge_id=bridge_id, leg_id=leg_id))
    assert (await ground.engine.snapshot()).bridges[bridge_id] == {leg_id}
    await ground.engine.execute(DestroyBridge(bridge_id=bridge_id))

    async def is_down() -> bool:
        return bridge_id not in (await ground.engine.snapshot()).bridges

    await ground.witness.until_true(is_down)
    assert (await ground.engine.snapshot()).legs[leg_id].is_answered
    await ground.engine.execute(HangUp(leg_id=leg_id))


@pytest.mark.parametrize("tone", ALL_TONES)
async def test_tones_begin_and_end_as_often_as_one_likes(ground: Ground, tone: Tone) -> None:
    leg_id = await dialled(ground, ground.number(Script()))
    await ground.witness.leg(LegAnswered, leg_id)
    for command in (PlayTone, PlayTone, StopTone, StopTone):
        await ground.engine.execute(command(leg_id=leg_id, tone=tone))
    await ground.engine.execute(HangUp(leg_id=leg_id))


async def test_a_pause_needs_a_recording(ground: Ground) -> None:
    leg_id = await dialled(ground, ground.number(Script()))
    await ground.witness.leg(LegAnswered, leg_id)
    for command in (PauseRecording, ResumeRecording):
        with pytest.raises(EngineRefused) as refused:
            await ground.engine.execute(command(leg_id=leg_id))
        assert not refused.value.is_gone
    await ground.engine.execute(HangUp(leg_id=leg_id))


@pytest.mark.parametrize("is_bridged", [False, True])
async def test_the_snapshot_tells_how_far_legs_are(ground: Ground, *, is_bridged: bool) -> None:
    before = datetime.now(UTC)
    ringing = await dialled(ground, ground.number(Script.ringing_out()), is_bridged=is_bridged)
    answered = await dialled(ground, ground.number(Script()), is_bridged=is_bridged)
    await ground.witness.leg(LegRinging, ringing)
    await ground.witness.leg(LegAnswered, answered)
    snapshot = await ground.engine.snapshot()
    legs = snapshot.legs
    assert (legs[ringing].is_ringing, legs[ringing].is_answered) == (True, False)
    assert (legs[answered].is_ringing, legs[answered].is_answered) == (False, True)
    assert before - timedelta(seconds=1) <= legs[ringing].created_at <= snapshot.taken_at
    for leg_id in (ringing, answered):
        await ground.engine.execute(HangUp(leg_id=leg_id))
        await ground.witness.ended(leg_id)
    assert not {ringing, answered} & (await ground.engine.snapshot()).legs.keys()


async def test_registrations_come_as_events_and_as_a_list(ground: Ground) -> None:
    since = len(ground.witness.events)
    phone = await ground.add_phone()
    name = phone.address

    async def contacts() -> tuple[str, ...]:
        return {each.sip_username: each.contacts for each in await ground.engine.registrations()}[name]

    async def told(count: int) -> Registration:
        return await ground.witness.until(
            Registration, lambda event: event.sip_username == name and len(event.contacts) == count, since=since
        )

    first = await told(1)
    assert first.is_registered
    assert await contacts() == first.contacts
    await ground.add_second_phone(phone, Script())
    both = await told(2)
    assert set(first.contacts) < set(both.contacts)
    assert await contacts() == both.contacts
    await ground.unregister(phone, is_second=True)
    since = ground.witness.events.index(both)
    assert (await told(1)).contacts == first.contacts
    await ground.unregister(phone)
    gone = await told(0)
    assert gone.at.tzinfo is UTC
    assert not gone.is_registered
    assert await contacts() == ()
    with pytest.raises(EngineRefused) as refused:
        await dialled(ground, phone)
    assert refused.value.is_unreachable


async def test_what_is_no_longer_provisioned_cannot_be_dialled(ground: Ground) -> None:
    phone = await ground.add_phone()
    await ground.engine.provision(NodeConfiguration(revision=1))
    number = ground.number(Script())
    for target in (phone, number):
        with pytest.raises(EngineRefused) as refused:
            await dialled(ground, target)
        assert refused.value.is_unreachable
    await ground.add_phone()
    leg_id = await dialled(ground, number)
    await ground.witness.leg(LegAnswered, leg_id)
    await ground.engine.execute(HangUp(leg_id=leg_id))


async def test_fifty_calls_at_once(ground: Ground) -> None:
    legs = [await dialled(ground, ground.number(Script()), is_bridged=True) for _ in range(50)]
    for leg_id in legs:
        await ground.witness.leg(LegAnswered, leg_id)
        await ground.engine.execute(HangUp(leg_id=leg_id))
    for leg_id in legs:
        await ground.witness.ended(leg_id)
        call_id = ids.call_id_of(leg_id)
        assert call_id is not None
        await ground.engine.execute(DestroyBridge(bridge_id=ids.bridge_id(call_id)))
    assert not (await ground.engine.snapshot()).legs.keys() & set(legs)
