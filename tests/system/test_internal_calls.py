"""Agents call each other by extension."""

import asyncio

import pytest

from cordboard.lab.behaviour import Behaviour
from tests.support.call_watch import facts, watch
from tests.support.exchange import Agent, Office
from tests.support.sipp_phone import SippPhone
from tests.support.voices import ALICE_HZ, BOB_HZ, heard_by, recorded_tones, voice

pytestmark = pytest.mark.asyncio(loop_scope="session")


def from_desk(desk: SippPhone, status: str, to: str) -> tuple[str, ...]:
    """The facts of a call of that phone, but for who hung up."""
    return "OUTBOUND", status, to, desk.account.extension, desk.account.user_name


@pytest.mark.parametrize("by", ["agent", "customer"], ids=["caller hangs up", "callee hangs up"])
async def test_two_extensions_talk(office: Office, alice: Agent, bob: Agent, by: str) -> None:
    calls = await watch(office)
    at_alice = await alice.phone.dial(bob.extension, voice(ALICE_HZ))
    at_bob = await bob.phone.answered()
    assert (at_bob.from_user, at_bob.number) == (alice.extension, bob.account.sip_username)
    assert (await calls.connected())["endtime"] == ""
    await asyncio.sleep(1.5)  # the talk
    await (alice if by == "agent" else bob).phone.hang_up()
    row = await calls.ended()
    assert facts(row) == ("OUTBOUND", "answered", bob.extension, alice.extension, alice.user_name, by)
    await alice.phone.released()
    await bob.phone.released()
    assert await heard_by(alice.phone, at_alice) == {BOB_HZ}
    assert await heard_by(bob.phone, at_bob) == {ALICE_HZ}
    assert await recorded_tones(office, row) == ({ALICE_HZ}, {BOB_HZ})
    _, event = await office.webhook(row["call_id"])
    assert (event["direction"], event["hotline"]) == ("outbound", "")


@pytest.mark.parametrize(
    ("behaviour", "codes", "status", "by"),
    [
        (Behaviour.busy(), (486,), "busy", "customer"),
        (Behaviour.declining(after_seconds=0.5), (180, 603), "rejected", "customer"),
        (Behaviour.ringing_out(), (180, 480), "missed", "system"),
        (Behaviour.rejecting(480), (480,), "missed", "system"),
        (Behaviour.rejecting(404), (404,), "failed", "system"),
    ],
    ids=["busy", "declines", "rings out", "480", "404"],
)
async def test_a_caller_is_told_why_nobody_answers(  # noqa: PLR0917 - what happens, and what is told of it
    office: Office, desk: SippPhone, bob: Agent, behaviour: Behaviour, codes: tuple[int, ...], status: str, by: str
) -> None:
    calls = await watch(office)
    await bob.phone.behave(behaviour)
    assert await desk.codes(bob.extension) == codes
    row = await calls.ended()
    assert facts(row) == (*from_desk(desk, status, bob.extension), by)
    assert (row["answertime"], row["recording_url"], row["holding_duration"]) == ("", "", "0")


async def test_a_caller_who_gives_up_stops_the_ringing(office: Office, desk: SippPhone, bob: Agent) -> None:
    calls = await watch(office)
    await bob.phone.behave(Behaviour.ringing_out())
    run = await desk.dial(bob.extension)
    await run.until_told(180)
    assert await run.order("GIVEUP") == 200
    await run.finished()
    assert run.codes() == (401, 180, 487)
    assert not (await bob.phone.released()).is_answered
    assert facts(await calls.ended()) == (*from_desk(desk, "missed", bob.extension), "agent")


async def test_whoever_has_no_phone_is_unreachable_at_once(office: Office, desk: SippPhone) -> None:
    absent = await office.open_account()
    calls = await watch(office)
    assert await desk.codes(absent.extension) == (480,)
    assert facts(await calls.ended()) == (*from_desk(desk, "missed", absent.extension), "system")


async def test_whoever_talks_is_busy(office: Office, desk: SippPhone, alice: Agent, bob: Agent) -> None:
    calls = await watch(office)
    await alice.phone.dial(bob.extension, voice(ALICE_HZ))
    first = (await calls.connected())["call_id"]
    for busy in (alice, bob):
        assert await desk.codes(busy.extension) == (486,)
        assert facts(await calls.latest_ended()) == (*from_desk(desk, "busy", busy.extension), "customer")
    assert len(bob.phone.calls()) == 1
    await bob.phone.hang_up()
    *_, row = await calls.all_ended(3)
    assert (row["call_id"], row["call_status"]) == (first, "answered")
    run = await desk.dial(bob.extension)
    await run.until_told(200)  # free again
    assert await run.order("HANGUP") == 200
    await calls.all_ended(4)


@pytest.mark.parametrize("number", ["9999", "99", "0", "*98", "nobody"])
async def test_a_number_that_nobody_has_is_unknown(office: Office, desk: SippPhone, number: str) -> None:
    calls = await watch(office)
    assert await desk.codes(number) == (404,)
    await calls.nothing()


async def test_a_group_is_called_by_its_extension(office: Office, alice: Agent, bob: Agent, carol: Agent) -> None:
    group = await office.add_group(alice, bob, carol)
    calls = await watch(office)
    await carol.phone.behave(Behaviour.ringing_out())
    await bob.phone.behave(Behaviour.answering(after_seconds=1, tone_hz=BOB_HZ))
    await alice.phone.dial(group["extension"], voice(ALICE_HZ))
    await bob.phone.answered()
    assert not (await carol.phone.released()).is_answered
    await asyncio.sleep(1)  # the talk
    await bob.phone.hang_up()
    at_alice = await alice.phone.released()
    assert len(alice.phone.calls()) == 1  # who calls is not rung
    assert await heard_by(alice.phone, at_alice) == {BOB_HZ}
    row = await calls.ended()
    assert facts(row) == ("OUTBOUND", "answered", group["extension"], alice.extension, alice.user_name, "customer")
