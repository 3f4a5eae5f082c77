import dataclasses
from typing import Any

import pytest

from cordboard.actions.core import Core
from cordboard.actions.create_agent import NewAgent, create_agent
from cordboard.actions.create_tenant import NewTenant, create_tenant
from cordboard.actions.remove_agent import remove_agent
from cordboard.domain.errors import AlreadyExists, InvalidInput, NotFound
from cordboard.domain.tenant import Tenant
from cordboard.store.agents import sip_password_md5

ALICE = NewAgent(user_name="alice", extension="6688", first_name="Alice", last_name="Nguyen", is_auto_answered=True)


async def test_an_agent_gets_a_sip_account_that_nodes_are_told_of(core: Core, tenant: Tenant) -> None:
    before = await core.store.system.configuration.revision()
    made = await create_agent(core, tenant, ALICE)
    configuration = await core.store.system.configuration.load()
    (phone,) = configuration.phones
    assert configuration.revision > before
    assert phone.sip_username == made.agent.sip_username
    assert phone.password_md5 == sip_password_md5(made.agent.sip_username, made.sip_password)
    assert phone.display_name == made.agent.full_name == "Alice Nguyen"
    assert made.sip_password not in repr(made)
    assert len(made.sip_password) >= 32


async def test_numbers_repeat_among_tenants_but_accounts_do_not(core: Core, tenant: Tenant) -> None:
    other = await create_tenant(core, NewTenant(name="globex"))
    mine, theirs = await create_agent(core, tenant, ALICE), await create_agent(core, other, ALICE)
    assert mine.agent.sip_username != theirs.agent.sip_username
    assert mine.sip_password != theirs.sip_password


async def test_user_name_and_extension_are_taken_once_within_a_tenant(core: Core, tenant: Tenant) -> None:
    await create_agent(core, tenant, ALICE)
    before = await core.store.system.configuration.revision()
    with pytest.raises(AlreadyExists, match="agent 'alice'"):
        await create_agent(core, tenant, dataclasses.replace(ALICE, extension="6689"))
    with pytest.raises(AlreadyExists, match="extension '6688'"):
        await create_agent(core, tenant, dataclasses.replace(ALICE, user_name="bob"))
    assert await core.store.system.configuration.revision() == before


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"user_name": "alice nguyen"}, "user_name"),
        ({"extension": "0123"}, "extension"),
        ({"first_name": "two\nlines"}, "first_name"),
        ({"last_name": "x" * 101}, "last_name"),
        ({"email": "nobody"}, "email"),
        ({"password": "short"}, "password"),
        ({"max_calls": 0}, "max_calls"),
    ],
)
async def test_what_cannot_be_used_is_refused(core: Core, tenant: Tenant, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        await create_agent(core, tenant, dataclasses.replace(ALICE, **changes))
    assert refused.value.field == field
    assert await core.store.for_tenant(tenant.id).agents.list() == []


async def test_a_removed_agent_cannot_register(core: Core, tenant: Tenant) -> None:
    await create_agent(core, tenant, ALICE)
    before = await core.store.system.configuration.revision()
    await remove_agent(core, tenant, "alice")
    configuration = await core.store.system.configuration.load()
    assert configuration.phones == ()
    assert configuration.revision > before
    with pytest.raises(NotFound, match="no agent 'alice'"):
        await remove_agent(core, tenant, "alice")
