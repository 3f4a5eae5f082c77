import asyncio
import dataclasses
from typing import Any

import pytest

from cordboard.actions import change_tenant as change_tenant_module
from cordboard.actions.change_tenant import change_tenant
from cordboard.actions.core import Core
from cordboard.actions.create_tenant import NewTenant, create_tenant
from cordboard.domain.errors import AlreadyExists, InvalidInput
from cordboard.domain.tenant import Tenant


async def test_a_tenant_is_as_it_was_made(core: Core) -> None:
    new = NewTenant(
        name="acme",
        pbx_id=4711,
        country="it",
        timezone="Europe/Rome",
        language="en",
        admin_email="admin@acme.example",
        allowed_destinations=("+39", "+84"),
        cors_origins=("https://crm.acme.example",),
        limit_tenant=0,
        limit_route=7,
        max_calls=12,
        recording_days=30,
    )
    made = await create_tenant(core, new)
    kept = await core.store.for_tenant(made.id).tenants.get()
    assert kept == made
    assert dataclasses.asdict(new) | {"country": "IT"} == {
        field: value
        for field, value in dataclasses.asdict(made).items()
        if field not in {"id", "account_id", "is_enabled"}
    }
    assert len(made.account_id) == 32
    assert made.is_enabled


async def test_pbx_ids_are_drawn_apart(core: Core) -> None:
    made = [await create_tenant(core, NewTenant(name=f"tenant {number}")) for number in range(3)]
    assert len({tenant.pbx_id for tenant in made}) == 3


async def test_a_name_or_pbx_id_is_taken_once(core: Core, tenant: Tenant) -> None:
    with pytest.raises(AlreadyExists, match="tenant 'acme' exists already"):
        await create_tenant(core, NewTenant(name="acme"))
    with pytest.raises(AlreadyExists, match=f"'{tenant.pbx_id}' exists already"):
        await create_tenant(core, NewTenant(name="globex", pbx_id=tenant.pbx_id))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"pbx_id": 0}, "pbx_id"),
        ({"pbx_id": 2**53}, "pbx_id"),
        ({"country": "XX"}, "country"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"language": "fr"}, "language"),
        ({"admin_email": "nobody"}, "email"),
        ({"allowed_destinations": ("84",)}, "allow_destination"),
        ({"cors_origins": ("acme",)}, "cors_origin"),
        ({"limit_tenant": -1}, "limit_tenant"),
        ({"limit_route": -1}, "limit_route"),
        ({"max_calls": 0}, "max_calls"),
        ({"recording_days": 0}, "recording_days"),
        ({"crm_logos": {"": "https://crm.example/logo.png"}}, "crm_logo"),
        ({"crm_logos": {"Hubspot": "logo.png"}}, "crm_logo"),
        ({"recording_days": 36_526}, "recording_days"),
    ],
)
async def test_what_cannot_be_used_is_refused(core: Core, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        await create_tenant(core, NewTenant(**({"name": "acme"} | changes)))
    assert refused.value.field == field
    assert await core.store.system.tenants.list() == []


async def test_only_what_is_named_changes(core: Core, tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(change_tenant_module, "KEPT_SECONDS", 0.0)
    logos = {"Hubspot": "https://crm.example/logo.png"}
    changes = {"language": "en", "allowed_destinations": ["+39"], "max_calls": None, "crm_logos": logos}
    changed = await change_tenant(core, tenant, changes)
    assert changed == dataclasses.replace(tenant, language="en", allowed_destinations=("+39",), crm_logos=logos)
    assert await core.store.for_tenant(tenant.id).tenants.get() == changed


async def test_a_change_that_cannot_be_made_changes_nothing(core: Core, tenant: Tenant) -> None:
    await create_tenant(core, NewTenant(name="globex"))
    with pytest.raises(InvalidInput):
        await change_tenant(core, tenant, {"language": "en", "timezone": "nowhere"})
    with pytest.raises(InvalidInput):
        await change_tenant(core, tenant, {"account_id": "0" * 32})
    with pytest.raises(InvalidInput):
        await change_tenant(core, tenant, {})
    with pytest.raises(AlreadyExists):
        await change_tenant(core, tenant, {"name": "globex"})
    assert await core.store.for_tenant(tenant.id).tenants.get() == tenant


async def test_tenants_made_at_once_each_have_a_pbx_id(core: Core) -> None:
    made = await asyncio.gather(*(create_tenant(core, NewTenant(name=f"tenant {number}")) for number in range(8)))
    assert len({tenant.pbx_id for tenant in made}) == len(made)
