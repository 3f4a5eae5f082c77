"""Contacts: kept whole, and found by number."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from cordboard.domain.contact import Contact
from cordboard.domain.errors import NotFound
from tests.store.conftest import NOW, Office

LATER = NOW + timedelta(seconds=1)
NUMBER, SECOND, THIRD = "+84912345678", "+84912345679", "+842838221111"


def contact(office: Office, *phones: str, **changes: Any) -> Contact:
    values: dict[str, Any] = {
        "id": uuid4(),
        "tenant_id": office.tenant.id,
        "first_name": "Mai",
        "last_name": "Tran",
        "phones": phones,
        "created_at": NOW,
        "updated_at": NOW,
    }
    return Contact(**(values | changes))


async def test_a_contact_is_kept_as_it_was_saved_last(office: Office) -> None:
    contacts = office.rows.contacts
    mai = contact(
        office, NUMBER, SECOND, THIRD, email="mai@acme.example", other_emails=("a@b", "c@d"), company="Acme",
        job_title="CEO", website="acme.example", crm_name="Hubspot", crm_url="https://crm.example/1",
    )  # fmt: skip
    await contacts.save(mai)
    assert await contacts.get(mai.id) == mai
    for phones in ((THIRD, NUMBER), (), (SECOND, NUMBER, THIRD)):
        changed = contact(office, *phones, id=mai.id, first_name="", last_name="Le", updated_at=LATER)
        await contacts.save(changed)
        assert await contacts.get(mai.id) == changed
        assert await contacts.list() == [changed]


async def test_contacts_are_listed_oldest_first_whatever_became_of_them(office: Office, other_office: Office) -> None:
    second, first = contact(office, NUMBER, created_at=LATER), contact(office, NUMBER)
    await office.rows.contacts.save(second)
    await office.rows.contacts.save(first)
    first = replace(first, updated_at=LATER + timedelta(seconds=1))
    await office.rows.contacts.save(first)
    assert await office.rows.contacts.list() == [first, second]
    assert await other_office.rows.contacts.list() == []
    await office.rows.contacts.remove(first.id)
    assert await office.rows.contacts.list() == [second]
    for office_without in (office, other_office):
        with pytest.raises(NotFound, match=str(first.id)):
            await office_without.rows.contacts.remove(first.id)


async def test_a_number_means_whose_primary_phone_it_is_then_the_latest_update_then_the_first_id(
    office: Office, other_office: Office
) -> None:
    contacts = office.rows.contacts

    async def best() -> UUID | None:
        found = await contacts.best_for_number(NUMBER)
        return None if found is None else found.id

    low, high = sorted((contact(office, NUMBER), contact(office, NUMBER)), key=lambda one: one.id)
    secondary = contact(office, SECOND, NUMBER, updated_at=LATER)
    await other_office.rows.contacts.save(contact(other_office, NUMBER))
    assert await best() is None
    await contacts.save(secondary)
    assert await best() == secondary.id
    await contacts.save(high)
    assert await best() == high.id
    await contacts.save(low)
    assert await best() == low.id
    await contacts.save(replace(high, updated_at=LATER))
    assert await best() == high.id
    for one in (low, high):
        await contacts.save(contact(office, SECOND, THIRD, id=one.id))
    assert await best() == secondary.id
    assert await contacts.best_for_number(NUMBER.removeprefix("+")) is None
