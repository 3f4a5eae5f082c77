"""What every engine promises of calls that come in: one suite on the real one and the simulated one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from cordboard.domain import ids
from cordboard.domain.arrival import Arrival, TransferAsked
from cordboard.domain.commands import (
    Alert,
    Answer,
    Command,
    CreateBridge,
    HangUp,
    HangUpReason,
    JoinBridge,
    LeaveBridge,
    OpenAudio,
    PlayTone,
    ReportTransfer,
    Side,
    StartRecording,
    StopRecording,
    Tone,
    TransferState,
)
from cordboard.domain.leg_events import LegAnswered, LegEnded, LegEvent, LegHeld, LegHungUp, LegResumed
from cordboard.engine.fake_script import Script
from cordboard.engine.port import EngineDisconnected, EngineRefused
from tests.engine.callers import Caller
from tests.engine.ground import Ground, connected, dialled

pytestmark = pytest.mark.asyncio(loop_scope="session")

UNKNOWN_LEG = "1795255906.99999"
NUMBER = "0987654321"


async def called(ground: Ground, number: str = NUMBER) -> Caller:
    """A phone that calls."""
    return await ground.call_from(await ground.add_phone(), number)


async def talking(ground: Ground) -> Caller:
    """One that calls and is answered."""
    caller = await called(ground)
    await ground.engine.execute(Answer(leg_id=caller.leg_id))
    await caller.until_told(200)
    return caller


async def bridge_of(ground: Ground, *leg_ids: str) -> str:
    """A new bridge with these legs in it."""
    bridge_id = ids.bridge_id(ids.new_call_id())
    await ground.engine.execute(CreateBridge(bridge_id=bridge_id))
    for leg_id in leg_ids:
        await ground.engine.execute(JoinBridge(bridge_id=bridge_id, leg_id=leg_id))
    return bridge_id


async def hang_up(ground: Ground, *leg_ids: str) -> None:
    """End them, and wait until they are gone."""
    for leg_id in leg_ids:
        await ground.engine.execute(HangUp(leg_id=leg_id))
    for leg_id in leg_ids:
        await ground.witness.ended(leg_id)


async def test_a_phone_calls(ground: Ground) -> None:
    before = datetime.now(UTC)
    phone = await ground.add_phone()
    caller = await ground.call_from(phone, NUMBER)
    arrival = await ground.witness.leg(Arrival, caller.leg_id)
    assert arrival.sip_username == phone.address
    assert arrival.dialled[0] == NUMBER
    assert arrival.carrier_host == ""
    assert before - timedelta(seconds=1) < arrival.at < datetime.now(UTC) + timedelta(seconds=1)
    assert arrival.at.tzinfo is UTC
    assert caller.codes() == ()
    seen = (await ground.engine.snapshot()).legs[caller.leg_id]
    assert (seen.is_answered, seen.is_ringing, seen.created_at.tzinfo) == (False, False, UTC)
    assert before - timedelta(seconds=1) < seen.created_at <= arrival.at + timedelta(seconds=1)
    await hang_up(ground, caller.leg_id)
    assert caller.leg_id not in (await ground.engine.snapshot()).legs


async def test_a_caller_is_told_that_it_rings_and_answered(ground: Ground) -> None:
    caller = await called(ground)
    leg_id = caller.leg_id
    for command, code in ((Alert(leg_id=leg_id), 180), (OpenAudio(leg_id=leg_id), 183), (Answer(leg_id=leg_id), 200)):
        await ground.engine.execute(command)
        await caller.until_told(code)
        await ground.engine.execute(command)  # again
    assert caller.codes() == (180, 183, 200)
    assert (await ground.engine.snapshot()).legs[leg_id].is_answered
    await hang_up(ground, leg_id)
    assert ground.witness.told(leg_id) == [LegEnded]


@pytest.mark.parametrize("is_alerted", [False, True])
@pytest.mark.parametrize(
    ("reason", "code"),
    [
        (HangUpReason.UNKNOWN_NUMBER, 404),
        (HangUpReason.NO_ANSWER, 480),
        (HangUpReason.UNREACHABLE, 480),
        (HangUpReason.BUSY, 486),
        (HangUpReason.FORBIDDEN, 403),
        (HangUpReason.DECLINED, 603),
        (HangUpReason.OVERLOADED, 503),
        (HangUpReason.FAILED, 500),
        (HangUpReason.ANSWERED_ELSEWHERE, 603),
        (HangUpReason.NORMAL, 603),
    ],
)
async def test_a_caller_is_told_why_not(ground: Ground, reason: HangUpReason, code: int, *, is_alerted: bool) -> None:
    caller = await called(ground)
    if is_alerted:
        await ground.engine.execute(Alert(leg_id=caller.leg_id))
        await caller.until_told(180)
    await ground.engine.execute(HangUp(leg_id=caller.leg_id, reason=reason))
    await ground.witness.ended(caller.leg_id)
    await caller.until_told(code)
    assert caller.codes() == ((180, code) if is_alerted else (code,))
    assert ground.witness.told(caller.leg_id) == [LegEnded]


async def test_a_caller_who_is_refused_ends_by_one_cause_on_both_engines(real: Ground, fake: Ground) -> None:
    for reason in HangUpReason:
        causes = []
        for ground in (real, fake):
            caller = await called(ground)
            await ground.engine.execute(HangUp(leg_id=caller.leg_id, reason=reason))
            causes.append(await ground.witness.ended(caller.leg_id))
        assert causes[0] == causes[1], reason


async def test_a_caller_gives_up(real: Ground, fake: Ground) -> None:
    causes = []
    for ground in (real, fake):
        caller = await called(ground)
        await ground.engine.execute(Alert(leg_id=caller.leg_id))
        await caller.until_told(180)
        await caller.give_up()
        causes.append(await ground.witness.ended(caller.leg_id))
        assert ground.witness.told(caller.leg_id) == [LegEnded]
        await caller.until_told(487)
        with pytest.raises(EngineRefused) as refused:
            await ground.engine.execute(Answer(leg_id=caller.leg_id))
        assert refused.value.is_gone
    assert causes[0] == causes[1]


async def test_a_caller_hangs_up(ground: Ground) -> None:
    caller = await talking(ground)
    await caller.hang_up()
    await ground.witness.ended(caller.leg_id)
    assert ground.witness.told(caller.leg_id) == [LegHungUp, LegEnded]


async def test_a_caller_holds_and_comes_back(ground: Ground) -> None:
    caller = await talking(ground)
    await caller.hold()
    await ground.witness.leg(LegHeld, caller.leg_id)
    await caller.hold(is_held=False)
    await ground.witness.leg(LegResumed, caller.leg_id)
    assert ground.witness.told(caller.leg_id) == [LegHeld, LegResumed]
    await hang_up(ground, caller.leg_id)


async def test_a_waiting_caller_is_answered_with_whoever_is_dialled_into_its_bridge(ground: Ground) -> None:
    caller = await called(ground)
    call_id = ids.new_call_id()
    callee = await dialled(ground, ground.number(Script.answering(after_seconds=1)), call_id=call_id, is_bridged=True)
    await ground.engine.execute(JoinBridge(bridge_id=ids.bridge_id(call_id), leg_id=caller.leg_id))
    await ground.witness.leg(LegAnswered, callee)
    await ground.engine.execute(Answer(leg_id=caller.leg_id))
    await caller.until_told(200)
    snapshot = await ground.engine.snapshot()
    assert snapshot.bridges[ids.bridge_id(call_id)] == {caller.leg_id, callee}
    assert snapshot.legs[caller.leg_id].is_answered
    await hang_up(ground, caller.leg_id, callee)


async def test_a_leg_moves_from_one_bridge_to_another(ground: Ground) -> None:
    first, second = await talking(ground), await talking(ground)
    one = await bridge_of(ground, first.leg_id)
    other = await bridge_of(ground, second.leg_id)

    async def members() -> tuple[set[str], set[str]]:
        bridges = (await ground.engine.snapshot()).bridges
        return set(bridges[one]), set(bridges[other])

    assert await members() == ({first.leg_id}, {second.leg_id})
    await ground.engine.execute(JoinBridge(bridge_id=other, leg_id=first.leg_id))
    assert await members() == (set(), {first.leg_id, second.leg_id})
    await ground.engine.execute(LeaveBridge(bridge_id=other, leg_id=first.leg_id))
    assert await members() == (set(), {second.leg_id})
    # Whatever happens to it is told, wherever it is.
    await first.hold()
    await ground.witness.leg(LegHeld, first.leg_id)
    await first.hang_up()
    await ground.witness.ended(first.leg_id)
    assert ground.witness.told(first.leg_id) == [LegHeld, LegHungUp, LegEnded]
    await hang_up(ground, second.leg_id)


async def test_leaving_a_bridge_that_one_is_not_in_is_done(ground: Ground) -> None:
    caller = await talking(ground)
    empty = await bridge_of(ground)
    unknown = ids.bridge_id(ids.new_call_id())
    for command in (
        LeaveBridge(bridge_id=empty, leg_id=caller.leg_id),
        LeaveBridge(bridge_id=unknown, leg_id=caller.leg_id),
        LeaveBridge(bridge_id=empty, leg_id=UNKNOWN_LEG),
        StopRecording(leg_id=caller.leg_id),
        StopRecording(leg_id=UNKNOWN_LEG),
        ReportTransfer(leg_id=caller.leg_id, state=TransferState.RINGING),
        ReportTransfer(leg_id=UNKNOWN_LEG, state=TransferState.ANSWERED),
    ):
        await ground.engine.execute(command)
    await hang_up(ground, caller.leg_id)


@pytest.mark.parametrize(
    "command",
    [Alert(leg_id=UNKNOWN_LEG), OpenAudio(leg_id=UNKNOWN_LEG), Answer(leg_id=UNKNOWN_LEG)],
    ids=lambda command: type(command).__name__,
)
async def test_what_needs_a_caller_says_that_it_is_gone(ground: Ground, command: Command) -> None:
    with pytest.raises(EngineRefused) as refused:
        await ground.engine.execute(command)
    assert refused.value.is_gone


@pytest.mark.parametrize("tone", list(Tone))
async def test_a_caller_hears_tones_as_often_as_one_likes(ground: Ground, tone: Tone) -> None:
    caller = await talking(ground)
    await bridge_of(ground, caller.leg_id)
    for _ in range(2):
        await ground.engine.execute(PlayTone(leg_id=caller.leg_id, tone=tone))
    await hang_up(ground, caller.leg_id)


@pytest.mark.parametrize(
    ("states", "codes"),
    [
        ((TransferState.RINGING, TransferState.ANSWERED), (100, 200)),
        ((TransferState.RINGING, TransferState.FAILED), (100, 503)),
        ((TransferState.ANSWERED,), (100, 200)),
        ((TransferState.FAILED,), (100, 503)),
    ],
)
async def test_a_phone_asks_for_a_transfer(
    ground: Ground, states: tuple[TransferState, ...], codes: tuple[int, ...]
) -> None:
    caller, other = await talking(ground), await talking(ground)
    bridge_id = await bridge_of(ground, caller.leg_id, other.leg_id)
    await caller.ask_transfer("6689")
    asked = await ground.witness.leg(TransferAsked, caller.leg_id)
    assert (asked.number, asked.other_leg_id, asked.at.tzinfo) == ("6689", "", UTC)
    for state in states:
        await ground.engine.execute(ReportTransfer(leg_id=caller.leg_id, state=state))
    await caller.until_reported(*codes)
    # What becomes of the call is ours to decide.
    assert (await ground.engine.snapshot()).bridges[bridge_id] == {caller.leg_id, other.leg_id}
    await hang_up(ground, caller.leg_id, other.leg_id)
    assert len([each for each in ground.witness.events if isinstance(each, TransferAsked) and each == asked]) == 1
    assert ground.witness.told(caller.leg_id) == [LegEnded]


async def test_a_phone_asks_to_join_its_two_calls(ground: Ground) -> None:
    phone = await ground.add_phone()
    first, second = await ground.call_from(phone, NUMBER), await ground.call_from(phone, "6689")
    for caller in (first, second):
        await ground.engine.execute(Answer(leg_id=caller.leg_id))
        await caller.until_told(200)
    await bridge_of(ground, first.leg_id)
    await bridge_of(ground, second.leg_id)
    await first.ask_transfer("6689", second)
    asked = await ground.witness.leg(TransferAsked, first.leg_id)
    assert (asked.number, asked.other_leg_id) == ("6689", second.leg_id)
    await ground.engine.execute(ReportTransfer(leg_id=first.leg_id, state=TransferState.ANSWERED))
    await first.until_reported(100, 200)
    await hang_up(ground, first.leg_id, second.leg_id)


async def test_a_recording_goes_on_with_another_leg(ground: Ground) -> None:
    first, second = await talking(ground), await talking(ground)
    await bridge_of(ground, first.leg_id, second.leg_id)
    name = ids.new_recording_name(ids.new_call_id())
    for part, leg_id in enumerate((first.leg_id, second.leg_id, first.leg_id), start=1):
        command = StartRecording(leg_id=leg_id, name=name, part=part, side=Side.LEFT)
        for _ in range(2):
            await ground.engine.execute(command)
            await ground.engine.execute(command)
            await ground.engine.execute(StopRecording(leg_id=leg_id))
    await hang_up(ground, first.leg_id, second.leg_id)


async def test_several_phones_of_an_account_are_called_each_by_its_contact(ground: Ground) -> None:
    phone = await ground.add_phone(Script.rejecting(486))
    await ground.add_second_phone(phone, Script.answering())
    registrations = {each.sip_username: each.contacts for each in await ground.engine.registrations()}
    contacts = registrations[phone.address]
    assert len(contacts) == 2
    assert list(contacts) == sorted(contacts)
    legs = [await dialled(ground, replace(phone, contact=contact)) for contact in contacts]
    for leg_id in legs:
        await ground.witness.until(LegEvent, partial(_is_decided, leg_id))
    refused = [each for each in ground.witness.events if isinstance(each, LegEnded) and each.leg_id in legs]
    assert [each.cause.sip for each in refused] == [486]
    (answered,) = (each for each in ground.witness.events if isinstance(each, LegAnswered) and each.leg_id in legs)
    await hang_up(ground, answered.leg_id)


def _is_decided(leg_id: str, event: LegEvent) -> bool:
    return event.leg_id == leg_id and isinstance(event, LegAnswered | LegEnded)


async def test_who_calls_while_nobody_listens_is_told_so(ground: Ground) -> None:
    phone = await ground.add_phone()
    since = len(ground.witness.events)
    await ground.cut()
    await ground.witness.until(EngineDisconnected, since=since)
    assert await ground.refused(phone, NUMBER) == (503,)
    await ground.mend()
    await connected(ground, since=since)
    assert not [each for each in ground.witness.events[since:] if isinstance(each, Arrival)]


async def test_a_caller_outlives_the_connection(ground: Ground) -> None:
    caller = await talking(ground)
    since = len(ground.witness.events)
    await ground.cut()
    await ground.witness.until(EngineDisconnected, since=since)
    await ground.mend()
    await connected(ground, since=since)
    assert (await ground.engine.snapshot()).legs[caller.leg_id].is_answered
    await caller.hang_up()
    await ground.witness.ended(caller.leg_id)
    assert ground.witness.told(caller.leg_id) == [LegHungUp, LegEnded]
