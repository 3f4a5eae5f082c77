"""Whom a call may be transferred to, and whose slots that takes."""

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest

from cordboard.actions.accept_call import accept_call
from cordboard.actions.add_did import add_did
from cordboard.actions.apply_call_events import take_in, write_step
from cordboard.actions.create_group import create_group
from cordboard.actions.make_call import CallRequest, make_call
from cordboard.actions.remove_did import remove_did
from cordboard.actions.remove_trunk import remove_trunk
from cordboard.actions.route_transfer import route_transfer
from cordboard.domain import ids
from cordboard.domain.agent import Agent
from cordboard.domain.call_state import Call, CallPhase, Destination, Leg, Party
from cordboard.domain.cause import Cause
from cordboard.domain.did import RouteKind
from cordboard.domain.errors import CallRefused, InvalidInput, NotFound, Refusal
from cordboard.domain.leg_events import CallInput, CallStarted, LegAnswered, LegEnded, LegRinging, TransferRequested
from tests.support.arrivals import from_carrier, from_phone, hire
from tests.support.core import Shop, open_shop, register

DID = "+842899990001"


@dataclass(kw_only=True)
class Talk:
    """A call that goes on, as its node has it."""

    shop: Shop
    call: Call

    async def tell(self, *happenings: CallInput) -> None:
        step = take_in(self.call, happenings)
        await write_step(self.shop.core, step, self.call)
        self.call = step.call

    async def route(self, number: str, leg: Leg | None = None) -> Destination:
        return await route_transfer(self.shop.core, self.call, leg or self.call.line(Party.AGENT), number)

    async def refusal(self, number: str) -> Refusal:
        with pytest.raises(CallRefused) as refused:
            await self.route(number)
        return refused.value.refusal

    async def occupied(self) -> set[int]:
        """Whose slots the call has."""
        rows = await self.shop.core.store.for_tenant(self.shop.tenant.id).calls._door.fetch(
            "SELECT agent_id FROM call_agents WHERE call_id = $1", self.call.id
        )
        return {row[0] for row in rows}


def now() -> datetime:
    return datetime.now(UTC)


async def connected(shop: Shop, call: Call) -> Talk:
    """The call, answered by the first phone that rings."""
    talk = Talk(shop=shop, call=call)
    await talk.tell(CallStarted(at=now()))
    leg_id = ids.leg_id(call.id, len(call.legs) + 1)
    await talk.tell(LegRinging(at=now(), leg_id=leg_id), LegAnswered(at=now(), leg_id=leg_id))
    assert talk.call.phase is CallPhase.CONNECTED
    return talk


@pytest.fixture
async def talk(shop: Shop) -> Talk:
    """A customer talks to Alice, who has a DID of her own."""
    await add_did(shop.core, shop.tenant, number=DID, route_kind=RouteKind.AGENT, route_to="6688")
    return await connected(shop, await accept_call(shop.core, shop.node.id, from_carrier(DID)))


@pytest.fixture
async def bob(shop: Shop) -> Agent:
    return await hire(shop, "bob", "101", phones=2)


async def test_a_colleague_is_found_and_reserved(talk: Talk, bob: Agent) -> None:
    found = await talk.route(" 101 ")
    assert (found.number, found.routes) == ("101", ())
    (member,) = found.members
    assert (member.agent_id, len(member.phones), member.is_busy) == (bob.id, 2, False)
    assert await talk.occupied() == {talk.shop.agent.id, bob.id}


async def test_a_reserved_agent_is_in_the_call_while_it_rings_and_free_afterwards(talk: Talk, bob: Agent) -> None:
    await talk.tell(TransferRequested(at=now(), leg_id="", destination=await talk.route("101")))
    assert await talk.occupied() == {talk.shop.agent.id, bob.id}
    for leg in talk.call.live_legs:
        if leg.agent_id == bob.id:
            await talk.tell(LegEnded(at=now(), leg_id=leg.id, cause=Cause(sip=486)))
    assert talk.call.transfer is None
    assert await talk.occupied() == {talk.shop.agent.id}


async def test_whoever_was_transferred_away_is_free(talk: Talk, bob: Agent) -> None:
    await talk.tell(TransferRequested(at=now(), leg_id="", destination=await talk.route("101")))
    alice = next(leg for leg in talk.call.live_legs if leg.agent_id == talk.shop.agent.id)
    ringing = [leg for leg in talk.call.live_legs if leg.agent_id == bob.id]
    await talk.tell(LegAnswered(at=now(), leg_id=ringing[0].id))
    await talk.tell(*(LegEnded(at=now(), leg_id=leg.id, cause=Cause(16)) for leg in (alice, ringing[1])))
    assert await talk.occupied() == {bob.id}
    assert talk.call.transferred_to == "101"


async def test_the_busy_and_the_absent_take_no_slot(talk: Talk, bob: Agent) -> None:
    shop = talk.shop
    carol = await hire(shop, "carol", "102", phones=0)
    await make_call(shop.core, shop.tenant, CallRequest(extension="101", number="0912345678"))
    await create_group(shop.core, shop.tenant, name="sales", extension="700", members=("6688", "101", "102"))
    found = await talk.route("700")
    # Alice, who asks, is not rung.
    assert [(member.agent_id, member.is_busy) for member in found.members] == [(bob.id, True), (carol.id, False)]
    assert await talk.occupied() == {shop.agent.id}


async def test_nobody_is_transferred_to_who_is_on_the_call(talk: Talk) -> None:
    shop = talk.shop
    await create_group(shop.core, shop.tenant, name="alone", extension="700", members=("6688",))
    for number in ("6688", "700", "0912345678", "+84912345678"):
        with pytest.raises(InvalidInput, match=r"number: .* is on this call already"):
            await talk.route(number)


@pytest.mark.usefixtures("bob")
async def test_nor_in_an_internal_call_to_the_other_party(shop: Shop) -> None:
    talk = await connected(shop, await accept_call(shop.core, shop.node.id, from_phone(shop.agent, "101")))
    for leg in talk.call.live_legs:
        for number in ("6688", "101"):
            with pytest.raises(InvalidInput):
                await talk.route(number, leg)


async def test_an_outside_number_is_called_from_the_calls_did(talk: Talk) -> None:
    found = await talk.route("0987654321")
    assert (found.number, found.members) == ("+84987654321", ())
    assert [(route.target.address, route.caller_number) for route in found.routes] == [("+84987654321", DID)]


async def test_an_internal_call_goes_outside_from_the_did_of_whoever_asks(shop: Shop) -> None:
    rows = shop.core.store.for_tenant(shop.tenant.id)
    await rows.dids.add(number=DID)
    erin = await rows.agents.create(user_name="erin", extension="104", sip_password="s", did_number=DID)
    await register(shop.core, shop.node, erin)
    (first, _) = await rows.dids.list()
    talk = await connected(shop, await accept_call(shop.core, shop.node.id, from_phone(shop.agent, "104")))
    asked = {leg.agent_id: (await talk.route("0987654321", leg)).routes for leg in talk.call.live_legs}
    assert asked[erin.id][0].caller_number == DID
    assert asked[shop.agent.id][0].caller_number == first.number


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("", Refusal.NUMBER_INVALID),
        ("102", Refusal.NUMBER_INVALID),
        ("0000000000", Refusal.NUMBER_INVALID),
        ("1\x0012", Refusal.NUMBER_INVALID),
        ("+390212345678", Refusal.DESTINATION_DENIED),
    ],
)
async def test_what_may_not_be_dialled_is_no_destination(talk: Talk, number: str, expected: Refusal) -> None:
    assert await talk.refusal(number) is expected


async def test_an_emergency_number_is_one_even_where_an_agent_has_it(talk: Talk) -> None:
    await hire(talk.shop, "police", "113")
    found = await talk.route("113")
    assert ([route.target.address for route in found.routes], found.members) == (["113"], ())


async def test_there_must_be_a_way_out(talk: Talk) -> None:
    shop = talk.shop
    await remove_trunk(shop.core, shop.tenant, "carrier")
    assert await talk.refusal("0987654321") is Refusal.NO_TRUNK


@pytest.mark.usefixtures("bob")
async def test_and_a_number_to_call_from(shop: Shop) -> None:
    talk = await connected(shop, await accept_call(shop.core, shop.node.id, from_phone(shop.agent, "101")))
    (did,) = await shop.core.store.for_tenant(shop.tenant.id).dids.list()
    await remove_did(shop.core, shop.tenant, did.number)
    assert await talk.refusal("0987654321") is Refusal.NO_NUMBER


async def test_nobody_outside_sends_our_calls_elsewhere(talk: Talk) -> None:
    customer = talk.call.line(Party.CUSTOMER)
    with pytest.raises(CallRefused, match="agent_unknown"):
        await talk.route("0987654321", customer)


async def test_from_outside_the_agents_side_is_transferred(talk: Talk, bob: Agent) -> None:
    found = await route_transfer(talk.shop.core, talk.call, None, "101")
    assert [member.agent_id for member in found.members] == [bob.id]
    waiting = await accept_call(talk.shop.core, talk.shop.node.id, from_carrier(DID))
    with pytest.raises(NotFound, match="party that could transfer"):
        await route_transfer(talk.shop.core, waiting, None, "101")


@pytest.mark.usefixtures("bob")
async def test_a_call_that_is_over_takes_no_slot(talk: Talk) -> None:
    await talk.shop.core.store.for_tenant(talk.shop.tenant.id).calls.delete(talk.call.id)
    with pytest.raises(NotFound, match="live call"):
        await talk.route("101")
    assert await talk.occupied() == set()


async def test_extensions_of_another_tenant_are_none(talk: Talk) -> None:
    other = await open_shop(talk.shop.core, name="other")
    await hire(other, "bob", "101")
    assert await talk.refusal("101") is Refusal.NUMBER_INVALID


@pytest.mark.usefixtures("bob")
async def test_of_many_transfers_to_one_agent_one_rings(shop: Shop) -> None:
    colleagues = [await hire(shop, f"c{number}", f"20{number}") for number in range(6)]
    calls = [await accept_call(shop.core, shop.node.id, from_phone(one, "0912345678")) for one in colleagues]
    talks = [await connected(shop, call) for call in calls]
    found = await asyncio.gather(*(talk.route("101") for talk in talks), talks[0].route("101"))
    assert [one.members[0].is_busy for one in found].count(False) == 1


@pytest.mark.usefixtures("bob")
async def test_a_leg_of_a_phone_that_is_gone_calls_from_the_tenants_number(shop: Shop) -> None:
    talk = await connected(shop, await accept_call(shop.core, shop.node.id, from_phone(shop.agent, "101")))
    leg = talk.call.legs[0]
    moved = replace(leg, target=replace(leg.target, address="gone-123456"))
    (did,) = await shop.core.store.for_tenant(shop.tenant.id).dids.list()
    assert (await talk.route("0987654321", moved)).routes[0].caller_number == did.number
