"""What a partner's server hears of calls on the real engine: each user's events, then the record, in order."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import pairwise

import pytest
import pytest_asyncio

from cordboard.lab.behaviour import Behaviour
from cordboard.lab.number_plan import number
from tests.support.call_watch import watch
from tests.support.exchange import PATIENCE_SECONDS, Agent, Exchange, Office, Row, until
from tests.support.receiver import Receiver
from tests.support.sipp import Sipp
from tests.support.sipp_phone import SippPhone
from tests.support.voices import CUSTOMER
from tests.support.website import Website

pytestmark = pytest.mark.asyncio(loop_scope="session")

EVENTS = ("CALL_STARTED", "CALL_INCOMING", "CALL_ANSWERED", "CALL_HANGUP")
RECORDS = ("PHONE_CALL", "CLICK_TO_CALL", "FAX_CALL")
CALLER = "0912345678"
E164_CALLER, E164_CUSTOMER = (f"+84{digits[1:]}" for digits in (CALLER, CUSTOMER))


@dataclass(frozen=True, slots=True, kw_only=True)
class Partner:
    """A server that is subscribed to everything of an office, one subscription for each type."""

    website: Website
    receiver: Receiver

    @property
    def office(self) -> Office:
        """Whose calls it hears of."""
        return self.website.office

    @property
    def heard(self) -> list[Row]:
        """The bodies of all webhooks, in the order in which they came."""
        return [json.loads(received.body) for received in self.receiver.requests]

    async def story(self, count: int = 1) -> list[list[Row]]:
        """The next ``count`` calls, each as its webhooks in the order in which they came, once nothing is to come."""

        def recorded() -> list[str]:
            return [body["data"]["callId"] for body in self.heard if body["type"] in RECORDS]

        await self.receiver.wait_until(lambda: len(recorded()) >= count, PATIENCE_SECONDS)
        await until(self._is_quiet)
        bodies = self.heard
        self.receiver.requests.clear()
        calls = [body["data"]["callId"] for body in bodies if body["type"] in RECORDS]
        assert len(calls) == len(set(calls)) == count
        stories = [[body for body in bodies if body["data"]["callId"] == call_id] for call_id in calls]
        assert sum(map(len, stories)) == len(bodies)
        for story in stories:
            await self._check(story)
        return stories

    async def _check(self, story: list[Row]) -> None:
        """What holds for every call."""
        *events, record = story
        assert record["type"] in RECORDS
        assert {event["type"] for event in events} <= set(EVENTS)
        assert all(before["timestamp"] < after["timestamp"] for before, after in pairwise(story))
        assert all(event["timestamp"] == event["data"]["timestamp"] for event in events)
        assert all(event["type"] == f"CALL_{event['data']['type']}" for event in events)
        assert len({body["pbx_id"] for body in story}) == 1
        assert len({event["data"]["destinationNumber"] for event in events}) == 1
        call_id = record["data"]["callId"]
        assert await self.website.ask("GET", "/telephony-events", callId=call_id) == record["data"]

    async def _is_quiet(self) -> bool:
        waiting = "SELECT count(*) FROM deliveries WHERE tenant_id = $1"
        return not await self.office.exchange.database.fetchval(waiting, self.office.id)


def told(story: list[Row]) -> list[str]:
    """The webhooks of a call in short: ``STARTED 1001``, and last the type of the record."""
    *events, record = story
    return [*(f"{event['data']['type']} {event['data']['userExtension']}" for event in events), record["type"]]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def partner(exchange: Exchange) -> AsyncIterator[Partner]:
    """A tenant of this module's own, with a partner."""
    office = await exchange.open_office()
    website = Website(office=office, number=office.did_number)
    async with Receiver() as receiver:
        await website.subscribe(receiver.url)
        yield Partner(website=website, receiver=receiver)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def team(partner: Partner) -> list[Agent]:
    """Three agents with addresses."""
    hire = partner.office.hire
    return [await hire(None, "--first-name", name, "--email", f"{name}@acme.example") for name in ("Ann", "Ben", "Cat")]


@pytest_asyncio.fixture(loop_scope="session")
async def agents(exchange: Exchange, team: list[Agent]) -> list[Agent]:
    """The three, who answer at once."""
    exchange.lab.ledger.forget()
    for agent in team:
        await agent.phone.behave(Behaviour.answering(after_seconds=0))
    return team


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def anns_number(partner: Partner, team: list[Agent]) -> str:
    """A DID that leads to the first of them."""
    return await partner.office.add_did(f"agent:{team[0].extension}")


async def called_in(exchange: Exchange, did_number: str) -> None:
    """A customer calls."""
    await exchange.lab.carrier.dial(did_number, exchange.copy.sip, caller_number=E164_CALLER)


async def test_a_call_that_the_crm_makes(exchange: Exchange, partner: Partner, agents: list[Agent]) -> None:
    ann, office = agents[0], partner.office
    calls = await watch(office)
    await office.make_call(ann, CUSTOMER)
    await exchange.lab.carrier.answered(CUSTOMER)
    await calls.connected()
    await exchange.lab.carrier.hang_up(CUSTOMER)
    (story,) = await partner.story()
    extension = ann.extension
    assert told(story) == [f"STARTED {extension}", f"ANSWERED {extension}", f"HANGUP {extension}", "CLICK_TO_CALL"]
    data = story[0]["data"]
    assert data == {
        "timestamp": data["timestamp"],
        "destinationNumber": E164_CUSTOMER,
        "destinationName": E164_CUSTOMER,
        "originatorNumber": office.did_number,
        "originatorName": "Ann",
        "callId": data["callId"],
        "type": "STARTED",
        "sipUsername": ann.account.sip_username,
        "userEmail": "Ann@acme.example",
        "userExtension": int(extension),
    }
    record = story[-1]["data"]
    assert (record["clickToCallType"], record["recorded"]) == ("EXTENSION", True)


@pytest.mark.parametrize(
    "behaviour", [Behaviour.busy(), Behaviour.declining(after_seconds=0.5), Behaviour.ringing_out()],
    ids=["busy", "declines", "rings out"],
)  # fmt: skip
async def test_a_call_whose_agent_cannot_be_had(partner: Partner, agents: list[Agent], behaviour: Behaviour) -> None:
    ann = agents[0]
    await ann.phone.behave(behaviour)
    await partner.office.make_call(ann, CUSTOMER)
    (story,) = await partner.story()
    assert told(story) == [f"STARTED {ann.extension}", f"HANGUP {ann.extension}", "CLICK_TO_CALL"]


@pytest.mark.parametrize("customer", ["4486", "6603", "7000"], ids=["busy", "declines", "rings out"])
async def test_a_call_whose_customer_cannot_be_had(partner: Partner, agents: list[Agent], customer: str) -> None:
    ann = agents[0]
    await partner.office.make_call(ann, number(customer))
    (story,) = await partner.story()
    assert told(story) == [f"STARTED {ann.extension}", f"HANGUP {ann.extension}", "CLICK_TO_CALL"]


async def test_a_call_that_is_cancelled(exchange: Exchange, partner: Partner, agents: list[Agent]) -> None:
    ann, customer = agents[0], number("7001")
    await partner.office.make_call(ann, customer)
    await exchange.lab.carrier.called(customer)
    await ann.phone.hang_up()
    (story,) = await partner.story()
    assert told(story) == [f"STARTED {ann.extension}", f"HANGUP {ann.extension}", "CLICK_TO_CALL"]


async def test_a_call_dialled_on_the_phone(exchange: Exchange, partner: Partner, agents: list[Agent]) -> None:
    ann = agents[0]
    calls = await watch(partner.office)
    await ann.phone.dial(CUSTOMER)
    await exchange.lab.carrier.answered(CUSTOMER)
    await calls.connected()
    await ann.phone.hang_up()
    (story,) = await partner.story()
    assert told(story) == [
        f"STARTED {ann.extension}", f"ANSWERED {ann.extension}", f"HANGUP {ann.extension}", "PHONE_CALL",
    ]  # fmt: skip
    assert (story[-1]["data"]["direction"], story[-1]["data"]["lastEvent"]) == ("OUTBOUND", "CALL_TERMINATED")


@pytest.mark.parametrize("by", ["caller", "callee"])
async def test_an_internal_call(partner: Partner, agents: list[Agent], by: str) -> None:
    ann, ben, _ = agents
    calls = await watch(partner.office)
    await ann.phone.dial(ben.extension)
    await ben.phone.answered()
    await calls.connected()
    await (ann if by == "caller" else ben).phone.hang_up()
    (story,) = await partner.story()
    *events, first, second, record = told(story)
    assert events == [f"STARTED {ann.extension}", f"ANSWERED {ben.extension}"]
    assert {first, second} == {f"HANGUP {ann.extension}", f"HANGUP {ben.extension}"}
    assert record == "PHONE_CALL"
    names = ("originatorName", "originatorNumber", "destinationName", "destinationNumber")
    for body in story:
        assert tuple(body["data"][name] for name in names) == ("Ann", ann.extension, "Ben", ben.extension)


@pytest.mark.parametrize(
    "behaviour", [Behaviour.busy(), Behaviour.declining(after_seconds=0.5), Behaviour.ringing_out()],
    ids=["busy", "declines", "rings out"],
)  # fmt: skip
async def test_an_internal_call_that_is_not_answered(
    partner: Partner, agents: list[Agent], behaviour: Behaviour
) -> None:
    ann, ben, _ = agents
    await ben.phone.behave(behaviour)
    await ann.phone.dial(ben.extension)
    (story,) = await partner.story()
    assert told(story) == [f"STARTED {ann.extension}", f"HANGUP {ann.extension}", "PHONE_CALL"]


async def test_a_customer_calls_an_agent(
    exchange: Exchange, partner: Partner, agents: list[Agent], anns_number: str
) -> None:
    ann = agents[0]
    calls = await watch(partner.office)
    await called_in(exchange, anns_number)
    await ann.phone.answered()
    await calls.connected()
    await exchange.lab.carrier.hang_up()
    (story,) = await partner.story()
    assert told(story) == [
        f"INCOMING {ann.extension}", f"ANSWERED {ann.extension}", f"HANGUP {ann.extension}", "PHONE_CALL",
    ]  # fmt: skip
    data = story[0]["data"]
    assert (data["originatorName"], data["originatorNumber"]) == (E164_CALLER, E164_CALLER)
    assert (data["destinationName"], data["destinationNumber"]) == ("Ann", anns_number)
    record = story[-1]["data"]
    assert (record["originatorNumber"], record["answererName"]) == (E164_CALLER[1:], "Ann")


@pytest.mark.parametrize(
    ("behaviour", "last_event"),
    [
        (Behaviour.busy(), "CALL_LOST_USER_BUSY"),
        (Behaviour.declining(after_seconds=0.5), "CALL_REJECTED"),
        (Behaviour.ringing_out(), "CALL_LOST_NO_ANSWER"),
    ],
    ids=["busy", "declines", "rings out"],
)  # fmt: skip
async def test_a_customer_is_not_answered(  # noqa: PLR0917 - who takes part, what happens, what is told of it
    exchange: Exchange, partner: Partner, agents: list[Agent], anns_number: str, behaviour: Behaviour, last_event: str
) -> None:
    ann = agents[0]
    await ann.phone.behave(behaviour)
    await called_in(exchange, anns_number)
    (story,) = await partner.story()
    assert told(story) == [f"INCOMING {ann.extension}", f"HANGUP {ann.extension}", "PHONE_CALL"]
    assert story[-1]["data"]["lastEvent"] == last_event


async def test_a_customer_gives_up(exchange: Exchange, partner: Partner, agents: list[Agent], anns_number: str) -> None:
    ann = agents[0]
    await ann.phone.behave(Behaviour.ringing_out())
    await called_in(exchange, anns_number)
    await ann.phone.called()
    await exchange.lab.carrier.hang_up()
    (story,) = await partner.story()
    assert told(story) == [f"INCOMING {ann.extension}", f"HANGUP {ann.extension}", "PHONE_CALL"]
    assert story[-1]["data"]["lastEvent"] == "CALL_CANCELED_BY_ORIGINATOR"


async def test_a_group_of_three_is_rung_and_one_answers(
    exchange: Exchange, partner: Partner, agents: list[Agent]
) -> None:
    ann, ben, cat = agents
    group = await partner.office.add_group(*agents)
    did_number = await partner.office.add_did(f"group:{group['name']}")
    calls = await watch(partner.office)
    for agent, behaviour in ((ann, Behaviour.ringing_out()), (cat, Behaviour.declining(after_seconds=0.3))):
        await agent.phone.behave(behaviour)
    await ben.phone.behave(Behaviour.answering(after_seconds=2))
    await called_in(exchange, did_number)
    await ben.phone.answered()
    await calls.connected()
    await ben.phone.hang_up()
    (story,) = await partner.story()
    assert told(story) == [
        f"INCOMING {ann.extension}", f"INCOMING {ben.extension}", f"INCOMING {cat.extension}",
        f"HANGUP {cat.extension}",
        f"ANSWERED {ben.extension}", f"HANGUP {ann.extension}",
        f"HANGUP {ben.extension}", "PHONE_CALL",
    ]  # fmt: skip
    assert [event["data"]["destinationName"] for event in story[:3]] == ["Ann", "Ben", "Cat"]
    assert {event["data"]["destinationNumber"] for event in story[:-1]} == {did_number}


async def test_a_call_is_transferred_to_a_colleague(
    exchange: Exchange, partner: Partner, agents: list[Agent], anns_number: str
) -> None:
    ann, ben, _ = agents
    calls = await watch(partner.office)
    await called_in(exchange, anns_number)
    await ann.phone.answered()
    call_id = (await calls.connected())["call_id"]
    await exchange.copy.run("calls", "transfer", call_id, "--to", ben.extension, "--tenant", partner.office.name)
    await ben.phone.answered()
    await ann.phone.released()
    await exchange.lab.carrier.hang_up()
    (story,) = await partner.story()
    assert told(story) == [
        f"INCOMING {ann.extension}", f"ANSWERED {ann.extension}",
        f"INCOMING {ben.extension}", f"ANSWERED {ben.extension}", f"HANGUP {ann.extension}",
        f"HANGUP {ben.extension}", "PHONE_CALL",
    ]  # fmt: skip
    assert story[-1]["data"]["lastEvent"] == "CALL_TRANSFERRED"


async def test_an_attended_transfer_between_colleagues(
    exchange: Exchange, partner: Partner, agents: list[Agent], sipp: Sipp
) -> None:
    _, ben, cat = agents
    account = await partner.office.open_account("--max-calls", "2")
    desk = SippPhone(account=account, registrar=exchange.copy.sip, sipp=sipp)
    first = await desk.dial(ben.extension)
    await ben.phone.answered()
    second = await desk.dial(cat.extension)
    await cat.phone.answered()
    await second.until_told(200)
    to = f"<sip:{cat.extension}@{desk.registrar}?Replaces={second.replaces()}>"
    assert await first.order("TRANSFER", Refer_To=to) == 202
    await first.finished()
    await second.finished()
    await cat.phone.hang_up()
    consultation, story = sorted(map(told, await partner.story(2)), key=len)
    own = account.extension
    assert consultation[:2] == [f"STARTED {own}", f"ANSWERED {cat.extension}"]
    assert sorted(consultation[2:]) == sorted([f"HANGUP {own}", f"HANGUP {cat.extension}", "PHONE_CALL"])
    assert story[:5] == [
        f"STARTED {own}", f"ANSWERED {ben.extension}",
        f"INCOMING {cat.extension}", f"ANSWERED {cat.extension}", f"HANGUP {own}",
    ]  # fmt: skip
    assert set(story[5:-1]) == {f"HANGUP {ben.extension}", f"HANGUP {cat.extension}"}
