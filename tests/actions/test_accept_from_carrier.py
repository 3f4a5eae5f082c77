"""What carriers bring: whose number it is, whether it may come from there, and whom it rings."""

import asyncio
from dataclasses import dataclass, replace
from typing import Any

import pytest

from cordboard.actions.accept_call import accept_call, reason_for
from cordboard.actions.add_did import add_did
from cordboard.actions.add_trunk import NewTrunk, add_trunk
from cordboard.actions.change_tenant import change_tenant
from cordboard.actions.create_group import create_group
from cordboard.actions.remove_agent import remove_agent
from cordboard.actions.remove_trunk import remove_trunk
from cordboard.actions.save_contact import ContactDetails, save_contact
from cordboard.domain.arrival import Arrival
from cordboard.domain.call_state import Call, CallPhase, FlowName, Party
from cordboard.domain.commands import HangUpReason, TargetKind
from cordboard.domain.did import RouteKind
from cordboard.domain.errors import CallRefused, Refusal
from tests.support.arrivals import CUSTOMER, from_carrier, hire
from tests.support.core import Shop, open_shop, register

DID = "+842899990001"


@dataclass(frozen=True, kw_only=True)
class Line:
    """A shop with a DID that leads to Alice."""

    shop: Shop

    async def call(self, *dialled: str, **changes: str) -> Call:
        return await self.accept(from_carrier(*dialled or (DID,), **changes))

    async def accept(self, arrival: Arrival) -> Call:
        return await accept_call(self.shop.core, self.shop.node.id, arrival)

    async def refusal(self, *dialled: str, **changes: str) -> Refusal:
        before = await self.live()
        with pytest.raises(CallRefused) as refused:
            await self.call(*dialled, **changes)
        assert await self.live() == before
        return refused.value.refusal

    async def live(self) -> list[Call]:
        return await self.shop.core.store.for_tenant(self.shop.tenant.id).calls.live()


@pytest.fixture
async def line(shop: Shop) -> Line:
    await add_did(shop.core, shop.tenant, number=DID, route_kind=RouteKind.AGENT, route_to="6688")
    return Line(shop=shop)


async def test_a_did_rings_its_agent(line: Line) -> None:
    shop, arrival = line.shop, from_carrier(DID, name="Network's name")
    call = await line.accept(arrival)
    assert await line.live() == [call]
    assert (call.flow, call.phase, call.first) == (FlowName.INBOUND, CallPhase.QUEUED, Party.CUSTOMER)
    assert (call.agent_id, call.agent_user_name, call.agent_name, call.agent_extension) == (None, "", "", "")
    assert (call.customer_number, call.shown_to_agent, call.customer_name, call.did_number) == (
        CUSTOMER,
        "0912345678",
        "Network's name",
        DID,
    )
    (member,) = call.members
    assert (member.agent_id, member.is_busy, member.is_auto_answered) == (shop.agent.id, False, False)
    assert [(phone.address, phone.contact) for phone in member.phones] == [(shop.agent.sip_username, "")]
    (leg,) = call.legs
    (trunk,) = await shop.core.store.for_tenant(shop.tenant.id).trunks.list()
    assert (leg.id, leg.party, leg.agent_id, leg.is_incoming) == (arrival.leg_id, Party.CUSTOMER, None, True)
    assert (leg.target.kind, leg.target.trunk_id) == (TargetKind.TRUNK, trunk.id)
    assert call.requested_at == leg.dialled_at == arrival.at
    assert call.busy_agents == {shop.agent.id}


async def test_a_did_rings_all_of_a_group(line: Line) -> None:
    shop = line.shop
    bob, carol = await hire(shop, "bob", "101"), await hire(shop, "carol", "102", phones=2)
    await create_group(shop.core, shop.tenant, name="sales", extension="700", members=("101", "102", "6688"))
    await add_did(shop.core, shop.tenant, number="+842899990002", route_kind=RouteKind.GROUP, route_to="sales")
    await line.call()
    call = await line.call("+842899990002")
    found = [(member.agent_id, len(member.phones), member.is_busy) for member in call.members]
    assert found == [(bob.id, 1, False), (carol.id, 2, False), (shop.agent.id, 1, True)]
    assert call.busy_agents == {bob.id, carol.id}


@pytest.mark.parametrize(
    "dialled",
    [
        (DID,),
        ("842899990001",),
        ("00842899990001",),
        ("02899990001",),
        ("+84 28 9999 0001",),
        ("trunk-user", DID),
        ("", "02899990001"),
        ("+842800000000", "842899990001"),
    ],
)
async def test_a_did_is_known_however_the_carrier_writes_it(line: Line, dialled: tuple[str, ...]) -> None:
    assert (await line.call(*dialled)).did_number == DID


async def test_the_likeliest_of_several_numbers_counts_in_whatever_form(line: Line) -> None:
    shop = line.shop
    await add_did(shop.core, shop.tenant, number="+842899990003", route_kind=RouteKind.AGENT, route_to="6688")
    assert (await line.call("02899990003", DID)).did_number == "+842899990003"


async def test_a_national_number_is_read_in_the_country_of_whoever_has_it(line: Line) -> None:
    """02 8999 0001 is nobody's in Italy unless an Italian tenant has it, on a trunk to that carrier."""
    rome = await open_shop(line.shop.core, name="rome", country="IT", timezone="Europe/Rome")
    await add_did(rome.core, rome.tenant, number="+39028999001", route_kind=RouteKind.AGENT, route_to="6688")
    assert (await line.call("028999001")).tenant_id == rome.tenant.id
    assert (await line.call("02899990001")).tenant_id == line.shop.tenant.id
    assert await line.refusal("0390289990001") is Refusal.NUMBER_UNKNOWN


@pytest.mark.parametrize("dialled", ["", "s", "anonymous", "+", "00", "0", "02899990009", "6688", "113", "9" * 4000])
async def test_a_number_that_is_nobodys(line: Line, dialled: str) -> None:
    assert await line.refusal(dialled) is Refusal.NUMBER_UNKNOWN
    assert reason_for(Refusal.NUMBER_UNKNOWN) is HangUpReason.UNKNOWN_NUMBER


async def test_no_number_at_all(line: Line) -> None:
    arrival = replace(from_carrier(DID), dialled=())
    with pytest.raises(CallRefused, match="number_unknown"):
        await line.accept(arrival)


async def test_a_did_that_leads_nowhere_is_told_like_one_that_is_not(line: Line) -> None:
    shop = line.shop
    await add_did(shop.core, shop.tenant, number="+842899990004")
    assert await line.refusal("+842899990004") is Refusal.NUMBER_UNKNOWN
    await remove_agent(shop.core, shop.tenant, "alice")
    assert await line.refusal() is Refusal.NUMBER_UNKNOWN


async def test_only_a_carrier_of_the_tenants_own_brings_its_calls(line: Line) -> None:
    shop = line.shop
    assert await line.refusal(host="127.0.0.9") is Refusal.NUMBER_UNKNOWN
    # Somebody else's trunk at an address opens nobody's number.
    other = await open_shop(shop.core, name="other")
    await add_trunk(shop.core, other.tenant, NewTrunk(name="second", host="127.0.0.9"))
    assert await line.refusal(host="127.0.0.9") is Refusal.NUMBER_UNKNOWN
    await add_trunk(shop.core, shop.tenant, NewTrunk(name="second", host="127.0.0.9"))
    assert (await line.call(host="127.0.0.9")).tenant_id == shop.tenant.id
    await remove_trunk(shop.core, shop.tenant, "second")
    assert await line.refusal(host="127.0.0.9") is Refusal.NUMBER_UNKNOWN


async def test_tenants_share_a_carrier_and_extensions_and_each_gets_its_own_calls(line: Line) -> None:
    other = await open_shop(line.shop.core, name="other")
    await add_did(other.core, other.tenant, number="+842899990005", route_kind=RouteKind.AGENT, route_to="6688")
    mine, theirs = await line.call(), await line.call("+842899990005")
    assert (mine.tenant_id, mine.members[0].agent_id) == (line.shop.tenant.id, line.shop.agent.id)
    assert (theirs.tenant_id, theirs.members[0].agent_id) == (other.tenant.id, other.agent.id)


@pytest.mark.parametrize(
    ("host", "known", "is_known"),
    [
        ("sip.carrier.example", {"carrier_host": "sip.carrier.example"}, True),
        ("sip.carrier.example", {"carrier_host": "SIP.Carrier.example."}, True),
        (
            "sip.carrier.example",
            {"carrier_host": "a.example", "other_hosts": ("b.example", "sip.carrier.example")},
            True,
        ),
        ("203.0.113.5", {"carrier_host": "sip.carrier.example"}, True),
        ("2001:db8::5", {"remote_address": "2001:0db8:0::5"}, True),
        ("sip.carrier.example", {"carrier_host": "a.example", "other_hosts": ("b.example",)}, False),
        ("carrier.example", {"carrier_host": "sip.carrier.example"}, False),
        ("203.0.113.50", {}, False),
        ("sip.carrier.example", {"remote_address": ""}, False),
    ],
)
async def test_a_trunk_is_where_its_host_is_by_any_name(
    shop: Shop, host: str, known: dict[str, Any], *, is_known: bool
) -> None:
    line = Line(shop=shop)
    await add_did(shop.core, shop.tenant, number=DID, route_kind=RouteKind.AGENT, route_to="6688")
    await remove_trunk(shop.core, shop.tenant, "carrier")
    await add_trunk(shop.core, shop.tenant, NewTrunk(name="carrier", host=host))
    arrival = replace(from_carrier(DID), **({"carrier_host": "", "remote_address": "203.0.113.5"} | known))
    if is_known:
        assert (await line.accept(arrival)).did_number == DID
    else:
        with pytest.raises(CallRefused, match="number_unknown"):
            await line.accept(arrival)


async def test_a_disabled_tenant_gets_no_calls(line: Line) -> None:
    await change_tenant(line.shop.core, line.shop.tenant, {"is_enabled": False})
    assert await line.refusal() is Refusal.NUMBER_UNKNOWN


@pytest.mark.parametrize(
    ("caller", "number", "shown"),
    [
        ("+84912345678", CUSTOMER, "0912345678"),
        ("84912345678", CUSTOMER, "0912345678"),
        ("0912345678", CUSTOMER, "0912345678"),
        ("0084912345678", CUSTOMER, "0912345678"),
        ("+393331234567", "+393331234567", "+393331234567"),
        ("393331234567", "+393331234567", "+393331234567"),
        ("12", "12", "12"),
        ("", "anonymous", "anonymous"),
        ("alice2", "anonymous", "anonymous"),
        ("7" * 4000, "7" * 30, "7" * 30),
    ],
)
async def test_who_calls_is_kept_canonical_and_shown_as_at_home(
    line: Line, caller: str, number: str, shown: str
) -> None:
    call = await line.call(caller=caller)
    assert (call.customer_number, call.shown_to_agent) == (number, shown)


async def test_a_contacts_name_comes_before_the_networks(line: Line) -> None:
    shop = line.shop
    assert (await line.call(name="Nguyễn\x00 B\n")).customer_name == "Nguyễn B"
    await save_contact(shop.core, shop.tenant, ContactDetails(first_name="Mai", primary_phone="0912345678"))
    assert (await line.call(name="Nguyễn B")).customer_name == "Mai"
    other = await open_shop(shop.core, name="other")
    await add_did(shop.core, other.tenant, number="+842899990005", route_kind=RouteKind.AGENT, route_to="6688")
    assert (await line.call("+842899990005")).customer_name == ""


async def test_an_agent_who_is_busy_or_away_still_has_a_call(line: Line) -> None:
    """It leaves a record; the caller hears busy, or that nobody is there."""
    shop = line.shop
    await register(shop.core, shop.node, shop.agent, phones=0)
    away = await line.call()
    assert (away.members[0].phones, away.members[0].is_busy) == ((), False)
    await register(shop.core, shop.node, shop.agent)
    busy = await line.call()
    assert busy.members[0].is_busy
    assert busy.busy_agents == frozenset()


async def test_the_tenants_cap_is_told_as_busy(line: Line) -> None:
    await change_tenant(line.shop.core, line.shop.tenant, {"max_calls": 2})
    await asyncio.gather(*(line.call() for _ in range(2)))
    assert await line.refusal() is Refusal.CAP_REACHED
    assert reason_for(Refusal.CAP_REACHED) is HangUpReason.BUSY


async def test_a_cap_is_taken_exactly_by_calls_at_once(line: Line) -> None:
    await change_tenant(line.shop.core, line.shop.tenant, {"max_calls": 3})
    results = await asyncio.gather(*(line.call() for _ in range(16)), return_exceptions=True)
    refused = [one.refusal for one in results if isinstance(one, CallRefused)]
    assert refused == [Refusal.CAP_REACHED] * 13
    assert len(await line.live()) == 3
    assert sum(not call.members[0].is_busy for call in await line.live()) == 1


async def test_a_full_queue_is_told_as_overloaded(line: Line) -> None:
    shop = line.shop
    full = replace(shop, core=replace(shop.core, settings=shop.core.settings.changed(start_rate=0)))
    assert await Line(shop=full).refusal() is Refusal.QUEUE_FULL
    assert reason_for(Refusal.QUEUE_FULL) is HangUpReason.OVERLOADED
