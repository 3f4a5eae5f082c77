"""Groups: whose number it is, who is in them, what leads to them."""

import asyncio

import pytest

from cordboard.domain.agent import Agent
from cordboard.domain.did import RouteKind
from cordboard.domain.errors import AlreadyExists, InvalidInput, NotFound
from tests.store.conftest import Office


async def hire(office: Office, extension: str) -> Agent:
    return await office.rows.agents.create(user_name=f"agent{extension}", extension=extension, sip_password="s")


async def test_groups_are_found_by_name_and_by_extension_with_members_in_the_order_given(
    office: Office, other_office: Office
) -> None:
    await hire(office, "101")
    sales = await office.rows.groups.create(name="sales", extension="700", members=("6688", "101"))
    empty = await office.rows.groups.create(name="nobody", extension="701")
    assert (sales.name, sales.extension, sales.members) == ("sales", "700", ("6688", "101"))
    assert await office.rows.groups.list() == [sales, empty]
    assert await office.rows.groups.by_name("sales") == sales
    assert await office.rows.groups.by_extension("700") == sales
    assert await office.rows.groups.by_extension("6688") is None
    assert await other_office.rows.groups.by_name("sales") is None
    theirs = await other_office.rows.groups.create(name="sales", extension="700", members=("6688",))
    assert await other_office.rows.groups.list() == [theirs]


async def test_a_removed_agent_is_in_no_group_and_a_removed_group_leaves_its_members(office: Office) -> None:
    bob = await hire(office, "101")
    await office.rows.groups.create(name="sales", extension="700", members=("101", "6688"))
    await office.rows.agents.remove(bob.user_name)
    group = await office.rows.groups.by_name("sales")
    assert group is not None
    assert group.members == ("6688",)
    await office.rows.groups.remove("sales")
    assert await office.rows.groups.list() == []
    assert await office.rows.agents.list() == [office.agent]
    with pytest.raises(NotFound, match="no group 'sales'"):
        await office.rows.groups.remove("sales")


async def test_names_numbers_and_members_are_checked_by_the_database(office: Office, other_office: Office) -> None:
    await hire(other_office, "102")
    await office.rows.groups.create(name="sales", extension="700")
    with pytest.raises(AlreadyExists, match="group 'sales'"):
        await office.rows.groups.create(name="sales", extension="701")
    with pytest.raises(AlreadyExists, match="extension '700'"):
        await office.rows.groups.create(name="support", extension="700")
    with pytest.raises(AlreadyExists, match="extension '6688'"):
        await office.rows.groups.create(name="support", extension="6688")
    with pytest.raises(AlreadyExists, match="extension '700'"):
        await hire(office, "700")
    with pytest.raises(NotFound, match="extension '102'"):
        await office.rows.groups.create(name="support", extension="701", members=("102",))
    assert [group.name for group in await office.rows.groups.list()] == ["sales"]
    await office.rows.groups.remove("sales")
    await hire(office, "700")


async def test_of_an_agent_and_a_group_that_want_one_number_at_once_one_gets_it(office: Office) -> None:
    async def take(number: int) -> None:
        made = await asyncio.gather(
            hire(office, str(number)),
            office.rows.groups.create(name=f"group {number}", extension=str(number)),
            return_exceptions=True,
        )
        (refused,) = (one for one in made if isinstance(one, BaseException))
        assert isinstance(refused, AlreadyExists)
        assert str(refused) == f"extension '{number}' exists already"

    await asyncio.gather(*(take(number) for number in range(200, 220)))
    agents, groups = await office.rows.agents.list(), await office.rows.groups.list()
    assert sorted([*(a.extension for a in agents), *(g.extension for g in groups)]) == [
        *(str(number) for number in range(200, 220)),
        "6688",
    ]


async def test_a_number_waits_for_the_transaction_that_may_take_it(office: Office) -> None:
    async with office.rows.transaction() as rows:
        await rows.groups.create(name="sales", extension="700")
        late = asyncio.create_task(hire(office, "700"))
        waiting = "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"
        while not await office.store.system._door.value(waiting):
            assert not late.done()
    with pytest.raises(AlreadyExists, match="extension '700'"):
        await late


async def test_a_group_that_a_did_leads_to_stays(office: Office, other_office: Office) -> None:
    to_sales = {"route_kind": RouteKind.GROUP, "route_to": "sales"}
    await other_office.rows.groups.create(name="sales", extension="700")
    with pytest.raises(NotFound, match="no group 'sales'"):
        await office.rows.dids.add(number="+39061", route_kind=RouteKind.GROUP, route_to="sales")
    await office.rows.groups.create(name="sales", extension="700")
    did = await office.rows.dids.add(number="+39061", route_kind=RouteKind.GROUP, route_to="sales")
    assert {"route_kind": did.route_kind, "route_to": did.route_to} == to_sales
    with pytest.raises(InvalidInput, match="a DID leads to group 'sales'"):
        await office.rows.groups.remove("sales")
    await office.rows.dids.remove("+39061")
    await office.rows.groups.remove("sales")
