"""Programs that are killed in the middle of a call."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from cordboard.lab.behaviour import Behaviour
from cordboard.lab.number_plan import number
from tests.support.call_watch import facts, watch
from tests.support.descendants import descendants
from tests.support.exchange import Exchange, connected, running_exchange, until
from tests.support.voices import BOB_HZ, CUSTOMER_HZ, heard_by, recorded_tones, sound_at, voice

pytestmark = pytest.mark.asyncio(loop_scope="session")

CALLER = "0912345678"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def own_exchange(public_folder: Path) -> AsyncIterator[Exchange]:
    """An exchange whose programs may be killed."""
    folder = public_folder / "crashes"
    folder.mkdir()
    folder.chmod(0o755)
    async with running_exchange(folder, agent_ring_seconds="30") as running:
        yield running


def pid_of(exchange: Exchange, text: str) -> int:
    """The process of this copy whose command line contains ``text``."""
    assert exchange.copy.process is not None
    return next(pid for pid, command in descendants(exchange.copy.process.pid) if text in command)


async def test_a_call_outlives_the_switch(own_exchange: Exchange) -> None:
    office = await own_exchange.open_office()
    agent = await office.hire(Behaviour.answering(after_seconds=0))
    customer = number("1080")
    call_id = await office.make_call(agent, customer)
    at_customer = await own_exchange.lab.carrier.answered(customer)
    await connected(office, call_id)
    await asyncio.sleep(1)  # the talk
    await kill_switch(own_exchange)
    assert at_customer.is_live
    await own_exchange.lab.carrier.hang_up(customer)
    row = await office.recorded(call_id)
    assert (row["call_status"], row["hangup_by"]) == ("answered", "customer")
    await office.webhook(call_id)
    await agent.phone.released()
    assert await office.is_callable(agent)


async def test_a_call_that_came_in_outlives_the_switch(own_exchange: Exchange) -> None:
    office = await own_exchange.open_office()
    agent = await office.hire(Behaviour.answering(after_seconds=0, tone_hz=BOB_HZ).recorded())
    did_number = await office.add_did(f"agent:{agent.extension}")
    carrier = own_exchange.lab.carrier
    calls = await watch(office)
    at_customer = await carrier.dial(
        did_number, own_exchange.copy.sip, caller_number=CALLER, behaviour=voice(CUSTOMER_HZ)
    )
    await calls.connected()
    await asyncio.sleep(1)  # the talk
    await kill_switch(own_exchange)
    await asyncio.sleep(1)  # the talk
    assert at_customer.is_live
    await carrier.hang_up()
    row = await calls.ended()
    assert facts(row) == ("INBOUND", "answered", CALLER, agent.extension, agent.user_name, "customer")
    at_agent = await agent.phone.released()
    await carrier.released()
    assert (await sound_at(carrier, at_customer)).seconds_of(BOB_HZ) >= 1.5
    assert await heard_by(agent.phone, at_agent) == {CUSTOMER_HZ}
    assert await recorded_tones(office, row) == ({BOB_HZ}, {CUSTOMER_HZ})


async def test_a_call_that_came_in_and_rings_outlives_the_switch(own_exchange: Exchange) -> None:
    office = await own_exchange.open_office()
    # Asterisk hangs up a phone that answers while no switch is connected; the next takes 4 s on a busy machine.
    agent = await office.hire(Behaviour.answering(after_seconds=10, tone_hz=BOB_HZ).recorded())
    did_number = await office.add_did(f"agent:{agent.extension}")
    carrier = own_exchange.lab.carrier
    calls = await watch(office)
    await carrier.dial(did_number, own_exchange.copy.sip, caller_number=CALLER, behaviour=voice(CUSTOMER_HZ))
    await agent.phone.called()
    await kill_switch(own_exchange)
    await calls.connected()
    await asyncio.sleep(1)  # the talk
    await agent.phone.hang_up()
    row = await calls.ended()
    assert facts(row) == ("INBOUND", "answered", CALLER, agent.extension, agent.user_name, "agent")
    assert await recorded_tones(office, row) == ({BOB_HZ}, {CUSTOMER_HZ})


async def test_a_caller_who_gives_up_while_the_switch_is_away(own_exchange: Exchange) -> None:
    office = await own_exchange.open_office()
    agent = await office.hire(Behaviour.ringing_out())
    did_number = await office.add_did(f"agent:{agent.extension}")
    carrier = own_exchange.lab.carrier
    calls = await watch(office)
    await carrier.dial(did_number, own_exchange.copy.sip, caller_number=CALLER, behaviour=voice(CUSTOMER_HZ))
    await agent.phone.called()
    os.kill(pid_of(own_exchange, "processes.switch"), signal.SIGKILL)
    await carrier.hang_up()
    row = await calls.ended()
    assert (row["call_status"], row["agent"]) == ("missed", "")
    await agent.phone.released()


async def test_a_hang_up_that_the_switch_missed_still_ends_the_call(own_exchange: Exchange) -> None:
    office = await own_exchange.open_office()
    agent = await office.hire(Behaviour.answering(after_seconds=0))
    customer = number("1081")
    call_id = await office.make_call(agent, customer)
    await own_exchange.lab.carrier.answered(customer)
    await connected(office, call_id)
    os.kill(pid_of(own_exchange, "processes.switch"), signal.SIGKILL)
    await own_exchange.lab.carrier.hang_up(customer)
    row = await office.ended(call_id)
    assert row["call_status"] == "answered"
    await agent.phone.released()


async def test_a_call_whose_engine_dies_is_closed(own_exchange: Exchange) -> None:
    office = await own_exchange.open_office()
    agent = await office.hire(Behaviour.answering(after_seconds=0))
    customer = number("1082")
    call_id = await office.make_call(agent, customer)
    await own_exchange.lab.carrier.answered(customer)
    await connected(office, call_id)
    os.kill(pid_of(own_exchange, "sbin/asterisk"), signal.SIGKILL)
    row = await office.ended(call_id)
    assert (row["call_status"], row["hangup_by"]) == ("answered", "system")
    await office.webhook(call_id)
    await until(own_exchange.copy.is_healthy)
    await own_exchange.lab.carrier.hang_up()
    await agent.phone.hang_up()
    again = await office.make_call(agent, number("3001"))
    assert (await office.ended(again))["call_status"] == "answered"


async def test_an_engine_that_is_away_refuses_calls(own_exchange: Exchange) -> None:
    office = await own_exchange.open_office()
    agent = await office.hire()
    engine = pid_of(own_exchange, "sbin/asterisk")
    os.kill(engine, signal.SIGSTOP)
    try:

        async def unhealthy() -> bool:
            return not await own_exchange.copy.is_healthy()

        await until(unhealthy)
        body = {"phoneNumber": number("1083"), "ipPhone": agent.extension}
        answer = await office.post("/api/v1.0/base/makeCall", body)
        assert answer["error_code"] == "ERROR_CALLOUT_CONNECT"
    finally:
        os.kill(engine, signal.SIGCONT)
    await until(own_exchange.copy.is_healthy)


async def kill_switch(exchange: Exchange) -> None:
    """Kill it, and wait until the next one has taken over what goes on."""
    old, adoptions = pid_of(exchange, "processes.switch"), count_adoptions(exchange)
    os.kill(old, signal.SIGKILL)
    await until(lambda: another_switch(exchange, old))
    await until(lambda: is_adopted(exchange, adoptions))


async def another_switch(exchange: Exchange, old: int) -> bool:
    try:
        return pid_of(exchange, "processes.switch") != old
    except (StopIteration, FileNotFoundError):
        return False


def count_adoptions(exchange: Exchange) -> int:
    return (exchange.copy.home / "log" / "switch.log").read_text().count("call_adopted")


async def is_adopted(exchange: Exchange, before: int) -> bool:
    return count_adoptions(exchange) > before
