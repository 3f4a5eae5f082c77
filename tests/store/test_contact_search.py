"""Searches of contacts find by index what reading them all would, in the same order."""

import random
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from cordboard.domain.contact import Contact, ContactFilter, folded
from tests.store.conftest import NOW, Office

# More than are read before the index is asked.
MANY = 5_200
NAMES = ("Nguyễn", "minh", "John", "Doe", "Mai", "Zoë", "qvist", "ẞtraße", "O'Brien", "100%_sure", "a", "")


def book(office: Office, count: int, chance: random.Random) -> Iterator[Contact]:
    """Contacts, oldest first; some have the same time."""
    for place in range(count):
        first, last = chance.choices(NAMES, range(len(NAMES), 0, -1), k=2)
        rare = chance.randrange(count)
        yield Contact(
            id=UUID(int=chance.getrandbits(128), version=4),
            tenant_id=office.tenant.id,
            first_name=first or "Ann",
            last_name=f"{last}{rare}" if rare % 7 == 0 else last,
            phones=tuple(f"+849{chance.randrange(10**8):08d}" for _ in range(chance.randrange(1, 3))),
            email=f"{first}.{rare}@gmail.com" if rare % 3 else "",
            other_emails=("second@acme.example",) if rare % 500 == 0 else (),
            created_at=NOW + timedelta(seconds=place // 3),
            updated_at=NOW,
        )


def is_met(contact: Contact, wanted: ContactFilter) -> bool:
    emails = [contact.email, *contact.other_emails]
    return (
        folded(wanted.first_name) in folded(contact.first_name)
        and folded(wanted.last_name) in folded(contact.last_name)
        and any(folded(wanted.email) in folded(email) for email in emails)
        and (not wanted.phone or any(part in phone for part in wanted.phone for phone in contact.phones))
    )


def part_of(text: str, chance: random.Random) -> str:
    begin = chance.randrange(len(text) + 1)
    return text[begin : begin + chance.randrange(1, 9)]


def searches(contacts: list[Contact], chance: random.Random) -> Iterator[ContactFilter]:
    """Parts of what somebody has, rare and frequent, alone and together; and what nobody has."""
    yield ContactFilter()
    yield ContactFilter(first_name="minh", offset=3000, limit=100)
    yield ContactFilter(phone=("+849",), offset=MANY - 5)
    yield ContactFilter(email="ACME.example")
    yield ContactFilter(first_name="%")
    yield ContactFilter(first_name="zq", last_name="wx")
    for _ in range(120):
        one, other = chance.choices(contacts, k=2)
        parts = {
            "first_name": part_of(one.first_name.upper(), chance),
            "last_name": part_of(one.last_name.lower(), chance),
            "email": part_of(one.email, chance),
            "phone": tuple(
                part for part in {part_of(phone, chance) for phone in one.phones + other.phones} if part.strip("+")
            )[:3],
        }
        asked = chance.sample(sorted(parts), chance.randrange(1, 5))
        page = {"offset": chance.choice((0, 0, 20)), "limit": chance.choice((1, 20, 100))}
        yield ContactFilter(**{name: parts[name] for name in asked}, **page)  # type: ignore[arg-type] # its fields


@pytest.mark.parametrize("count", [200, MANY])
async def test_an_index_finds_what_reading_all_would(office: Office, other_office: Office, count: int) -> None:
    chance = random.Random(count)
    contacts = list(book(office, count, chance))
    async with office.rows.transaction() as rows:
        for contact in chance.sample(contacts, count):
            await rows.contacts.save(contact)
    await other_office.rows.contacts.save(next(book(other_office, 1, chance)))
    contacts.sort(key=lambda contact: (contact.created_at, contact.id))
    for wanted in searches(contacts, chance):
        met = [contact for contact in contacts if is_met(contact, wanted)]
        page = await office.rows.contacts.find(wanted)
        end = wanted.offset + wanted.limit
        assert (page.rows, page.has_next) == (met[wanted.offset : end], len(met) > end), wanted


async def test_what_was_changed_or_removed_is_found_no_more(office: Office) -> None:
    contacts = office.rows.contacts
    mai = Contact(
        id=uuid4(), tenant_id=office.tenant.id, first_name="Mai", last_name="", phones=("+84912345678",),
        created_at=NOW, updated_at=NOW,
    )  # fmt: skip
    await contacts.save(mai)
    assert (await contacts.find(ContactFilter(first_name="mai"))).rows == [mai]
    await contacts.remove(mai.id)
    assert (await contacts.find(ContactFilter(first_name="mai"))).rows == []


@pytest.mark.parametrize("phones", [["%"], ["1_"], [""], ["1", "2", "3", "4"]])
async def test_the_function_takes_only_digits(office: Office, database_url: str, phones: list[str]) -> None:
    settings = {"role": "cordboard_app", "cordboard.tenant_id": str(office.tenant.id)}
    connection = await asyncpg.connect(database_url, server_settings=settings)
    try:
        with pytest.raises(asyncpg.InvalidParameterValueError):
            await connection.fetch("SELECT contact_ids_with_parts('', '', '', $1, 0, 1)", phones)
    finally:
        await connection.close()
