import pytest

from cordboard.actions.add_did import add_did
from cordboard.actions.core import Core
from cordboard.actions.create_agent import NewAgent, create_agent
from cordboard.actions.create_group import create_group
from cordboard.actions.create_tenant import NewTenant, create_tenant
from cordboard.actions.remove_did import remove_did
from cordboard.domain.did import RouteKind
from cordboard.domain.errors import AlreadyExists, InvalidInput, NotFound
from cordboard.domain.tenant import Tenant


@pytest.mark.parametrize("typed", ["+842873000001", "028 7300 0001", "02873000001", "(028) 7300-0001"])
async def test_a_number_is_kept_canonical_however_it_is_typed(core: Core, tenant: Tenant, typed: str) -> None:
    did = await add_did(core, tenant, number=typed, label="Hotline")
    assert (did.number, did.label, did.route_kind) == ("+842873000001", "Hotline", None)
    assert await remove_did(core, tenant, typed) == "+842873000001"
    assert await core.store.for_tenant(tenant.id).dids.list() == []


async def test_a_number_leads_to_an_agent_that_exists(core: Core, tenant: Tenant) -> None:
    to_agent = {"route_kind": RouteKind.AGENT, "route_to": "6688"}
    with pytest.raises(NotFound, match="no extension '6688'"):
        await add_did(core, tenant, number="+842873000001", route_kind=RouteKind.AGENT, route_to="6688")
    await create_agent(core, tenant, NewAgent(user_name="alice", extension="6688"))
    did = await add_did(core, tenant, number="+842873000001", route_kind=RouteKind.AGENT, route_to="6688")
    assert {"route_kind": did.route_kind, "route_to": did.route_to} == to_agent


async def test_a_number_leads_to_a_group_that_exists(core: Core, tenant: Tenant) -> None:
    with pytest.raises(NotFound, match="no group 'sales'"):
        await add_did(core, tenant, number="+842873000001", route_kind=RouteKind.GROUP, route_to="sales")
    await create_group(core, tenant, name="sales", extension="700")
    did = await add_did(core, tenant, number="+842873000001", route_kind=RouteKind.GROUP, route_to="sales")
    assert (did.route_kind, did.route_to) == (RouteKind.GROUP, "sales")
    assert await core.store.for_tenant(tenant.id).dids.list() == [did]


async def test_a_number_belongs_to_one_tenant(core: Core, tenant: Tenant) -> None:
    other = await create_tenant(core, NewTenant(name="globex"))
    await add_did(core, tenant, number="+842873000001")
    for owner in (tenant, other):
        with pytest.raises(AlreadyExists):
            await add_did(core, owner, number="+842873000001")
    with pytest.raises(NotFound):
        await remove_did(core, other, "+842873000001")


@pytest.mark.parametrize("typed", ["113", "0000000000", "hotline", "", "+84"])
async def test_what_is_no_full_number_is_refused(core: Core, tenant: Tenant, typed: str) -> None:
    with pytest.raises(InvalidInput, match=r"^number: "):
        await add_did(core, tenant, number=typed)
