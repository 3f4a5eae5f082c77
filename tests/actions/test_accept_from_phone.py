"""What agents dial on their phones: extensions, groups, numbers outside."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from cordboard.actions.accept_call import accept_call, reason_for
from cordboard.actions.change_tenant import change_tenant
from cordboard.actions.create_agent import NewAgent, create_agent
from cordboard.actions.create_group import create_group
from cordboard.actions.make_call import AcceptedCall, CallRequest, make_call
from cordboard.actions.remove_did import remove_did
from cordboard.actions.remove_trunk import remove_trunk
from cordboard.actions.save_contact import ContactDetails, save_contact
from cordboard.domain.agent import Agent
from cordboard.domain.call_state import Call, CallPhase, FlowName, Party
from cordboard.domain.commands import HangUpReason, TargetKind
from cordboard.domain.errors import CallRefused, Refusal
from tests.support.arrivals import CUSTOMER, from_phone, hire
from tests.support.core import Shop, open_shop, register


async def dial(shop: Shop, number: str, agent: Agent | None = None) -> Call:
    return await accept_call(shop.core, shop.node.id, from_phone(agent or shop.agent, number))


async def refusal(shop: Shop, number: str, agent: Agent | None = None) -> Refusal:
    before = await live(shop)
    with pytest.raises(CallRefused) as refused:
        await dial(shop, number, agent)
    assert await live(shop) == before
    return refused.value.refusal


async def live(shop: Shop) -> list[Call]:
    return await shop.core.store.for_tenant(shop.tenant.id).calls.live()


@pytest.fixture
async def bob(shop: Shop) -> Agent:
    return await hire(shop, "bob", "101")


def test_every_refusal_is_told_to_the_caller_somehow() -> None:
    assert {refusal: reason_for(refusal) for refusal in Refusal}[Refusal.AGENT_UNKNOWN] is HangUpReason.FORBIDDEN
    assert reason_for(Refusal.NUMBER_UNKNOWN) is HangUpReason.UNKNOWN_NUMBER
    assert reason_for(Refusal.CAP_REACHED) is HangUpReason.BUSY


async def test_an_extension_is_a_colleague(shop: Shop, bob: Agent) -> None:
    arrival = from_phone(shop.agent, "101", "sip-user-of-to")
    call = await accept_call(shop.core, shop.node.id, arrival)
    assert await live(shop) == [call]
    assert (call.flow, call.phase, call.first) == (FlowName.INTERNAL, CallPhase.QUEUED, Party.AGENT)
    assert (call.agent_id, call.agent_user_name, call.agent_extension) == (shop.agent.id, "alice", "6688")
    assert (call.customer_number, call.customer_name, call.shown_to_agent, call.did_number) == ("101", "Bob", "101", "")
    assert call.routes == ()
    (member,) = call.members
    assert (member.agent_id, member.extension, member.is_busy, member.is_auto_answered) == (bob.id, "101", False, False)
    assert [(phone.address, phone.contact) for phone in member.phones] == [(bob.sip_username, "")]
    (leg,) = call.legs
    assert (leg.id, leg.party, leg.agent_id, leg.is_incoming) == (arrival.leg_id, Party.AGENT, shop.agent.id, True)
    assert (leg.target.kind, leg.target.address) == (TargetKind.PHONE, shop.agent.sip_username)
    assert leg.dialled_at == call.requested_at == arrival.at
    assert call.busy_agents == {shop.agent.id, bob.id}


async def test_several_phones_of_an_extension_are_each_dialled_at_their_address(shop: Shop, bob: Agent) -> None:
    await register(shop.core, shop.node, bob, phones=3)
    (member,) = (await dial(shop, "101")).members
    assert [phone.address for phone in member.phones] == [bob.sip_username] * 3
    assert [phone.contact.rpartition(":")[2] for phone in member.phones] == ["5070", "5071", "5072"]


async def test_phones_that_are_registered_elsewhere_are_not_rung(shop: Shop, bob: Agent) -> None:
    elsewhere = await shop.core.store.system.nodes.upsert("node-2")
    await register(shop.core, shop.node, bob, phones=0)
    await register(shop.core, elsewhere, bob)
    (member,) = (await dial(shop, "101")).members
    assert (member.phones, member.is_busy) == ((), False)


async def test_a_group_is_rung_at_once_in_its_order_the_busy_and_the_caller_apart(shop: Shop, bob: Agent) -> None:
    carol = await hire(shop, "carol", "102", phones=2)
    await hire(shop, "dave", "103", phones=0)
    await create_group(shop.core, shop.tenant, name="sales", extension="700", members=("103", "102", "6688", "101"))
    await dial(shop, "0912345678", bob)
    call = await dial(shop, "700")
    assert (call.flow, call.customer_number, call.customer_name) == (FlowName.INTERNAL, "700", "sales")
    found = [(member.extension, len(member.phones), member.is_busy) for member in call.members]
    assert found == [("103", 0, False), ("102", 2, False), ("101", 1, True)]
    assert carol.id in call.busy_agents
    assert bob.id not in call.busy_agents


async def test_an_agent_with_two_extensions_in_a_group_is_one_member(shop: Shop, bob: Agent) -> None:
    rows = shop.core.store.for_tenant(shop.tenant.id)
    await rows.extensions._door.fetch(
        "INSERT INTO extensions (tenant_id, extension, agent_id, is_main, sip_username, sip_password_md5)"
        " VALUES ($1, '102', $2, false, '102-second', '')",
        shop.tenant.id,
        bob.id,
    )
    await register(shop.core, shop.node, replace(bob, sip_username="102-second"))
    await create_group(shop.core, shop.tenant, name="sales", extension="700", members=("101", "102"))
    (member,) = (await dial(shop, "700")).members
    assert (member.agent_id, member.extension) == (bob.id, "101")
    assert [phone.address for phone in member.phones] == [bob.sip_username, "102-second"]


@pytest.mark.parametrize("number", ["6688", "700"])
async def test_whoever_dials_themselves_is_busy(shop: Shop, number: str) -> None:
    await create_group(shop.core, shop.tenant, name="alone", extension="700", members=("6688",))
    (member,) = (await dial(shop, number)).members
    assert member.is_busy


async def test_an_empty_group_has_nobody_to_ring(shop: Shop) -> None:
    await create_group(shop.core, shop.tenant, name="nobody", extension="700")
    call = await dial(shop, "700")
    assert (call.flow, call.members) == (FlowName.INTERNAL, ())


async def test_a_number_outside_goes_through_the_trunks_with_the_agents_number(shop: Shop) -> None:
    (did,) = await shop.core.store.for_tenant(shop.tenant.id).dids.list()
    await save_contact(
        shop.core, shop.tenant, ContactDetails(first_name="Mai", last_name="Trần", primary_phone=CUSTOMER)
    )
    call = await dial(shop, "0912345678")
    assert (call.flow, call.first, call.members) == (FlowName.OUTBOUND, Party.AGENT, ())
    assert (call.customer_number, call.customer_name, call.shown_to_agent) == (CUSTOMER, "Mai Trần", "0912345678")
    assert call.did_number == did.number
    assert [(route.target.address, route.caller_number) for route in call.routes] == [(CUSTOMER, did.number)]
    assert await live(shop) == [call]


async def test_an_agents_own_number_is_shown_before_the_tenants_first(shop: Shop) -> None:
    rows = shop.core.store.for_tenant(shop.tenant.id)
    await rows.dids.add(number="+842899999999")
    erin = await rows.agents.create(user_name="erin", extension="104", sip_password="s", did_number="+842899999999")
    assert (await dial(shop, "0912345678", erin)).did_number == "+842899999999"


async def test_a_short_number_passes_the_allow_list(shop: Shop) -> None:
    tenant = await change_tenant(shop.core, shop.tenant, {"allowed_destinations": ("+39",)})
    call = await dial(replace(shop, tenant=tenant), "113")
    assert (call.flow, call.customer_number) == (FlowName.OUTBOUND, "113")


async def test_an_emergency_number_goes_out_whoever_has_it_and_whatever_is_full(shop: Shop) -> None:
    tenant = await change_tenant(shop.core, shop.tenant, {"max_calls": 1})
    capped = replace(shop, tenant=tenant)
    await hire(capped, "police", "113")
    for _ in range(4):
        call = await dial(capped, "113")
        assert (call.flow, [route.target.address for route in call.routes]) == (FlowName.OUTBOUND, ["113"])
    assert await refusal(capped, "0912345678") is Refusal.AGENT_BUSY


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("", Refusal.NUMBER_INVALID),
        ("*97", Refusal.NUMBER_INVALID),
        ("102", Refusal.NUMBER_INVALID),
        ("0000000000", Refusal.NUMBER_INVALID),
        ("1\x002", Refusal.NUMBER_INVALID),
        ("+390212345678", Refusal.DESTINATION_DENIED),
        ("00390212345678", Refusal.DESTINATION_DENIED),
    ],
)
async def test_a_number_that_cannot_be_dialled(shop: Shop, number: str, expected: Refusal) -> None:
    assert await refusal(shop, number) is expected


async def test_strangers_phones_and_disabled_agents_and_tenants_call_nobody(shop: Shop, bob: Agent) -> None:
    assert await refusal(shop, "101", replace(bob, sip_username="nobody-123456")) is Refusal.AGENT_UNKNOWN
    rows = shop.core.store.for_tenant(shop.tenant.id)
    await rows.agents._door.fetch("UPDATE agents SET is_enabled = false WHERE id = $1", bob.id)
    assert await refusal(shop, "6688", bob) is Refusal.AGENT_UNKNOWN
    (member,) = (await dial(shop, "101")).members
    assert member.phones == ()
    await change_tenant(shop.core, shop.tenant, {"is_enabled": False})
    assert await refusal(shop, "101") is Refusal.AGENT_UNKNOWN


async def test_one_call_more_than_the_agents_own_may_be_dialled_to_ask_somebody(shop: Shop, bob: Agent) -> None:
    await make_call(shop.core, shop.tenant, CallRequest(extension="6688", number="0912345678"))
    await dial(shop, "101")
    assert await refusal(shop, "101") is Refusal.AGENT_BUSY
    assert (await dial(shop, "6688", bob)).members[0].is_busy


async def test_the_tenants_cap_holds_for_dialled_calls(shop: Shop, bob: Agent) -> None:
    capped = replace(shop, tenant=await change_tenant(shop.core, shop.tenant, {"max_calls": 1}))
    await dial(capped, "101")
    assert await refusal(capped, "0912345678", bob) is Refusal.CAP_REACHED
    assert await refusal(capped, "6688", bob) is Refusal.CAP_REACHED


@pytest.mark.usefixtures("bob")
async def test_what_a_call_out_needs_a_call_to_a_colleague_does_not(shop: Shop) -> None:
    (did,) = await shop.core.store.for_tenant(shop.tenant.id).dids.list()
    await remove_did(shop.core, shop.tenant, did.number)
    assert await refusal(shop, "0912345678") is Refusal.NO_NUMBER
    await remove_trunk(shop.core, shop.tenant, "carrier")
    assert await refusal(shop, "0912345678") is Refusal.NO_TRUNK
    assert (await dial(shop, "101")).flow is FlowName.INTERNAL


@pytest.mark.usefixtures("bob")
async def test_a_full_queue_refuses(shop: Shop) -> None:
    full = replace(shop, core=replace(shop.core, settings=shop.core.settings.changed(start_rate=0)))
    assert await refusal(full, "101") is Refusal.QUEUE_FULL


@pytest.mark.usefixtures("bob")
async def test_a_call_never_began_later_than_now(shop: Shop) -> None:
    arrival = from_phone(shop.agent, "101")
    late = replace(arrival, at=arrival.at + timedelta(hours=1))
    call = await accept_call(shop.core, shop.node.id, late)
    assert arrival.at <= call.requested_at < late.at
    assert call.legs[0].dialled_at == call.requested_at


async def test_the_same_extensions_at_two_tenants_are_two_worlds(shop: Shop) -> None:
    other = await open_shop(shop.core, name="other")
    bobs = [await hire(one, "bob", "101") for one in (shop, other)]
    for one, bob in zip((shop, other), bobs, strict=True):
        call = await dial(one, "101")
        assert (call.tenant_id, call.agent_id, call.members[0].agent_id) == (one.tenant.id, one.agent.id, bob.id)
    stranger = await open_shop(shop.core, name="third")
    assert await refusal(stranger, "101") is Refusal.NUMBER_INVALID


async def test_two_who_call_each_other_at_once_never_wait_for_each_other(shop: Shop) -> None:
    """Locks in one order: of a deadlock's two PostgreSQL kills one (Unavailable)."""
    pairs = []
    for number in range(4):
        pairs += [
            await hire(shop, name, f"{number + 1}{extension}", max_calls=100)
            for name, extension in ((f"a{number}", "01"), (f"b{number}", "02"))
        ]
    everybody = tuple(agent.extension for agent in pairs)
    await create_group(shop.core, shop.tenant, name="up", extension="700", members=everybody)
    await create_group(shop.core, shop.tenant, name="down", extension="701", members=everybody[::-1])
    dialled = [(one, other.extension) for one in pairs for other in pairs[:3]]
    dialled += [(one, group) for one in pairs for group in ("700", "701")]
    calls = await asyncio.gather(*(dial(shop, number, agent) for agent, number in dialled * 3))
    assert len(await live(shop)) == len(calls) == len(dialled) * 3


@pytest.mark.usefixtures("bob")
async def test_an_agents_last_line_is_taken_by_one_of_many(shop: Shop) -> None:
    callers = [await hire(shop, f"c{number}", f"20{number}") for number in range(8)]
    calls = await asyncio.gather(*(dial(shop, "101", caller) for caller in callers))
    assert [call.members[0].is_busy for call in calls].count(False) == 1


async def test_a_phone_and_the_api_do_not_both_get_the_last_line(shop: Shop) -> None:
    """What is dialled gets one more than the API; never more in all."""
    wanted = CallRequest(extension="6688", number="0912345678")
    asked = [make_call(shop.core, shop.tenant, wanted) for _ in range(6)]
    results = await asyncio.gather(*asked, *(dial(shop, "0912345678") for _ in range(6)), return_exceptions=True)
    assert all(isinstance(one, AcceptedCall | Call | CallRefused) for one in results)
    assert len(await live(shop)) == 2


async def test_a_new_agent_is_in_nobodys_call(shop: Shop) -> None:
    fresh = (await create_agent(shop.core, shop.tenant, NewAgent(user_name="fresh", extension="105"))).agent
    (member,) = (await dial(shop, "105")).members
    assert (member.agent_id, member.phones, member.is_busy) == (fresh.id, (), False)
