import pytest

from cordboard.actions.add_did import add_did
from cordboard.actions.core import Core
from cordboard.actions.create_agent import NewAgent, create_agent
from cordboard.actions.create_group import create_group
from cordboard.actions.remove_did import remove_did
from cordboard.actions.remove_group import remove_group
from cordboard.domain.did import RouteKind
from cordboard.domain.errors import AlreadyExists, InvalidInput, NotFound
from cordboard.domain.tenant import Tenant


@pytest.fixture
async def hired(core: Core, tenant: Tenant) -> None:
    """Agents 101 and 102."""
    for extension in ("101", "102"):
        await create_agent(core, tenant, NewAgent(user_name=f"agent{extension}", extension=extension))


@pytest.mark.usefixtures("hired")
async def test_members_are_kept_once_in_the_order_given(core: Core, tenant: Tenant) -> None:
    group = await create_group(core, tenant, name=" sales ", extension="700", members=["102", "101", "102"])
    assert (group.name, group.extension, group.members) == ("sales", "700", ("102", "101"))
    assert await core.store.for_tenant(tenant.id).groups.list() == [group]


@pytest.mark.usefixtures("hired")
async def test_what_is_not_there_or_taken_is_named(core: Core, tenant: Tenant) -> None:
    with pytest.raises(NotFound, match=r"^no extension '103'$"):
        await create_group(core, tenant, name="sales", extension="700", members=["101", "103"])
    with pytest.raises(AlreadyExists, match="extension '101'"):
        await create_group(core, tenant, name="sales", extension="101")
    await create_group(core, tenant, name="sales", extension="700")
    with pytest.raises(AlreadyExists, match="group 'sales'"):
        await create_group(core, tenant, name="sales", extension="701")
    with pytest.raises(AlreadyExists, match="extension '700'"):
        await create_agent(core, tenant, NewAgent(user_name="late", extension="700"))
    assert len(await core.store.for_tenant(tenant.id).groups.list()) == 1
    assert len(await core.store.for_tenant(tenant.id).agents.list()) == 2


@pytest.mark.parametrize(
    ("name", "extension", "field"), [("", "700", "name"), ("sales", "0700", "extension"), ("sales", "7", "extension")]
)
async def test_what_cannot_be_used_is_refused(
    core: Core, tenant: Tenant, name: str, extension: str, field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        await create_group(core, tenant, name=name, extension=extension)
    assert refused.value.field == field


async def test_a_group_that_a_number_leads_to_is_not_removed(core: Core, tenant: Tenant) -> None:
    await create_group(core, tenant, name="sales", extension="700")
    await add_did(core, tenant, number="+842873000001", route_kind=RouteKind.GROUP, route_to="sales")
    with pytest.raises(InvalidInput, match=r"^name: a DID leads to group 'sales'$"):
        await remove_group(core, tenant, "sales")
    await remove_did(core, tenant, "+842873000001")
    await remove_group(core, tenant, "sales")
    with pytest.raises(NotFound, match="no group 'sales'"):
        await remove_group(core, tenant, "sales")
