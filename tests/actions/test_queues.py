"""Queues and callouts as somebody sets them up, and calls that come in for a queue."""

from datetime import UTC, datetime

import pytest

from cordboard.actions.accept_call import accept_call, reason_for
from cordboard.actions.add_did import add_did
from cordboard.actions.add_trunk import NewTrunk, add_trunk
from cordboard.actions.assign_agent import Assignment, assign_agent
from cordboard.actions.change_queue import QueueChanges, change_queue
from cordboard.actions.core import Core
from cordboard.actions.create_agent import NewAgent, create_agent
from cordboard.actions.create_callout import create_callout
from cordboard.actions.create_queue import create_queue
from cordboard.actions.remove_callout import remove_callout
from cordboard.actions.remove_queue import remove_queue
from cordboard.domain.arrival import Arrival
from cordboard.domain.commands import HangUpReason
from cordboard.domain.did import RouteKind
from cordboard.domain.errors import AlreadyExists, CallRefused, InvalidInput, NotFound, Refusal
from cordboard.domain.queue import MOST_WAIT_SECONDS, WAITING_MUSIC, Queue, Strategy
from cordboard.domain.tenant import Tenant
from cordboard.store.store import OpenTenantRows

DID = "+842873000001"


@pytest.fixture
async def rows(core: Core, tenant: Tenant) -> OpenTenantRows:
    """Of a tenant with two agents and a DID."""
    for user_name, extension in (("alice", "6688"), ("bob", "101")):
        await create_agent(core, tenant, NewAgent(user_name=user_name, extension=extension))
    await add_did(core, tenant, number=DID)
    return core.store.for_tenant(tenant.id)


async def test_a_queue_is_made_whole_or_not_at_all(core: Core, tenant: Tenant, rows: OpenTenantRows) -> None:
    queue = await create_queue(core, tenant, name=" support ", number="028 7300 0009", agents=("101", "6688", "101"))
    assert (queue.name, queue.number, queue.agents) == ("support", "+842873000009", ("6688", "101"))
    assert queue == await rows.queues.get(queue.id)
    with pytest.raises(NotFound, match="no extension '4711'"):
        await create_queue(core, tenant, name="other", agents=("6688", "4711"))
    with pytest.raises(AlreadyExists, match="queue 'support'"):
        await create_queue(core, tenant, name="support")
    for number in ("12", "700", "hotline"):
        with pytest.raises(InvalidInput, match=r"^number: "):
            await create_queue(core, tenant, name="other", number=number)
    with pytest.raises(InvalidInput, match=r"^name: "):
        await create_queue(core, tenant, name="")
    assert (await rows.queues.list()).rows == [queue]
    await remove_queue(core, tenant, "support")
    assert (await rows.queues.list()).total == 0


async def test_a_queue_is_changed_in_what_is_given(core: Core, tenant: Tenant, rows: OpenTenantRows) -> None:
    queue = await create_queue(core, tenant, name="support")
    for changes in (
        QueueChanges(strategy=Strategy.LOCKED, music=WAITING_MUSIC, max_wait_seconds=MOST_WAIT_SECONDS),
        QueueChanges(does_announce_position=False),
    ):
        await change_queue(core, tenant, queue.id, changes)
    assert await rows.queues.get(queue.id) == Queue(
        id=queue.id, tenant_id=tenant.id, name="support", strategy=Strategy.LOCKED, music=WAITING_MUSIC,
        max_wait_seconds=MOST_WAIT_SECONDS, does_announce_position=False,
    )  # fmt: skip
    for refused, error, text in (
        (QueueChanges(), InvalidInput, "changes: "),
        (QueueChanges(max_wait_seconds=MOST_WAIT_SECONDS + 1), InvalidInput, "max_wait_seconds: "),
        (QueueChanges(max_wait_seconds=-1), InvalidInput, "max_wait_seconds: "),
        (QueueChanges(music="jazz.wav"), NotFound, "no music 'jazz.wav'"),
    ):
        with pytest.raises(error, match=text):
            await change_queue(core, tenant, queue.id, refused)
    with pytest.raises(NotFound, match="no queue '404404'"):
        await change_queue(core, tenant, 404404, QueueChanges(strategy=Strategy.VIP))


async def test_a_callout_is_made_whole_or_not_at_all(core: Core, tenant: Tenant, rows: OpenTenantRows) -> None:
    with pytest.raises(NotFound, match="no DID"):
        await create_callout(core, tenant, name="campaign", did_number="+842873000002")
    with pytest.raises(NotFound, match="no extension '4711'"):
        await create_callout(core, tenant, name="campaign", did_number=DID, agents=("6688", "4711"))
    assert await rows.callouts.list() == []
    callout = await create_callout(core, tenant, name="campaign", did_number="02873000001", agents=("6688",))
    assert (callout.did_number, callout.agents) == (DID, ("6688",))
    second = await create_callout(core, tenant, name="second", did_number=DID, agents=("6688", "101"))
    assert second.agents == ("6688", "101")
    first = await rows.callouts.get(callout.id)
    assert first is not None
    assert first.agents == ()
    await remove_callout(core, tenant, "second")
    assert await rows.callouts.list() == [first]


async def test_an_assignment_is_done_wholly_or_not_at_all(core: Core, tenant: Tenant, rows: OpenTenantRows) -> None:
    one, two = [(await create_queue(core, tenant, name=name)).id for name in ("one", "two")]
    callout = (await create_callout(core, tenant, name="campaign", did_number=DID)).id
    given = Assignment(queue_ids=(one,), callout_id=callout, extensions=("6688",))
    before = await core.store.system.configuration.revision()
    await assign_agent(core, tenant, "alice", given)
    await assign_agent(core, tenant, "alice", given)
    assert await core.store.system.configuration.revision() == before
    alice = await rows.agents.by_user_name("alice")
    assert alice is not None
    for refused, error in (
        (Assignment(queue_ids=(two, 404404)), NotFound),
        (Assignment(queue_ids=(two,), callout_id=404404), NotFound),
        (Assignment(queue_ids=(two,), extensions=("101",)), AlreadyExists),
        (Assignment(queue_ids=(two,), extensions=("6688", "4711")), NotFound),
    ):
        with pytest.raises(error):
            await assign_agent(core, tenant, "alice", refused)
        assert await rows.queues.of_agent(alice.id) == (one,)
        assert await rows.agents.by_user_name("alice") == alice
    with pytest.raises(NotFound, match="no agent 'carol'"):
        await assign_agent(core, tenant, "carol", given)
    await assign_agent(core, tenant, "alice", Assignment(queue_ids=(two,), is_addition=True))
    assert await rows.queues.of_agent(alice.id) == (one, two)
    await assign_agent(core, tenant, "alice", Assignment(queue_ids=(two,)))
    assert await rows.queues.of_agent(alice.id) == (two,)


async def test_an_extension_that_is_nobodys_can_be_given_with_a_new_agent(
    core: Core, tenant: Tenant, rows: OpenTenantRows
) -> None:
    bob = await rows.agents.by_user_name("bob")
    assert bob is not None
    await rows.extensions._door.fetch(
        "INSERT INTO extensions (tenant_id, extension, agent_id, is_main, sip_username, sip_password_md5)"
        " VALUES ($1, '102', $2, false, '102-x', 'x')",
        tenant.id,
        bob.id,
    )
    before = await core.store.system.configuration.revision()
    await assign_agent(core, tenant, "bob", Assignment(extensions=("102",)))
    assert await core.store.system.configuration.revision() == before + 1
    with pytest.raises(AlreadyExists):
        await create_agent(core, tenant, NewAgent(user_name="carol", extension="102"))
    carol = (await create_agent(core, tenant, NewAgent(user_name="carol", extension="101"))).agent
    assert carol.sip_username != bob.sip_username


@pytest.mark.parametrize("text", ["support", "", "404404", "-1", "1.0", "9" * 40])
async def test_a_did_leads_to_a_queue_that_exists(core: Core, tenant: Tenant, rows: OpenTenantRows, text: str) -> None:
    with pytest.raises(NotFound, match="no queue"):
        await add_did(core, tenant, number="+842873000002", route_kind=RouteKind.QUEUE, route_to=text)
    queue = await create_queue(core, tenant, name="support")
    did = await add_did(core, tenant, number="+842873000002", route_kind=RouteKind.QUEUE, route_to=f"0{queue.id}")
    assert did.route_to == str(queue.id)
    with pytest.raises(InvalidInput, match="a DID leads to queue 'support'"):
        await remove_queue(core, tenant, "support")
    assert len(await rows.dids.list()) == 2


async def test_a_callouts_number_is_shown_by_calls_that_are_dialled_on_the_phone(
    core: Core, tenant: Tenant, rows: OpenTenantRows
) -> None:
    await add_trunk(core, tenant, NewTrunk(name="carrier", host="203.0.113.5"))
    await add_did(core, tenant, number="+842873000002")
    await create_callout(core, tenant, name="campaign", did_number="+842873000002", agents=("6688",))
    node = await core.store.system.nodes.upsert("node-1")
    for user_name, shown in (("alice", "+842873000002"), ("bob", DID)):
        agent = await rows.agents.by_user_name(user_name)
        assert agent is not None
        arrival = Arrival(
            leg_id=f"node-1.{user_name}", at=datetime.now(UTC), dialled=("0912345678",), sip_username=agent.sip_username
        )
        call = await accept_call(core, node.id, arrival)
        assert (call.did_number, call.routes[0].caller_number) == (shown, shown)


async def test_a_call_for_a_queue_hears_that_nobody_is_there(core: Core, tenant: Tenant, rows: OpenTenantRows) -> None:
    await add_trunk(core, tenant, NewTrunk(name="carrier", host="203.0.113.5"))
    queue = await create_queue(core, tenant, name="support")
    await add_did(core, tenant, number="+842873000002", route_kind=RouteKind.QUEUE, route_to=str(queue.id))
    node = await core.store.system.nodes.upsert("node-1")
    arrival = Arrival(
        leg_id="node-1.1", at=datetime.now(UTC), dialled=("+842873000002",), remote_address="203.0.113.5",
        caller_number="0912345678",
    )  # fmt: skip
    with pytest.raises(CallRefused) as refused:
        await accept_call(core, node.id, arrival)
    assert refused.value.refusal is Refusal.AGENT_UNREGISTERED
    assert reason_for(refused.value.refusal) is HangUpReason.UNREACHABLE  # 480
    assert await rows.calls.live() == []
