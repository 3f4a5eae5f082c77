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
from tests.support.call_watch import watch
from tests.support.exchange import Exchange, running_exchange, until

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def own_exchange(public_folder: Path) -> AsyncIterator[Exchange]:
    """An exchange whose programs may be killed."""
    folder = public_folder / "crashes"
    folder.mkdir()
    folder.chmod(0o755)
    async with running_exchange(folder) as running:
        yield running


def descendants(pid: int) -> list[tuple[int, str]]:
    """(pid, command line) of all processes below ``pid``."""
    found, waiting = [], [pid]
    while waiting:
        parent = waiting.pop()
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            for child in map(int, task.read_text().split()):
                command = Path(f"/proc/{child}/cmdline").read_bytes().replace(b"\0", b" ").decode()
                found.append((child, command))
                waiting.append(child)
    return found


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
    await office.connected(call_id)
    old, adoptions = pid_of(own_exchange, "processes.switch"), count_adoptions(own_exchange)
    os.kill(old, signal.SIGKILL)
    await asyncio.sleep(1)
    assert at_customer.is_live
    await until(lambda: another_switch(own_exchange, old))
    await until(lambda: is_adopted(own_exchange, adoptions))
    await own_exchange.lab.carrier.hang_up(customer)
    row = await office.recorded(call_id)
    assert (row["call_status"], row["hangup_by"]) == ("answered", "customer")
    await office.webhook(call_id)
    await agent.phone.released()
    assert await office.is_callable(agent)


async def test_a_call_that_came_in_outlives_the_switch(own_exchange: Exchange) -> None:
    office = await own_exchange.open_office()
    agent = await office.hire(Behaviour.answering(after_seconds=0))
    number_of_agent = await office.add_did(f"agent:{agent.extension}")
    calls, carrier = await watch(office), own_exchange.lab.carrier
    at_customer = await carrier.dial(number_of_agent, own_exchange.copy.sip, caller_number="0912345678")
    await calls.connected()
    old, adoptions = pid_of(own_exchange, "processes.switch"), count_adoptions(own_exchange)
    os.kill(old, signal.SIGKILL)
    await until(lambda: another_switch(own_exchange, old))
    await until(lambda: is_adopted(own_exchange, adoptions))
    assert at_customer.is_live
    await agent.phone.hang_up()
    row = await calls.ended()
    assert (row["direction"], row["call_status"], row["hangup_by"]) == ("INBOUND", "answered", "agent")
    await carrier.released()
    assert await office.is_callable(agent)


async def test_a_hang_up_that_the_switch_missed_still_ends_the_call(own_exchange: Exchange) -> None:
    office = await own_exchange.open_office()
    agent = await office.hire(Behaviour.answering(after_seconds=0))
    customer = number("1081")
    call_id = await office.make_call(agent, customer)
    await own_exchange.lab.carrier.answered(customer)
    await office.connected(call_id)
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
    await office.connected(call_id)
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

        async def refused() -> bool:
            body = {"phoneNumber": number("1083"), "ipPhone": agent.extension}
            answer = await office.post("/api/v1.0/base/makeCall", body)
            return bool(answer["error_code"] == "ERROR_CALLOUT_CONNECT")

        async def unhealthy() -> bool:
            return not await own_exchange.copy.is_healthy()

        await until(unhealthy)
        assert await refused()
    finally:
        os.kill(engine, signal.SIGCONT)
    await until(own_exchange.copy.is_healthy)


async def another_switch(exchange: Exchange, old: int) -> bool:
    try:
        return pid_of(exchange, "processes.switch") != old
    except (StopIteration, FileNotFoundError):
        return False


def count_adoptions(exchange: Exchange) -> int:
    return (exchange.copy.home / "log" / "switch.log").read_text().count("call_adopted")


async def is_adopted(exchange: Exchange, before: int) -> bool:
    return count_adoptions(exchange) > before
