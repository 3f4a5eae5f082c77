"""Accepting a call: every refusal in its order, and one transaction for everything."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from cordboard.actions.change_tenant import change_tenant
from cordboard.actions.create_agent import NewAgent, create_agent
from cordboard.actions.create_group import create_group
from cordboard.actions.make_call import AcceptedCall, CallRequest, make_call
from cordboard.actions.remove_did import remove_did
from cordboard.actions.remove_trunk import remove_trunk
from cordboard.actions.save_contact import ContactDetails, save_contact
from cordboard.domain.call_state import CallPhase, Party
from cordboard.domain.errors import CallRefused, Refusal
from tests.support.core import Shop, beat, register

WANTED = CallRequest(extension="6688", number="0912345678")


async def ask(shop: Shop, **changes: str) -> AcceptedCall:
    return await make_call(shop.core, shop.tenant, replace(WANTED, **changes))  # type: ignore[arg-type] # texts only


async def refusal(shop: Shop, **changes: str) -> Refusal:
    with pytest.raises(CallRefused) as refused:
        await ask(shop, **changes)
    assert await shop.core.store.for_tenant(shop.tenant.id).calls.live() == []
    return refused.value.refusal


async def test_an_accepted_call_waits_for_its_node(shop: Shop) -> None:
    accepted = await ask(shop, request_id="T-1")
    (queued,) = await shop.core.store.system.calls.queued(shop.node.id)
    assert (queued.id, queued.reference, queued.phase) == (accepted.id, accepted.reference, CallPhase.QUEUED)
    assert (queued.customer_number, queued.shown_to_agent) == ("+84912345678", "0912345678")
    (member,) = queued.members
    assert (member.agent_id, member.name, member.extension) == (shop.agent.id, "alice", "6688")
    assert [(phone.address, phone.contact) for phone in member.phones] == [(shop.agent.sip_username, "")]
    assert queued.busy_agents == {shop.agent.id}
    assert [route.target.address for route in queued.routes] == ["+84912345678"]
    assert queued.first is Party.AGENT


async def test_several_phones_are_each_rung_and_asked_to_answer_as_the_agent_wants(shop: Shop) -> None:
    bob = (
        await create_agent(shop.core, shop.tenant, NewAgent(user_name="bob", extension="101", is_auto_answered=True))
    ).agent
    await register(shop.core, shop.node, bob, phones=2)
    await ask(shop, extension="101")
    ((member,),) = [call.members for call in await shop.core.store.system.calls.queued(shop.node.id)]
    assert [phone.contact.rpartition(":")[2] for phone in member.phones] == ["5070", "5071"]
    assert member.is_auto_answered


async def test_a_customer_who_is_a_contact_has_a_name(shop: Shop) -> None:
    details = ContactDetails(
        first_name="Mai", last_name="Trần", primary_phone="0912345678", crm_name="Hubspot", crm_url="https://crm/1"
    )
    contact = await save_contact(shop.core, shop.tenant, details)
    await ask(shop)
    (queued,) = await shop.core.store.system.calls.queued(shop.node.id)
    assert (queued.customer_name, queued.contact_id) == ("Mai Trần", contact.id)
    assert (queued.contact_crm, queued.contact_crm_url) == ("Hubspot", "https://crm/1")


async def test_a_groups_extension_is_an_extension(shop: Shop) -> None:
    await create_group(shop.core, shop.tenant, name="sales", extension="700")
    assert await refusal(shop, number="700") is Refusal.NUMBER_IS_EXTENSION


async def test_nothing_is_asked_of_an_unknown_extension(shop: Shop) -> None:
    assert await refusal(shop, extension="0000", number="0000000000") is Refusal.AGENT_UNKNOWN


async def unregistered(shop: Shop) -> None:
    await register(shop.core, shop.node, shop.agent, phones=0)


async def without_trunk(shop: Shop) -> None:
    await remove_trunk(shop.core, shop.tenant, "carrier")


async def without_number(shop: Shop) -> None:
    (did,) = await shop.core.store.for_tenant(shop.tenant.id).dids.list()
    await remove_did(shop.core, shop.tenant, did.number)


async def without_engine(shop: Shop) -> None:
    await beat(shop.core, shop.node, is_connected=False)


@pytest.mark.parametrize(
    ("spoil", "number", "expected"),
    [
        (unregistered, "0000000000", Refusal.AGENT_UNREGISTERED),
        (without_trunk, "0000000000", Refusal.NUMBER_INVALID),
        (without_trunk, "6688", Refusal.NUMBER_IS_EXTENSION),
        (without_trunk, "+390312345678", Refusal.DESTINATION_DENIED),
        (without_trunk, "0912345678", Refusal.NO_TRUNK),
        (without_number, "0912345678", Refusal.NO_NUMBER),
        (without_engine, "0912345678", Refusal.ENGINE_AWAY),
    ],
)
async def test_a_call_is_refused_for_the_first_reason(
    shop: Shop, spoil: Callable[[Shop], Awaitable[None]], number: str, expected: Refusal
) -> None:
    await spoil(shop)
    assert await refusal(shop, number=number) is expected


async def test_a_busy_agent_is_refused_before_a_missing_trunk(shop: Shop) -> None:
    await ask(shop)
    await without_trunk(shop)
    with pytest.raises(CallRefused) as refused:
        await ask(shop)
    assert refused.value.refusal is Refusal.AGENT_BUSY


async def test_the_tenants_cap_holds_but_for_emergencies(shop: Shop) -> None:
    tenant = await change_tenant(shop.core, shop.tenant, {"max_calls": 1})
    capped = replace(shop, tenant=tenant)
    bob = (await create_agent(shop.core, tenant, NewAgent(user_name="bob", extension="101"))).agent
    await register(shop.core, shop.node, bob)
    await ask(capped)
    with pytest.raises(CallRefused) as refused:
        await ask(capped, extension="101")
    assert refused.value.refusal is Refusal.CAP_REACHED
    await ask(capped, extension="101", number="113")


async def test_a_full_queue_refuses(shop: Shop) -> None:
    full = replace(shop, core=replace(shop.core, settings=shop.core.settings.changed(start_rate=0)))
    assert await refusal(full) is Refusal.QUEUE_FULL


async def test_a_refused_call_does_not_use_up_its_request_id(shop: Shop) -> None:
    assert await refusal(shop, number="0000000000", request_id="T-1") is Refusal.NUMBER_INVALID
    assert (await ask(shop, request_id="T-1")).request_id == "T-1"


async def test_a_request_id_sent_again_is_the_first_call_whatever_else_is_said(shop: Shop) -> None:
    first = await ask(shop, request_id="T-1")
    assert await ask(shop, request_id="T-1", extension="0000", number="no number") == first


async def test_equal_requests_at_once_are_one_call(shop: Shop) -> None:
    accepted = await asyncio.gather(*(ask(shop, request_id="T-1") for _ in range(20)))
    assert len({call.id for call in accepted}) == 1
    assert len(await shop.core.store.for_tenant(shop.tenant.id).calls.live()) == 1


async def test_one_agent_takes_one_of_many_calls_at_once(shop: Shop) -> None:
    results = await asyncio.gather(*(ask(shop, request_id=f"T-{n}") for n in range(20)), return_exceptions=True)
    accepted = [result for result in results if isinstance(result, AcceptedCall)]
    refused = {result.refusal for result in results if isinstance(result, CallRefused)}
    assert (len(accepted), refused) == (1, {Refusal.AGENT_BUSY})
