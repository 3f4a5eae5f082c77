from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from cordboard.actions.core import Core
from cordboard.actions.create_tenant import NewTenant, create_tenant
from cordboard.actions.remove_contact import remove_contact
from cordboard.actions.save_contact import ContactDetails, save_contact
from cordboard.domain.clock import ManualClock
from cordboard.domain.errors import InvalidInput, NotFound
from cordboard.domain.tenant import Tenant

MAI = ContactDetails(
    first_name=" Mai ", last_name="Tran", primary_phone="0912 345 678", phones=("+39 06 1234567", "+84912345678")
)


async def test_phones_are_kept_canonical_and_once_the_primary_one_first(core: Core, tenant: Tenant) -> None:
    made = await save_contact(core, tenant, MAI)
    assert (made.full_name, made.phones) == ("Mai Tran", ("+84912345678", "+39061234567"))
    contacts = core.store.for_tenant(tenant.id).contacts
    assert await contacts.best_for_number("+39061234567") == made
    twice = ContactDetails(last_name="Le", primary_phone="+84912345678", phones=("0912345678", "113"))
    changed = await save_contact(core, tenant, twice, contact_id=made.id)
    assert (changed.id, changed.full_name, changed.phones) == (made.id, "Le", ("+84912345678", "113"))
    assert await contacts.list() == [changed]
    await remove_contact(core, tenant, made.id)
    assert await contacts.list() == []


@pytest.mark.parametrize(
    ("details", "field"),
    [
        (ContactDetails(primary_phone="0912345678"), "first_name"),
        (ContactDetails(first_name="two\nlines", primary_phone="0912345678"), "first_name"),
        (ContactDetails(last_name="x" * 256, primary_phone="0912345678"), "last_name"),
        (ContactDetails(first_name="Mai"), "primary_phone"),
        (ContactDetails(first_name="Mai", phones=("0912345678",)), "primary_phone"),
        (ContactDetails(first_name="Mai", primary_phone="ask at the desk"), "primary_phone"),
        (ContactDetails(first_name="Mai", primary_phone="0912345678", phones=("+39031", "1.0")), "phones"),
    ],
)
async def test_what_cannot_be_used_is_refused(core: Core, tenant: Tenant, details: ContactDetails, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        await save_contact(core, tenant, details)
    assert refused.value.field == field
    assert await core.store.for_tenant(tenant.id).contacts.list() == []


async def test_all_that_is_known_is_put_in_the_place_of_what_was(core: Core, tenant: Tenant) -> None:
    details = replace(
        MAI, email="mai@acme.example", other_emails=("m@acme.example",), company="Acme", job_title="CEO",
        website="acme.example", crm_name="Hubspot", crm_url="https://crm.example/1",
    )  # fmt: skip
    core = replace(core, clock=ManualClock(core.clock.now()))
    made = await save_contact(core, tenant, details)
    assert (made.created_at, made.updated_at) == (core.clock.now(), core.clock.now())
    assert (made.email, made.other_emails, made.crm_name) == ("mai@acme.example", ("m@acme.example",), "Hubspot")
    contacts = core.store.for_tenant(tenant.id).contacts
    assert await contacts.get(made.id) == made
    later = replace(core, clock=ManualClock(core.clock.now() + timedelta(hours=1)))
    changed = await save_contact(later, tenant, MAI, contact_id=made.id)
    assert (changed.created_at, changed.updated_at) == (made.created_at, later.clock.now())
    assert (changed.email, changed.other_emails, changed.crm_name) == ("", (), "")
    assert await contacts.get(made.id) == changed


async def test_nobody_touches_a_foreign_contact(core: Core, tenant: Tenant) -> None:
    other = await create_tenant(core, NewTenant(name="globex"))
    made = await save_contact(core, tenant, MAI)
    for contact_id in (made.id, uuid4()):
        with pytest.raises(NotFound, match=str(contact_id)):
            await save_contact(core, other, MAI, contact_id=contact_id)
        with pytest.raises(NotFound, match=str(contact_id)):
            await remove_contact(core, other, contact_id)
    assert await core.store.for_tenant(tenant.id).contacts.list() == [made]
