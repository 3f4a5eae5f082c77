"""Queues, callouts, and what an agent is given of them."""

import asyncio

import pytest

from cordboard.domain.agent import Agent
from cordboard.domain.did import RouteKind
from cordboard.domain.errors import AlreadyExists, InvalidInput, NotFound
from cordboard.domain.queue import Callout, Queue, QueuePage, Selection, Strategy
from tests.store.conftest import NOW, Office

FIRST_DID = "+842873000001"


async def hire(office: Office, extension: str) -> Agent:
    return await office.rows.agents.create(user_name=f"agent{extension}", extension=extension, sip_password="s")


async def add_extension(office: Office, agent: Agent, extension: str) -> None:
    """A second extension of an agent's."""
    async with office.rows.transaction() as rows:
        await rows.extensions._door.fetch(
            "INSERT INTO extensions (tenant_id, extension, agent_id, is_main, sip_username, sip_password_md5)"
            " VALUES ($1, $2, $3, false, $4, 'x')",
            office.tenant.id,
            extension,
            agent.id,
            f"{extension}-{office.tenant.id}",
        )


async def test_queues_are_made_found_changed_and_removed(office: Office, other_office: Office) -> None:
    queues = office.rows.queues
    plain = await queues.create(name="support")
    assert plain == Queue(id=plain.id, tenant_id=office.tenant.id, name="support", strategy=Strategy.NORMAL)
    vip = await queues.create(name="vip", number="+842873000009", selection=Selection.IN_TURN)
    assert await queues.list() == QueuePage(rows=[plain, vip], total=2)
    assert await queues.list(offset=1, limit=1) == QueuePage(rows=[vip], total=2)
    assert await queues.list(offset=2, limit=1) == QueuePage(rows=[], total=2)
    await queues.change(vip.id, strategy=Strategy.VIP, max_wait_seconds=0, does_announce_position=False)
    changed = await queues.get(vip.id)
    assert changed is not None
    assert (changed.strategy, changed.max_wait_seconds, changed.does_announce_position) == (Strategy.VIP, 0, False)
    assert (changed.music, changed.selection, changed.number) == (None, Selection.IN_TURN, "+842873000009")
    assert await other_office.rows.queues.get(vip.id) is None
    assert await other_office.rows.queues.list() == QueuePage(rows=[], total=0)
    with pytest.raises(NotFound, match=f"no queue '{vip.id}'"):
        await other_office.rows.queues.change(vip.id, music="waiting.wav")
    with pytest.raises(AlreadyExists, match="queue 'vip'"):
        await queues.create(name="vip")
    await other_office.rows.queues.create(name="vip")
    await queues.remove("vip")
    with pytest.raises(NotFound, match="no queue 'vip'"):
        await queues.remove("vip")
    assert (await queues.list()).rows == [plain]


async def test_agents_serve_queues_until_either_is_gone(office: Office, other_office: Office) -> None:
    queues = office.rows.queues
    bob = await hire(office, "101")
    one, two = [await queues.create(name=name) for name in ("one", "two")]
    theirs = await other_office.rows.queues.create(name="theirs")
    await queues.join(bob.id, (two.id, one.id, two.id))
    await queues.join(office.agent.id, (one.id,))
    await queues.join(office.agent.id, (one.id,))
    found = await queues.get(one.id)
    assert found is not None
    assert found.agents == ("6688", "101")
    for unknown in (theirs.id, 404404):
        with pytest.raises(NotFound, match=f"no queue '{unknown}'"):
            await queues.join(bob.id, (one.id, unknown))
    await queues.leave_others(bob.id, (two.id,))
    assert (await queues.of_agent(bob.id), await queues.of_agent(office.agent.id)) == ((two.id,), (one.id,))
    await queues.remove("one")
    await office.rows.agents.remove(bob.user_name)
    assert await queues.of_agent(office.agent.id) == ()
    found = await queues.get(two.id)
    assert found is not None
    assert found.agents == ()


async def test_a_queue_that_a_did_leads_to_stays_and_has_its_number(office: Office, other_office: Office) -> None:
    theirs = await other_office.rows.queues.create(name="theirs")
    with pytest.raises(NotFound, match=f"no queue '{theirs.id}'"):
        await office.rows.dids.add(number="+39061", route_kind=RouteKind.QUEUE, route_to=str(theirs.id))
    queue = await office.rows.queues.create(name="support")
    did = await office.rows.dids.add(number="+39061", route_kind=RouteKind.QUEUE, route_to=str(queue.id))
    assert (did.route_kind, did.route_to) == (RouteKind.QUEUE, str(queue.id))
    found = await office.rows.queues.get(queue.id)
    assert found is not None
    assert found.number == "+39061"
    with pytest.raises(InvalidInput, match="a DID leads to queue 'support'"):
        await office.rows.queues.remove("support")
    await office.rows.dids.remove("+39061")
    await office.rows.queues.remove("support")


async def test_callouts_have_a_did_and_agents(office: Office, other_office: Office) -> None:
    callouts = office.rows.callouts
    made = await callouts.create(name="campaign", did_number=FIRST_DID)
    assert made == Callout(id=made.id, tenant_id=office.tenant.id, name="campaign", did_number=FIRST_DID)
    with pytest.raises(AlreadyExists, match="callout 'campaign'"):
        await callouts.create(name="campaign", did_number=FIRST_DID)
    with pytest.raises(NotFound, match=r"no DID '\+842873000002'"):
        await callouts.create(name="other", did_number="+842873000002")
    await callouts.assign(office.agent.id, made.id)
    found = await callouts.get(made.id)
    assert found is not None
    assert found.agents == ("6688",)
    assert await callouts.list() == [found]
    assert (await callouts.exists(made.id), await other_office.rows.callouts.exists(made.id)) == (True, False)
    with pytest.raises(NotFound, match=f"no callout '{made.id}'"):
        await other_office.rows.callouts.assign(other_office.agent.id, made.id)
    with pytest.raises(InvalidInput, match="a callout calls out with"):
        await office.rows.dids.remove(FIRST_DID)
    await callouts.remove("campaign")
    agent = await office.rows.agents.by_user_name(office.agent.user_name)
    assert agent is not None
    assert agent.callout_id is None
    with pytest.raises(NotFound, match="no callout 'campaign'"):
        await callouts.remove("campaign")


async def test_a_callouts_number_comes_before_the_agents_own(office: Office) -> None:
    await office.rows.dids.add(number="+842873000008")
    await office.rows.dids.add(number="+842873000009")
    erin = await office.rows.agents.create(
        user_name="erin", extension="104", sip_password="s", did_number="+842873000009"
    )
    callout = await office.rows.callouts.create(name="campaign", did_number="+842873000008")

    async def number(**more: str) -> str:
        async with office.rows.transaction() as rows:
            return (await rows.admissions.for_call("104", now=NOW, **more)).did_number  # type: ignore[arg-type] # texts

    assert await number() == "+842873000009"
    await office.rows.callouts.assign(erin.id, callout.id)
    assert await number() == "+842873000008"
    assert await number(did_number=FIRST_DID) == FIRST_DID
    await office.rows.callouts.remove("campaign")
    assert await number() == "+842873000009"


async def test_an_admission_waits_for_the_agents_new_callout(office: Office) -> None:
    """Given while the call waits for the agent's lock: the call shows the new number."""
    await office.rows.dids.add(number="+842873000008")
    callout = await office.rows.callouts.create(name="campaign", did_number="+842873000008")

    async def admit() -> str:
        async with office.rows.transaction() as rows:
            return (await rows.admissions.for_call("6688", now=NOW)).did_number

    async with office.rows.transaction() as rows:
        assert await rows.agents.lock("alice") == office.agent
        waiting = asyncio.create_task(admit())
        while not await office.store.system._door.value("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"):
            assert not waiting.done()
        await rows.callouts.assign(office.agent.id, callout.id)
    assert await waiting == "+842873000008"


async def test_extensions_move_between_an_agent_and_nobody(office: Office) -> None:
    bob = await hire(office, "101")
    await add_extension(office, office.agent, "6689")
    extensions = office.rows.extensions

    async def assign(agent: Agent, *wanted: str) -> bool:
        async with office.rows.transaction() as rows:
            return await rows.extensions.assign(agent.id, wanted)

    assert await extensions.of_agent(office.agent.id) == ("6688", "6689")
    assert not await assign(office.agent, "6689", "6688", "6689")
    assert await assign(office.agent, "6689")
    assert not await assign(office.agent, "6689")
    assert await extensions.of_agent(office.agent.id) == ("6689",)
    main = await office.rows.agents.by_user_name("alice")
    assert main is not None
    assert main.extension == "6689"
    assert (await extensions.exists("6688"), await office.rows.agents.by_extension("6688")) == (False, None)
    phones = (await office.store.system.configuration.load()).phones
    assert {phone.extension for phone in phones} == {"6689", "101"}
    with pytest.raises(AlreadyExists, match="extension '6689'"):
        await assign(bob, "6688", "6689")
    with pytest.raises(NotFound, match="extension '4711'"):
        await assign(bob, "6688", "4711")
    assert await assign(bob, "6688", "101")
    assert await extensions.of_agent(bob.id) == ("101", "6688")
    again = await office.rows.agents.by_extension("6688")
    assert again is not None
    assert (again.user_name, again.sip_username) == (bob.user_name, office.agent.sip_username)
    assert await assign(bob, "101")
    await extensions.remove_unassigned("101")
    await extensions.remove_unassigned("6688")
    assert (await extensions.of_agent(bob.id), await extensions.exists("6688")) == (("101",), False)
    await hire(office, "6688")
