"""Disabling a tenant. Other changes: ``test_create_tenant``."""

import pytest

from cordboard.actions.authenticate import authenticate
from cordboard.actions.change_tenant import change_tenant
from cordboard.actions.core import Core
from cordboard.actions.create_key import create_key
from cordboard.actions.create_tenant import NewTenant, create_tenant
from cordboard.actions.make_call import CallRequest, make_call
from cordboard.domain.errors import CallRefused, Refusal, Unauthenticated
from cordboard.domain.tenant import Tenant
from tests.support.core import Shop, open_shop


async def provisioned(core: Core) -> tuple[int, set[int], set[int]]:
    """The revision, and the tenants whose phones and trunks nodes are told of."""
    configuration = await core.store.system.configuration.load()
    phones, trunks = configuration.phones, configuration.trunks
    return configuration.revision, {phone.tenant_id for phone in phones}, {trunk.tenant_id for trunk in trunks}


async def test_a_disabled_tenants_keys_open_nothing_once_that_is_said(core: Core, tenant: Tenant) -> None:
    other = await create_tenant(core, NewTenant(name="globex"))
    key, others_key = [(await create_key(core, one, scopes=["call"])).value for one in (tenant, other)]
    await authenticate(core, key)
    disabled = await change_tenant(core, tenant, {"is_enabled": False})
    assert not disabled.is_enabled
    with pytest.raises(Unauthenticated):
        await authenticate(core, key)
    assert (await authenticate(core, others_key)).tenant == other


async def test_a_disabled_tenants_phones_and_trunks_are_unknown_to_nodes_until_it_is_enabled_again(
    core: Core, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cordboard.actions.change_tenant.KEPT_SECONDS", 0.0)
    monkeypatch.setattr("cordboard.actions.await_applied.LONGEST_SECONDS", 0.0)
    other = await open_shop(core, name="other")
    both = {shop.tenant.id, other.tenant.id}
    before = await provisioned(core)
    assert before[1:] == (both, both)
    await change_tenant(core, shop.tenant, {"is_enabled": False})
    disabled = await provisioned(core)
    assert disabled[1:] == ({other.tenant.id}, {other.tenant.id})
    enabled_again = await change_tenant(core, shop.tenant, {"is_enabled": True})
    assert enabled_again == shop.tenant
    after = await provisioned(core)
    assert after[1:] == (both, both)
    assert before[0] < disabled[0] < after[0]


async def test_a_disabled_tenant_makes_no_calls(core: Core, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cordboard.actions.change_tenant.KEPT_SECONDS", 0.0)
    monkeypatch.setattr("cordboard.actions.await_applied.LONGEST_SECONDS", 0.0)
    request = CallRequest(extension=shop.agent.extension, number="0912345678")
    disabled = await change_tenant(core, shop.tenant, {"is_enabled": False})
    with pytest.raises(CallRefused) as refused:
        await make_call(core, disabled, request)
    assert refused.value.refusal is Refusal.AGENT_UNKNOWN
    await make_call(core, await change_tenant(core, disabled, {"is_enabled": True}), request)


async def test_other_changes_are_none_of_the_nodes_business(
    core: Core, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cordboard.actions.change_tenant.KEPT_SECONDS", 0.0)
    before = await core.store.system.configuration.revision()
    await change_tenant(core, tenant, {"language": "en"})
    assert await core.store.system.configuration.revision() == before
