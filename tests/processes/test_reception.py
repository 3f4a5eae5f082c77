"""Calls that come in and transfers that phones ask for, on a simulated engine and a real PostgreSQL."""

import asyncio
from pathlib import Path

import pytest

from cordboard.actions.add_did import add_did
from cordboard.actions.create_agent import NewAgent, create_agent
from cordboard.actions.instruct_call import instruct_call
from cordboard.domain.agent import Agent
from cordboard.domain.call_facts import Direction
from cordboard.domain.call_state import Call, CallPhase, EndedBy, EndReason, LegPhase, Party
from cordboard.domain.cause import Outcome
from cordboard.domain.cdr import CdrFilter
from cordboard.domain.commands import HangUpReason, ReportTransfer, TransferState
from cordboard.domain.did import RouteKind
from cordboard.domain.instruction import InstructionKind
from cordboard.engine.fake_legs import FakeLeg
from cordboard.engine.fake_script import Script
from cordboard.processes.switch import Switch
from cordboard.store import Store
from tests.processes.desk import Desk, until, working
from tests.support.core import Shop, make_core, open_shop

DID = "+842871234567"


async def hire(desk: Desk, extension: str, *, script: Script | None = None) -> Agent:
    """Another agent, whose phone is registered and does what ``script`` says."""
    made = await create_agent(desk.core, desk.shop.tenant, NewAgent(user_name=f"a{extension}", extension=extension))
    desk.engine.network.script(made.agent.sip_username, script or Script.answering(after_seconds=0))
    desk.engine.network.register(made.agent.sip_username)

    async def is_known() -> bool:
        rows = desk.core.store.for_tenant(desk.shop.tenant.id)
        admission = await rows.admissions.for_call(extension)
        return admission.is_registered

    await until(is_known)
    return made.agent


async def talking(desk: Desk) -> tuple[Call, FakeLeg]:
    """A customer has called the DID, and Alice has answered."""
    desk.script(Script.answering(after_seconds=0))
    await add_did(desk.core, desk.shop.tenant, number=DID, route_kind=RouteKind.AGENT, route_to="6688")
    caller = ring_did(desk)
    return await desk.live(caller, CallPhase.CONNECTED), caller


def ring_did(desk: Desk, number: str = DID) -> FakeLeg:
    return desk.engine.network.call_in(number, carrier_host="127.0.0.1", caller_number="0912345678")


def dial(desk: Desk, number: str) -> FakeLeg:
    """Alice dials on her phone."""
    return desk.engine.network.call_in(number, sip_username=desk.shop.agent.sip_username)


def line(call: Call, party: Party) -> str:
    leg = call.line(party)
    assert leg is not None
    return leg.id


async def test_a_call_from_outside_reaches_the_agent_and_becomes_a_record(desk: Desk) -> None:
    call, caller = await talking(desk)
    assert caller.is_answered
    desk.engine.network.hang_up(caller.id)
    facts = await desk.record(call)
    assert (facts.direction, facts.outcome, facts.ended_by) == (Direction.INBOUND, Outcome.ANSWERED, EndedBy.CUSTOMER)
    assert (facts.agent_user_name, facts.did_number) == ("alice", DID)
    assert facts.customer_number == "+84912345678"


async def test_a_call_dialled_on_a_phone_goes_out(desk: Desk) -> None:
    desk.script(Script.answering(after_seconds=0, talk_seconds=0.2))
    call = await desk.live(dial(desk, "0912345678"))
    facts = await desk.record(call)
    assert (facts.direction, facts.outcome, facts.agent_user_name) == (Direction.OUTBOUND, Outcome.ANSWERED, "alice")


async def test_agents_call_each_other(desk: Desk) -> None:
    await hire(desk, "6689", script=Script.answering(after_seconds=0, talk_seconds=0.2))
    facts = await desk.record(await desk.live(dial(desk, "6689")))
    assert (facts.direction, facts.agent_extension, facts.customer_number) == (Direction.INTERNAL, "6688", "6689")


@pytest.mark.parametrize(
    ("number", "reason"),
    [("99", HangUpReason.UNKNOWN_NUMBER), ("+12125550100", HangUpReason.FORBIDDEN), ("6688", HangUpReason.BUSY)],
)
async def test_what_an_agent_may_not_dial_is_refused_and_leaves_nothing(
    desk: Desk, number: str, reason: HangUpReason
) -> None:
    caller = dial(desk, number)
    assert await until(lambda: _reason(caller)) is reason
    await until(lambda: _is_idle(desk))


async def _reason(leg: FakeLeg) -> HangUpReason | None:
    return leg.reason


async def test_a_number_that_is_nobodys_is_refused(desk: Desk) -> None:
    caller = ring_did(desk, "+842899999999")
    assert await until(lambda: _reason(caller)) is HangUpReason.UNKNOWN_NUMBER


async def test_a_caller_who_gives_up_before_being_accepted_leaves_a_record(desk: Desk) -> None:
    await add_did(desk.core, desk.shop.tenant, number=DID, route_kind=RouteKind.AGENT, route_to="6688")
    desk.script(Script.answering(), Script.ringing_out())
    rows = desk.core.store.for_tenant(desk.shop.tenant.id)
    caller = ring_did(desk)
    desk.engine.network.hang_up(caller.id)

    async def records() -> int:
        return (await rows.cdrs.find(CdrFilter(limit=10))).total

    assert await until(records) == 1
    await until(lambda: _is_idle(desk))


async def _is_idle(desk: Desk) -> bool:
    return not desk.engine.network.legs and not desk.engine.network.bridges and await desk.calls() == 0


async def test_a_full_node_refuses_before_it_asks(store: Store, tmp_path: Path) -> None:
    async with working(await open_shop(make_core(store, tmp_path, max_calls=0))) as desk:
        caller = ring_did(desk)
        assert await until(lambda: _reason(caller)) is HangUpReason.OVERLOADED


async def test_a_blind_transfer_leads_to_a_colleague(desk: Desk) -> None:
    await hire(desk, "6689")
    call, caller = await talking(desk)
    alice = line(call, Party.AGENT)
    desk.engine.network.ask_transfer(alice, "6689")
    await until(lambda: _is_transferred(desk, caller))
    assert ReportTransfer(leg_id=alice, state=TransferState.ANSWERED) in desk.engine.executed
    desk.engine.network.hang_up(caller.id)
    facts = await desk.record(call)
    assert (facts.agent_user_name, facts.transferred_to, facts.ended_by) == ("alice", "6689", EndedBy.CUSTOMER)
    await until(lambda: _is_idle(desk))


async def _is_transferred(desk: Desk, caller: FakeLeg) -> bool:
    call = await desk.live(caller)
    return bool(call.transferred_to) and sum(leg.is_live for leg in call.legs) == 2


async def test_a_transfer_to_nowhere_is_refused_and_the_call_goes_on(desk: Desk) -> None:
    call, caller = await talking(desk)
    alice = line(call, Party.AGENT)
    desk.engine.network.ask_transfer(alice, "99")
    failed = ReportTransfer(leg_id=alice, state=TransferState.FAILED)
    await until(lambda: _was_told(desk, failed))
    assert (await desk.live(caller)).phase is CallPhase.CONNECTED


async def _was_told(desk: Desk, command: ReportTransfer) -> bool:
    return command in desk.engine.executed


async def test_an_attended_transfer_makes_one_call_of_two(desk: Desk) -> None:
    bob = await hire(desk, "6689")
    call, caller = await talking(desk)
    second_line = dial(desk, "6689")
    asked = await desk.live(second_line, CallPhase.CONNECTED)
    bobs_leg = line(asked, Party.CUSTOMER)
    desk.engine.network.ask_transfer(line(call, Party.AGENT), "6689", second_line.id)
    facts = await desk.record(asked)
    assert (facts.outcome, facts.end_reason) == (Outcome.ANSWERED, EndReason.AGENT_TRANSFERRED)
    await until(lambda: _is_transferred(desk, caller))
    members = desk.engine.network.bridges[f"{call.id.hex}-bridge"]
    assert members == {caller.id, bobs_leg}
    assert (await desk.live(caller)).busy_agents == {bob.id}
    desk.engine.network.hang_up(bobs_leg)
    facts = await desk.record(call)
    assert (facts.outcome, facts.transferred_to, facts.ended_by) == (Outcome.ANSWERED, "6689", EndedBy.AGENT)
    await until(lambda: _is_idle(desk))


async def test_nobody_transfers_with_a_leg_of_somebody_elses(desk: Desk) -> None:
    bob = await hire(desk, "6689")
    await hire(desk, "6690")
    call, caller = await talking(desk)
    alice = line(call, Party.AGENT)
    theirs = desk.engine.network.call_in("6690", sip_username=bob.sip_username)
    await desk.live(theirs, CallPhase.CONNECTED)
    desk.engine.network.ask_transfer(alice, "6690", theirs.id)
    await until(lambda: _was_told(desk, ReportTransfer(leg_id=alice, state=TransferState.FAILED)))
    assert len((await desk.live(caller)).live_legs) == 2
    assert len((await desk.live(theirs)).live_legs) == 2


async def test_the_command_line_transfers_and_holds(desk: Desk) -> None:
    await hire(desk, "6689")
    call, caller = await talking(desk)
    tenant_id = desk.shop.tenant.id

    async def is_held() -> bool:
        return (await desk.live(caller)).is_held

    await instruct_call(desk.core, tenant_id, call.id, InstructionKind.HOLD)
    await until(is_held)
    await instruct_call(desk.core, tenant_id, call.id, InstructionKind.TRANSFER, "6689")
    await until(lambda: _is_transferred(desk, caller))
    assert not await is_held()


async def test_a_new_switch_adopts_a_call_that_came_in(desk: Desk) -> None:
    call, caller = await talking(desk)
    desk.task.cancel()
    await asyncio.gather(desk.task, return_exceptions=True)
    (node,) = await desk.core.store.system.nodes.list()
    second = asyncio.create_task(Switch(desk.core, desk.engine, node).run())
    try:
        desk.engine.cut()
        await until(lambda: _is_attended(desk))
        desk.engine.network.hang_up(caller.id)
        facts = await desk.record(call)
        assert (facts.outcome, facts.ended_by) == (Outcome.ANSWERED, EndedBy.CUSTOMER)
    finally:
        second.cancel()
        await asyncio.gather(second, return_exceptions=True)


async def _is_attended(desk: Desk) -> bool:
    (node,) = await desk.core.store.system.nodes.list()
    return node.live_calls == 1 and desk.engine.network.is_attended


async def test_a_restarted_engine_ends_a_call_that_came_in(desk: Desk) -> None:
    call, _ = await talking(desk)
    desk.engine.restart()
    assert (await desk.record(call)).end_reason is EndReason.ENGINE_LOST


async def test_of_three_phones_one_answers(desk: Desk, shop: Shop) -> None:
    account = shop.agent.sip_username
    for port, script in ((5071, Script.ringing_out()), (5072, Script.answering(after_seconds=0.2))):
        contact = f"sip:{account}@127.0.0.1:{port}"
        desk.engine.network.script(contact, script)
        desk.engine.network.register(account, contact)
    desk.engine.network.script(account, Script.ringing_out())
    await add_did(desk.core, shop.tenant, number=DID, route_kind=RouteKind.AGENT, route_to="6688")

    async def known() -> bool:
        admission = await desk.core.store.for_tenant(shop.tenant.id).admissions.for_call("6688")
        return admission.caller is not None and len(admission.caller.contacts) == 3

    await until(known)
    caller = ring_did(desk)
    call = await desk.live(caller, CallPhase.CONNECTED)
    assert sum(leg.phase is LegPhase.ANSWERED for leg in call.legs) == 2
    desk.engine.network.hang_up(caller.id)
    assert (await desk.record(call)).agent_user_name == "alice"
    await until(lambda: _is_idle(desk))
