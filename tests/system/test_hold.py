"""Either side may put the other on hold, in every way that phones do it."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from cordboard.lab.ledger import LabCall
from cordboard.lab.parties import Carrier, LabPhone
from tests.support.call_watch import CallWatch, facts, watch
from tests.support.exchange import Account, Agent, Exchange, Office, Row, until
from tests.support.programs import Program
from tests.support.sipp_phone import SippPhone
from tests.support.softphone import softphone
from tests.support.voices import (
    ALICE_HZ,
    BOB_HZ,
    CUSTOMER,
    CUSTOMER_HZ,
    DESK_HZ,
    heard_by,
    recorded_tones,
    seconds_of_music,
    sound_at,
    voice,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")

TALK_SECONDS, HOLD_SECONDS = 1.2, 1.6


async def talk_hold_talk(hold: Callable[[], Awaitable[object]], resume: Callable[[], Awaitable[object]]) -> float:
    """The most seconds that the hold may have taken: a busy machine takes long to ask for it."""
    await asyncio.sleep(TALK_SECONDS)
    began = time.monotonic()
    await hold()
    await asyncio.sleep(HOLD_SECONDS)
    await resume()
    most = time.monotonic() - began
    await asyncio.sleep(TALK_SECONDS)
    return most


async def check_waited(party: LabPhone | Carrier, call: LabCall, hz: float) -> None:
    """Who was on hold heard the other one before and after, and music in between."""
    sound = await sound_at(party, call)
    assert seconds_of_music(sound) >= HOLD_SECONDS / 4  # on a busy machine it begins late
    assert sound.begins_with(hz, TALK_SECONDS - 0.5)
    assert sound.ends_in(hz, TALK_SECONDS - 0.5)
    assert sound.seconds_of(hz) <= sound.seconds - HOLD_SECONDS / 4


async def ended_after_hold(calls: CallWatch, most: float) -> Row:
    row = await calls.ended()
    assert row["call_status"] == "answered"
    assert int(HOLD_SECONDS) <= int(row["holding_duration"]) <= most + 1
    assert int(row["holding_duration"]) < int(row["total_duration"])
    return row


@pytest.mark.parametrize("holder", ["agent", "customer"])
async def test_hold_by_re_invite(exchange: Exchange, office: Office, alice: Agent, holder: str) -> None:
    calls = await watch(office)
    carrier = exchange.lab.carrier
    await carrier.record()
    at_alice = await alice.phone.dial(CUSTOMER, voice(ALICE_HZ))
    at_customer = await carrier.answered(CUSTOMER)
    await calls.connected()
    party = alice.phone if holder == "agent" else carrier
    most = await talk_hold_talk(party.hold, party.resume)
    await carrier.hang_up()
    row = await ended_after_hold(calls, most)
    await alice.phone.released()
    await carrier.released()
    if holder == "agent":
        await check_waited(carrier, at_customer, ALICE_HZ)
        assert await heard_by(alice.phone, at_alice) == {CUSTOMER_HZ}
    else:
        await check_waited(alice.phone, at_alice, CUSTOMER_HZ)
        assert await heard_by(carrier, at_customer) == {ALICE_HZ}
    left, right = await recorded_tones(office, row)
    assert ALICE_HZ in left
    assert CUSTOMER_HZ not in left
    assert CUSTOMER_HZ in right
    assert ALICE_HZ not in right


async def test_hold_by_update(office: Office, desk: SippPhone, bob: Agent) -> None:
    calls = await watch(office)
    run = await desk.dial(bob.extension)
    at_bob = await bob.phone.answered()

    async def order(what: str) -> None:
        assert await run.order(what) == 200

    most = await talk_hold_talk(lambda: order("HOLD"), lambda: order("RESUME"))
    await order("HANGUP")
    row = await ended_after_hold(calls, most)
    assert facts(row)[2:] == (bob.extension, desk.account.extension, desk.account.user_name, "agent")
    await bob.phone.released()
    await check_waited(bob.phone, at_bob, BOB_HZ)  # it sends back what it hears


async def test_hold_by_a_softphone(  # noqa: PLR0917 - fixtures
    exchange: Exchange, office: Office, alice: Agent, desk_account: Account, baresip_program: Program, tmp_path: Path
) -> None:
    calls = await watch(office)
    async with softphone(exchange, baresip_program, tmp_path / "phone", desk_account, tone_hz=DESK_HZ) as phone:
        at_alice = await alice.phone.dial(desk_account.extension, voice(ALICE_HZ))
        await phone.until("CALL_ESTABLISHED")
        most = await talk_hold_talk(lambda: phone.do("hold"), lambda: phone.do("resume"))
        await phone.do("hangup")
        await ended_after_hold(calls, most)
        assert (await phone.heard()).is_tone(ALICE_HZ)
    await alice.phone.released()
    await check_waited(alice.phone, at_alice, DESK_HZ)


async def test_hold_from_outside(exchange: Exchange, office: Office, alice: Agent) -> None:
    """The command line instead of the agent's phone."""
    calls = await watch(office)
    carrier = exchange.lab.carrier
    await carrier.record()
    at_alice = await alice.phone.dial(CUSTOMER, voice(ALICE_HZ))
    at_customer = await carrier.answered(CUSTOMER)
    call_id = (await calls.connected())["call_id"]

    async def command(what: str) -> None:
        """Give it and wait until it is done: the command line only says that it was accepted."""
        await exchange.copy.run("calls", what, call_id, "--tenant", office.name)
        await until(lambda: is_done(what))

    async def is_done(what: str) -> bool:
        state = await exchange.database.fetchval("SELECT state FROM calls WHERE reference = $1", call_id)
        return any(leg.get("held_at") for leg in json.loads(state)["legs"]) == (what == "hold")

    most = await talk_hold_talk(lambda: command("hold"), lambda: command("resume"))
    await carrier.hang_up()
    await ended_after_hold(calls, most)
    await alice.phone.released()
    await carrier.released()
    await check_waited(carrier, at_customer, ALICE_HZ)
    assert await heard_by(alice.phone, at_alice) == {CUSTOMER_HZ}


async def test_a_call_that_ends_on_hold(office: Office, desk: SippPhone, bob: Agent) -> None:
    calls = await watch(office)
    run = await desk.dial(bob.extension)
    await run.until_told(200)
    assert await run.order("HOLD") == 200
    await asyncio.sleep(1.5)  # on hold
    await bob.phone.hang_up()
    await run.finished()
    row = await calls.ended()
    assert (row["hangup_by"], row["call_status"]) == ("customer", "answered")
    assert int(row["holding_duration"]) >= 1
