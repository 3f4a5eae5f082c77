"""Carrying a call on: its row, its agents' slots, its record."""

from collections.abc import Iterable
from datetime import UTC, datetime

import pytest

from cordboard.actions.accept_call import accept_call
from cordboard.actions.add_did import add_did
from cordboard.actions.apply_call_events import take_in, write_step
from cordboard.actions.create_group import create_group
from cordboard.actions.remove_agent import remove_agent
from cordboard.domain import ids
from cordboard.domain.call_facts import Direction, RecordingStatus
from cordboard.domain.call_state import Call
from cordboard.domain.cause import Cause, Outcome
from cordboard.domain.did import RouteKind
from cordboard.domain.leg_events import CallInput, CallStarted, LegAnswered, LegEnded, LegHungUp, LegRinging
from cordboard.domain.webhook import EventKind
from cordboard.store.calls import Calls
from tests.support.arrivals import from_carrier, from_phone, hire
from tests.support.core import Shop

DID = "+842899990001"


def now() -> datetime:
    return datetime.now(UTC)


async def tell(shop: Shop, call: Call, *happenings: CallInput) -> Call:
    step = take_in(call, happenings)
    await write_step(shop.core, step, call)
    return step.call


async def occupied(shop: Shop) -> set[tuple[int, str]]:
    """Agent and call of every slot that is taken."""
    rows = await shop.core.store.for_tenant(shop.tenant.id).calls._door.fetch(
        "SELECT agent_id, call_id FROM call_agents"
    )
    return {(row[0], row[1].hex) for row in rows}


async def inbound(shop: Shop) -> Call:
    """A call to a group of Alice and Bob."""
    await hire(shop, "bob", "101")
    await create_group(shop.core, shop.tenant, name="sales", extension="700", members=("6688", "101"))
    await add_did(shop.core, shop.tenant, number=DID, route_kind=RouteKind.GROUP, route_to="sales")
    return await accept_call(shop.core, shop.node.id, from_carrier(DID))


async def test_slots_follow_whom_a_call_occupies(shop: Shop) -> None:
    call = await inbound(shop)
    alice, bob = (member.agent_id for member in call.members)
    assert await occupied(shop) == {(alice, call.id.hex), (bob, call.id.hex)}
    call = await tell(shop, call, CallStarted(at=now()))
    first, second = (ids.leg_id(call.id, number) for number in (2, 3))
    call = await tell(shop, call, LegRinging(at=now(), leg_id=first), LegRinging(at=now(), leg_id=second))
    assert await occupied(shop) == {(alice, call.id.hex), (bob, call.id.hex)}
    call = await tell(
        shop, call, LegAnswered(at=now(), leg_id=second), LegEnded(at=now(), leg_id=first, cause=Cause(26))
    )
    assert await occupied(shop) == {(bob, call.id.hex)}
    call = await tell(
        shop,
        call,
        LegHungUp(at=now(), leg_id=second),
        *(LegEnded(at=now(), leg_id=leg.id, cause=Cause(16)) for leg in call.live_legs),
    )
    assert call.is_over
    assert await occupied(shop) == set()


async def test_slots_are_written_only_when_they_change(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    saved: list[bool] = []
    save, save_unheard = Calls.save, Calls.save_unheard

    async def noting(self: Calls, call: Call, *, with_agents: bool = True) -> bool:
        saved.append(with_agents)
        return await save(self, call, with_agents=with_agents)

    async def noting_too(self: Calls, call: Call, kinds: Iterable[EventKind], *, with_agents: bool = True) -> bool:
        saved.append(with_agents)
        return await save_unheard(self, call, kinds, with_agents=with_agents)

    monkeypatch.setattr(Calls, "save", noting)
    monkeypatch.setattr(Calls, "save_unheard", noting_too)
    call = await inbound(shop)
    call = await tell(shop, call, CallStarted(at=now()))
    first, second = (ids.leg_id(call.id, number) for number in (2, 3))
    call = await tell(shop, call, LegRinging(at=now(), leg_id=first))
    call = await tell(shop, call, LegEnded(at=now(), leg_id=first, cause=Cause(sip=486)))
    await tell(shop, call, LegAnswered(at=now(), leg_id=second))
    assert saved == [False, False, True, False]


async def test_an_agent_who_is_removed_in_the_middle_of_a_call_does_not_stop_it(shop: Shop) -> None:
    bob = await hire(shop, "bob", "101")
    call = await accept_call(shop.core, shop.node.id, from_phone(shop.agent, "101"))
    await remove_agent(shop.core, shop.tenant, "bob")
    call = await tell(shop, call, CallStarted(at=now()))
    call = await tell(shop, call, LegAnswered(at=now(), leg_id=ids.leg_id(call.id, 2)))
    assert await occupied(shop) == {(shop.agent.id, call.id.hex), (bob.id, call.id.hex)}
    call = await tell(shop, call, *(LegEnded(at=now(), leg_id=leg.id, cause=Cause(16)) for leg in call.live_legs))
    assert await occupied(shop) == set()
    record = await shop.core.store.for_tenant(shop.tenant.id).cdrs.get(call.id)
    assert record is not None
    assert (record.direction, record.customer_number, record.customer_name) == (Direction.INTERNAL, "101", "Bob")
    assert (record.agent_id, record.outcome) == (shop.agent.id, Outcome.ANSWERED)
    assert record.recording_status is RecordingStatus.PENDING


async def test_the_record_of_an_inbound_call_that_nobody_answered_has_no_agent(shop: Shop) -> None:
    call = await inbound(shop)
    call = await tell(shop, call, CallStarted(at=now()))
    caller = call.legs[0]
    call = await tell(
        shop,
        call,
        LegHungUp(at=now(), leg_id=caller.id),
        *(LegEnded(at=now(), leg_id=leg.id, cause=Cause(16)) for leg in call.live_legs),
    )
    record = await shop.core.store.for_tenant(shop.tenant.id).cdrs.get(call.id)
    assert record is not None
    assert (record.direction, record.outcome) == (Direction.INBOUND, Outcome.MISSED)
    assert (record.agent_id, record.agent_user_name, record.agent_extension) == (None, "", "101")
    assert (record.did_number, record.transferred_to) == (DID, "")
