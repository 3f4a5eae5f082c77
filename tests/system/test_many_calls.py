"""Many at once, and the same one twice."""

import asyncio
from functools import partial

import pytest

from cordboard.lab.behaviour import Behaviour
from cordboard.lab.lab import PhoneAccount
from cordboard.lab.number_plan import number
from tests.support.exchange import Account, Agent, Exchange, Office, until

pytestmark = pytest.mark.asyncio(loop_scope="session")

CALLS = 50


async def test_the_same_transaction_twice_is_one_call(exchange: Exchange, office: Office) -> None:
    agent = await office.hire(Behaviour.answering(after_seconds=0))
    customer = number("1070")
    first = await office.make_call(agent, customer, transactionId="T-1")
    assert await office.make_call(agent, number("1071"), transactionId="T-1") == first
    await agent.phone.answered()
    await exchange.hang_up(office, first)
    await office.ended(first)
    assert await office.make_call(agent, customer, transactionId="T-1") == first
    assert len(agent.phone.calls()) == 1


async def test_the_same_transaction_at_the_same_time_is_one_call(exchange: Exchange, office: Office) -> None:
    agent = await office.hire(Behaviour.answering(after_seconds=0))
    asked = (office.make_call(agent, number("1072"), transactionId="T-2") for _ in range(20))
    (call_id,) = set(await asyncio.gather(*asked))
    await exchange.lab.carrier.answered(number("1072"))
    await exchange.hang_up(office, call_id)
    await office.ended(call_id)
    assert len(agent.phone.calls()) == 1


async def test_a_busy_agent_is_not_called_twice(exchange: Exchange, office: Office) -> None:
    agent = await office.hire(Behaviour.answering(after_seconds=0))
    call_id = await office.make_call(agent, number("1073"))
    body = {"phoneNumber": number("1074"), "ipPhone": agent.extension}
    assert (await office.post("/api/v1.0/base/makeCall", body))["error_code"] == "CALLOUT_AGENT_BUSY"
    await exchange.hang_up(office, call_id)
    await office.ended(call_id)
    again = await office.make_call(agent, number("1074"))
    await exchange.hang_up(office, again)
    await office.ended(again)


async def hire_many(exchange: Exchange, office: Office) -> list[Agent]:
    """Agents by the command line, two at a time; phones all at once."""
    gate = asyncio.Semaphore(2)

    async def make(index: int) -> Account:
        async with gate:
            return await office.open_account(extension=str(5000 + index))

    made = await asyncio.gather(*(make(index) for index in range(CALLS)))
    sip = exchange.copy.sip
    accounts = [PhoneAccount(username=each.sip_username, password=each.sip_password, registrar=sip) for each in made]
    phones = await exchange.lab.add_phones(accounts, Behaviour.answering(after_seconds=0))
    await exchange.lab.registered(seconds=60)
    agents = [Agent(account=each, phone=phone) for each, phone in zip(made, phones, strict=True)]
    for agent in agents:
        await until(partial(office.is_callable, agent))
    return agents


async def test_fifty_calls_at_once(exchange: Exchange) -> None:
    office = await exchange.open_office()
    agents = await hire_many(exchange, office)
    customer = number("3003")  # answers after a second, hangs up 3 s later
    call_ids = await asyncio.gather(*(office.make_call(agent, customer) for agent in agents))
    assert len(set(call_ids)) == CALLS
    rows = [await office.recorded(call_id) for call_id in call_ids]
    assert {(row["call_status"], row["hangup_by"]) for row in rows} == {("answered", "customer")}
    for call_id in call_ids:
        await office.webhook(call_id)
    received = [request for request in exchange.receiver.requests if request.webhook_id]
    assert len({request.webhook_id for request in received}) == len(received)
    assert all([await office.is_callable(agent) for agent in agents])
