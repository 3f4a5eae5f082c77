import pytest

from cordboard.actions.authenticate import authenticate
from cordboard.actions.core import Core
from cordboard.actions.create_key import create_key
from cordboard.actions.create_tenant import NewTenant, create_tenant
from cordboard.actions.revoke_key import revoke_key
from cordboard.domain.errors import AlreadyExists, InvalidInput, NotFound, Unauthenticated
from cordboard.domain.key import looks_like_ours
from cordboard.domain.tenant import Tenant


async def test_a_new_key_opens_what_its_scopes_say(core: Core, tenant: Tenant) -> None:
    made = await create_key(core, tenant, scopes=["call", "report"], name="CRM")
    assert looks_like_ours(made.value)
    identity = await authenticate(core, made.value)
    assert (identity.tenant, identity.scopes) == (tenant, frozenset({"call", "report"}))
    assert made.value not in repr(made)


async def test_an_existing_key_is_taken_over(core: Core, tenant: Tenant) -> None:
    made = await create_key(core, tenant, scopes=["call"], value="legacy-key-1")
    assert made.value == "legacy-key-1"
    assert (await authenticate(core, "legacy-key-1")).key_id == made.key.id


async def test_a_key_belongs_to_one_tenant(core: Core, tenant: Tenant) -> None:
    other = await create_tenant(core, NewTenant(name="globex"))
    await create_key(core, tenant, scopes=["call"], value="legacy-key-1")
    with pytest.raises(AlreadyExists) as refused:
        await create_key(core, other, scopes=["call"], value="legacy-key-1")
    assert "legacy-key-1" not in str(refused.value)


@pytest.mark.parametrize(
    ("scopes", "value", "field"),
    [(["call"], "short", "value"), (["call"], "with a blank", "value"), ([], "", "scope"), (["sing"], "", "scope")],
)
async def test_what_cannot_be_used_is_refused(
    core: Core, tenant: Tenant, scopes: list[str], value: str, field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        await create_key(core, tenant, scopes=scopes, value=value)
    assert refused.value.field == field


async def test_a_revoked_key_opens_nothing_once_that_is_said(core: Core, tenant: Tenant) -> None:
    made = await create_key(core, tenant, scopes=["call"])
    await authenticate(core, made.value)
    await revoke_key(core, tenant, made.key.id)
    with pytest.raises(Unauthenticated):
        await authenticate(core, made.value)
    (kept,) = await core.store.for_tenant(tenant.id).keys.list()
    assert kept.revoked_at is not None


async def test_nobody_revokes_a_foreign_key(core: Core, tenant: Tenant) -> None:
    other = await create_tenant(core, NewTenant(name="globex"))
    made = await create_key(core, tenant, scopes=["call"])
    with pytest.raises(NotFound, match=f"no key '{made.key.id}'"):
        await revoke_key(core, other, made.key.id)
    await authenticate(core, made.value)
