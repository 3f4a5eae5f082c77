"""Click-to-calls on the real engine: each order of dialling, with an agent and with a group."""

import asyncio

import pytest

from cordboard.lab.behaviour import Behaviour
from cordboard.lab.number_plan import number
from tests.support.call_watch import facts, watch
from tests.support.exchange import Agent, Exchange, Office
from tests.support.sipp import Sipp
from tests.support.sipp_phone import COMPLETED_ELSEWHERE, waiting_phone
from tests.support.voices import ALICE_HZ, CUSTOMER, CUSTOMER_HZ, heard_by, recorded_tones, sound_at
from tests.support.website import Website

pytestmark = pytest.mark.asyncio(loop_scope="session")

ORDERS = ("extension", "contact")
# The engine's tones in Viet Nam (ITU-T E.180 supplement 2).
TONE_HZ = 425

every_order = pytest.mark.parametrize("dial_first", ORDERS)


@every_order
async def test_both_hear_each_other_and_the_contact_sees_the_number(
    exchange: Exchange, office: Office, website: Website, alice: Agent, dial_first: str
) -> None:
    calls, carrier = await watch(office), exchange.lab.carrier
    await carrier.record()
    await website.call(alice.extension, dial_first)
    at_customer, at_alice = await carrier.answered(CUSTOMER), await alice.phone.answered()
    assert (at_alice.invited_at < at_customer.invited_at) == (dial_first == "extension")
    assert at_alice.from_user == CUSTOMER
    assert (at_customer.number, at_customer.from_user) == (f"+84{CUSTOMER[1:]}", website.number)
    await calls.connected()
    await asyncio.sleep(1.5)  # the talk
    await (carrier.hang_up(CUSTOMER) if dial_first == "contact" else alice.phone.hang_up())
    row = await calls.ended()
    by = "customer" if dial_first == "contact" else "agent"
    assert facts(row) == ("OUTBOUND", "answered", CUSTOMER, alice.extension, alice.user_name, by)
    await alice.phone.released()
    await carrier.released(CUSTOMER)
    assert await heard_by(alice.phone, at_alice) == {CUSTOMER_HZ}
    assert await heard_by(carrier, at_customer) == {ALICE_HZ}
    assert await recorded_tones(office, row) == ({ALICE_HZ}, {CUSTOMER_HZ})
    _, event = await office.webhook(row["call_id"])
    assert event["hotline"] == f"0{website.number.removeprefix('+84')}"


@every_order
async def test_of_a_group_all_ring_and_the_first_to_answer_has_the_call(  # noqa: PLR0917 - who takes part
    exchange: Exchange, office: Office, website: Website, alice: Agent, bob: Agent, sipp: Sipp, dial_first: str
) -> None:
    account, waiting = await waiting_phone(office, sipp)
    group = await office.add_group(bob, alice, account)
    calls, carrier = await watch(office), exchange.lab.carrier
    await carrier.record()
    await bob.phone.behave(Behaviour.ringing_out())
    await alice.phone.behave(Behaviour.answering(after_seconds=1, tone_hz=ALICE_HZ).recorded())
    await website.call(group["extension"], dial_first)
    at_customer, at_alice = await carrier.answered(CUSTOMER), await alice.phone.answered()
    assert (at_alice.invited_at < at_customer.invited_at) == (dial_first == "extension")
    assert at_customer.from_user == website.number
    assert (await waiting.until("CANCEL")).headers["Reason"] == COMPLETED_ELSEWHERE
    at_bob = await bob.phone.released()
    assert (at_bob.is_answered, at_bob.from_user) == (False, CUSTOMER)
    live = await calls.connected()
    assert facts(live) == ("OUTBOUND", "answered", CUSTOMER, alice.extension, alice.user_name, "")
    assert await office.is_callable(bob)
    await asyncio.sleep(1.5)  # the talk
    await carrier.hang_up(CUSTOMER)
    row = await calls.ended()
    assert facts(row) == ("OUTBOUND", "answered", CUSTOMER, alice.extension, alice.user_name, "customer")
    await alice.phone.released()
    await carrier.released(CUSTOMER)
    assert await heard_by(alice.phone, at_alice) == {CUSTOMER_HZ}
    assert await heard_by(carrier, at_customer) == {ALICE_HZ}
    assert await recorded_tones(office, row) == ({ALICE_HZ}, {CUSTOMER_HZ})


@pytest.mark.parametrize(
    ("behaviour", "status", "by"),
    [
        (Behaviour.busy(), "busy", "agent"),
        (Behaviour.declining(after_seconds=0.5), "rejected", "agent"),
        (Behaviour.ringing_out(), "missed", "system"),
    ],
    ids=["busy", "declines", "rings out"],
)
@every_order
async def test_the_agent_cannot_be_had(  # noqa: PLR0917 - who takes part, what happens, what is told of it
    exchange: Exchange, office: Office, website: Website, alice: Agent,
    dial_first: str, behaviour: Behaviour, status: str, by: str,
) -> None:  # fmt: skip
    calls, carrier = await watch(office), exchange.lab.carrier
    await carrier.record()
    await alice.phone.behave(behaviour)
    await website.call(alice.extension, dial_first)
    row = await calls.ended()
    assert facts(row) == ("OUTBOUND", status, CUSTOMER, alice.extension, alice.user_name, by)
    assert (row["answertime"], row["recording_url"]) == ("", "")
    await alice.phone.released()
    if dial_first == "extension":
        assert carrier.calls(CUSTOMER) == ()
        return
    at_customer = await carrier.released(CUSTOMER)
    assert (await sound_at(carrier, at_customer)).seconds_of(TONE_HZ) >= 0.5  # ringback, or why not


@pytest.mark.parametrize(
    ("contact", "status", "by"),
    [("4486", "busy", "customer"), ("6603", "rejected", "customer"), ("7000", "missed", "system")],
    ids=["busy", "declines", "rings out"],
)
@every_order
async def test_the_contact_cannot_be_had(  # noqa: PLR0917 - who takes part, what happens, what is told of it
    exchange: Exchange, office: Office, website: Website, alice: Agent,
    dial_first: str, contact: str, status: str, by: str,
) -> None:  # fmt: skip
    calls, contact = await watch(office), number(contact)
    await website.call(alice.extension, dial_first, contact)
    row = await calls.ended()
    assert facts(row) == ("OUTBOUND", status, contact, alice.extension, alice.user_name, by)
    assert (row["answertime"], row["recording_url"]) == ("", "")
    await exchange.lab.carrier.released(contact)
    if dial_first == "contact":
        assert alice.phone.calls() == ()
        return
    at_alice = await alice.phone.released()
    assert (await sound_at(alice.phone, at_alice)).seconds_of(TONE_HZ) >= 0.5


@every_order
async def test_nobody_of_a_group_answers(  # noqa: PLR0917 - who takes part
    exchange: Exchange, office: Office, website: Website, alice: Agent, bob: Agent, carol: Agent, dial_first: str
) -> None:
    group = await office.add_group(alice, bob, carol)
    calls, carrier = await watch(office), exchange.lab.carrier
    await alice.phone.behave(Behaviour.busy())
    await bob.phone.behave(Behaviour.declining(after_seconds=0.5))
    await carol.phone.behave(Behaviour.ringing_out())
    await website.call(group["extension"], dial_first)
    row = await calls.ended()
    assert facts(row) == ("OUTBOUND", "missed", CUSTOMER, carol.extension, carol.user_name, "system")
    for agent in (alice, bob, carol):
        assert not (await agent.phone.released()).is_answered
    if dial_first == "extension":
        assert carrier.calls(CUSTOMER) == ()
    else:
        await carrier.released(CUSTOMER)


async def test_a_contact_who_declines_a_groups_call_bothers_nobody(
    office: Office, website: Website, alice: Agent, bob: Agent
) -> None:
    group = await office.add_group(alice, bob)
    calls, contact = await watch(office), number("6603")
    await website.call(group["extension"], "contact", contact)
    row = await calls.ended()
    assert facts(row) == ("OUTBOUND", "rejected", contact, group["extension"], "", "customer")
    assert (alice.phone.calls(), bob.phone.calls()) == ((), ())
