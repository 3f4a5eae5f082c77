"""Slots and caps, taken in the transaction that accepts the call."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from cordboard.domain.agent import Agent
from cordboard.domain.call_state import CallPhase, Party
from cordboard.domain.contact import Contact
from cordboard.domain.registration import Registration
from cordboard.domain.trunk import Trunk
from cordboard.store import Admission, CallKey, Store
from tests.store.conftest import NOW, Office, open_office
from tests.support.calls import incoming_leg


async def admission_of(office: Office, extension: str = "6688", **more: Any) -> Admission:
    async with office.rows.transaction() as rows:
        return await rows.admissions.for_call(extension, now=NOW, **more)


def here(agent: Agent, *contacts: str) -> Registration:
    return Registration(sip_username=agent.sip_username, contacts=contacts, at=NOW)


async def test_an_admission_tells_all_that_a_call_runs_on(office: Office, other_office: Office) -> None:
    await office.rows.trunks.add(name="first", host="a", priority=0, password="secret")
    await other_office.rows.calls.insert(other_office.call())
    admission = await admission_of(office)
    assert admission.caller is not None
    assert admission.caller.agent == office.agent
    assert admission.node is not None
    assert admission.node.id == office.node.id
    trunks = await office.rows.trunks.list()
    assert admission.trunks == tuple(trunks)
    assert all(isinstance(trunk, Trunk) for trunk in admission.trunks)
    assert admission.did_number == "+842873000001"
    assert (admission.caller.calls, admission.tenant_calls, admission.queued_calls) == (0, 0, 1)
    assert not admission.is_registered
    assert (admission.called, admission.called_name, admission.contact) == ((), None, None)
    assert (await admission_of(office, "6689")).caller is None


async def test_a_call_to_an_extension_of_the_tenant_is_known_for_one(office: Office, store: Store) -> None:
    empty = await store.system.tenants.create("other")
    await store.for_tenant(empty.id).agents.create(user_name="a", extension="77", sip_password="s")
    async with office.rows.transaction() as rows:
        for called, is_internal in (("6688", True), ("77", False), ("0912345678", False), ("", False)):
            admission = await rows.admissions.for_call("6688", called=called)
            assert (admission.called_name is not None) == is_internal


async def test_calls_are_counted_for_the_agent_the_tenant_and_the_nodes_queue(office: Office) -> None:
    bob = await office.rows.agents.create(user_name="bob", extension="1", sip_password="s", did_number="+842873000001")
    await office.rows.calls.insert(office.call())
    on_the_line = replace(incoming_leg(Party.AGENT), agent_id=office.agent.id)
    await office.rows.calls.insert(office.call(phase=CallPhase.CONNECTED, legs=(on_the_line,)))
    await office.rows.calls.insert(office.call(agent_id=bob.id))
    for cap, counted in ((None, 0), (9, 3)):
        await office.rows.tenants.change(max_calls=cap)
        admission = await admission_of(office)
        assert admission.caller is not None
        assert (admission.caller.calls, admission.tenant_calls, admission.queued_calls) == (2, counted, 2)


async def test_a_call_goes_where_the_phone_is_then_to_the_least_loaded_live_node(office: Office) -> None:
    nodes = office.store.system.nodes
    busy, idle, dead = [await nodes.upsert(name) for name in ("busy", "idle", "dead")]
    await nodes.beat(office.node.id, at=NOW, startup_time="1", is_connected=False, live_calls=0)
    await nodes.beat(busy.id, at=NOW, startup_time="1", is_connected=True, live_calls=9)
    await nodes.beat(idle.id, at=NOW, startup_time="1", is_connected=True, live_calls=1)
    await nodes.beat(dead.id, at=NOW - timedelta(seconds=11), startup_time="1", is_connected=True, live_calls=0)

    async def node_id() -> int | None:
        admission = await admission_of(office)
        return None if admission.node is None else admission.node.id

    assert await node_id() == idle.id
    await office.store.system.registrations.put(busy.id, here(office.agent, "sip:a@b"))
    assert await node_id() == busy.id
    for node in (busy, idle):
        await nodes.beat(node.id, at=NOW, startup_time="1", is_connected=False, live_calls=0)
    admission = await admission_of(office)
    # All engines are away: what was heard of the phone last still stands.
    assert (admission.node, admission.is_registered, admission.queued_calls) == (None, True, 0)


async def test_a_tenant_without_numbers_and_trunks_has_none(store: Store) -> None:
    tenant = await store.system.tenants.create("empty")
    await store.for_tenant(tenant.id).agents.create(user_name="a", extension="1", sip_password="s")
    async with store.for_tenant(tenant.id).transaction() as rows:
        admission = await rows.admissions.for_call("1")
    assert (admission.trunks, admission.did_number, admission.node) == ((), "", None)


async def _accept(office: Office, extension: str, limit: int, *, is_tenants: bool = False) -> bool:
    """What accepting a call does, as short as can be."""
    async with office.rows.transaction() as rows:
        admission = await rows.admissions.for_call(extension, now=NOW)
        assert admission.caller is not None
        taken = admission.tenant_calls if is_tenants else admission.caller.calls
        if taken >= limit:
            return False
        await rows.calls.insert(office.call(agent_id=admission.caller.agent.id))
        return True


async def test_an_agents_slots_are_taken_exactly_by_requests_at_once(office: Office) -> None:
    accepted = await asyncio.gather(*(_accept(office, "6688", 3) for _ in range(24)))
    assert sum(accepted) == 3
    assert len(await office.rows.calls.live()) == 3


async def test_a_tenants_cap_is_taken_exactly_by_requests_for_many_agents_at_once(office: Office) -> None:
    await office.rows.tenants.change(max_calls=5)
    for number in range(8):
        await office.rows.agents.create(user_name=f"a{number}", extension=f"1{number}", sip_password="s")
    accepted = await asyncio.gather(*(_accept(office, f"1{n % 8}", 5, is_tenants=True) for n in range(32)))
    assert sum(accepted) == 5


async def test_one_tenants_lock_does_not_hold_up_another(store: Store) -> None:
    one = await open_office(store, "acme")
    two = await open_office(store, "globex", did="+842873000002")
    async with one.rows.transaction() as rows:
        await rows.admissions.for_call("6688", now=NOW)
        assert await asyncio.wait_for(_accept(two, "6688", 1), 30)


async def test_the_same_request_id_at_once_makes_one_call(office: Office) -> None:
    async def accept() -> UUID:
        async with office.rows.transaction() as rows:
            await rows.requests.lock("order-1")
            known = await rows.requests.find("order-1", NOW - timedelta(hours=24))
            if known is not None:
                return known.id
            call = office.call()
            await rows.calls.insert(call)
            await rows.requests.insert("order-1", call.id, call.reference, NOW)
            return call.id

    made = await asyncio.gather(*(accept() for _ in range(16)))
    (live,) = await office.rows.calls.live()
    assert set(made) == {live.id}


async def test_a_request_id_stands_for_its_call_for_a_while_and_only_in_its_tenant(
    office: Office, other_office: Office
) -> None:
    first, second = office.call(), office.call()
    requests, key = office.rows.requests, "Üñî 'code'"
    await requests.insert(key, first.id, first.reference, NOW)
    assert await requests.find(key, NOW) == CallKey(id=first.id, reference=first.reference)
    assert await requests.find(key, NOW + timedelta(seconds=1)) is None
    assert await other_office.rows.requests.find(key, NOW) is None
    await requests.insert(key, second.id, second.reference, NOW + timedelta(hours=25))
    assert await requests.find(key, NOW) == CallKey(id=second.id, reference=second.reference)
    await office.store.system.purge(NOW + timedelta(hours=49, seconds=1))
    assert await requests.find(key, NOW) is None


async def hire(office: Office, user_name: str, extension: str) -> Agent:
    return await office.rows.agents.create(user_name=user_name, extension=extension, sip_password="s")


async def test_an_extension_that_is_called_is_an_agent(office: Office, other_office: Office) -> None:
    bob = await hire(office, "bob", "101")
    await hire(other_office, "bob", "102")
    await office.rows.calls.insert(office.call(agent_id=bob.id))
    await office.store.system.registrations.put(office.node.id, here(bob, "sip:b@1", "sip:b@2"))
    admission = await admission_of(office, called="101")
    assert [(line.agent, line.calls, line.has_room) for line in admission.called] == [(bob, 1, False)]
    assert admission.called[0].contacts == ("sip:b@1", "sip:b@2")
    assert admission.called_name == "bob"
    assert (await admission_of(office, called="102")).called_name is None


async def test_a_group_is_called_by_its_extension_or_its_name_in_its_order(
    office: Office, other_office: Office
) -> None:
    bob, carol = await hire(office, "bob", "101"), await hire(office, "carol", "102")
    await office.rows.groups.create(name="sales", extension="700", members=("102", "6688", "101"))
    await other_office.rows.groups.create(name="sales", extension="700", members=("6688",))
    for wanted in ({"called": "700"}, {"group": "sales"}):
        for caller in ("6688", ""):
            admission = await admission_of(office, caller, **wanted)
            assert [line.agent for line in admission.called] == [carol, office.agent, bob]
            assert admission.called_name == "sales"
            assert (admission.caller is not None) == bool(caller)
    await office.rows.groups.create(name="nobody", extension="701")
    nobody = await admission_of(office, called="701")
    assert (nobody.called, nobody.called_name) == ((), "nobody")
    unknown = await admission_of(office, group="purchase")
    assert (unknown.called, unknown.called_name) == ((), None)


async def test_phones_are_those_at_the_node_that_asks(office: Office) -> None:
    nodes, registrations = office.store.system.nodes, office.store.system.registrations
    second = await nodes.upsert("node-2")
    await registrations.put(office.node.id, here(office.agent, "sip:a@1"))
    await registrations.put(second.id, here(office.agent, "sip:a@2", "sip:a@3"))
    for node_id, contacts in ((office.node.id, ("sip:a@1",)), (second.id, ("sip:a@2", "sip:a@3"))):
        # Dead or alive: whoever asks is there.
        admission = await admission_of(office, called="6688", node_id=node_id)
        assert admission.node is not None
        assert admission.node.id == node_id
        assert admission.caller is not None
        assert (admission.caller.contacts, admission.called[0].contacts) == (contacts, contacts)
    await registrations.replace_all(second.id, [here(office.agent)])
    gone = await admission_of(office, node_id=second.id)
    assert gone.caller is not None
    assert gone.caller.contacts == ()


async def test_the_best_contact_of_a_number_has_it_first_then_was_changed_last(
    office: Office, other_office: Office
) -> None:
    number, other = "+84912345678", "+84987654321"

    async def name() -> str:
        contact = (await admission_of(office, number=number)).contact
        return "" if contact is None else contact.name

    async def save(contact_id: int, first_name: str, at: float, *phones: str, one: Office = office) -> None:
        contact = Contact(
            id=UUID(int=contact_id), tenant_id=one.tenant.id, first_name=first_name, last_name="N", phones=phones,
            created_at=NOW, updated_at=NOW + timedelta(seconds=at),
        )  # fmt: skip
        await one.rows.contacts.save(contact)

    await save(1, "Foreign", 9, number, one=other_office)
    assert await name() == ""
    await save(2, "Second", 9, other, number)
    assert await name() == "Second N"
    await save(3, "Older", 1, number)
    assert await name() == "Older N"
    await save(5, "Newer", 2, number, other)
    assert await name() == "Newer N"
    await save(4, "Lower", 2, number)
    assert await name() == "Lower N"


async def test_a_callers_number_is_the_calls_own_then_the_agents_then_the_tenants_first(office: Office) -> None:
    await office.rows.dids.add(number="+842873000009")
    await office.rows.agents.create(user_name="erin", extension="104", sip_password="s", did_number="+842873000009")
    assert (await admission_of(office)).did_number == "+842873000001"
    assert (await admission_of(office, "104")).did_number == "+842873000009"
    assert (await admission_of(office, "104", did_number="+842873000001")).did_number == "+842873000001"
    assert (await admission_of(office, "")).did_number == "+842873000001"


async def test_the_members_of_a_group_call_in_its_order_from_where_most_of_their_phones_are(office: Office) -> None:
    nodes, registrations = office.store.system.nodes, office.store.system.registrations
    second = await nodes.upsert("node-2")
    await nodes.beat(second.id, at=NOW, startup_time="1", is_connected=True, live_calls=9)
    hired = [
        await office.rows.agents.create(user_name=f"a{extension}", extension=extension, sip_password="s")
        for extension in ("101", "102", "103")
    ]
    await office.rows.groups.create(name="sales", extension="700", members=("103", "101", "102"))
    await registrations.put(office.node.id, here(hired[2], "sip:c@1"))
    for agent in hired[:2]:
        await registrations.put(second.id, here(agent, "sip:a@2"))
    busy = office.call(agent_id=hired[0].id)
    await office.rows.calls.insert(busy)
    admission = await admission_of(office, "", caller_group="700", called="6688", number="+84912345678")
    assert [line.agent.extension for line in admission.callers] == ["103", "101", "102"]
    assert admission.node is not None
    assert admission.node.id == second.id
    assert [line.contacts for line in admission.callers] == [(), ("sip:a@2",), ("sip:a@2",)]
    assert [line.has_room for line in admission.callers] == [True, False, True]
    assert (admission.is_registered, admission.has_free_caller) == (True, True)
    assert [line.agent.extension for line in admission.called] == ["6688"]
    for nobody in ("6688", "701"):
        assert (await admission_of(office, "", caller_group=nobody)).callers == ()


async def test_calls_of_one_group_at_once_wait_for_each_other(office: Office) -> None:
    await office.rows.groups.create(name="sales", extension="700", members=("6688",))

    async def take() -> bool:
        async with office.rows.transaction() as rows:
            admission = await rows.admissions.for_call(caller_group="700", now=NOW)
            (line,) = admission.callers
            if line.has_room:
                await rows.calls.insert(office.call())
            return line.has_room

    assert sorted(await asyncio.gather(*(take() for _ in range(8)))) == [False] * 7 + [True]
