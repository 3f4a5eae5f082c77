"""A company's address book: names as unevenly spread as people's, the same for the same size. Loaded by COPY."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg

from cordboard.domain.contact import Contact
from cordboard.store.contacts import search_keys

FIRST_NAMES = (
    "Minh", "Anh", "Hương", "Lan", "Tuấn", "Mai", "Hoa", "John", "Maria", "Paolo", "Giulia", "Federico", "Anna",
    "Thảo", "Dũng", "Bình", "Luca", "Emma", "Noah", "Sofia", "Karl", "Ingrid", "Pavel", "Chloé", "Søren", "Zoë",
)  # fmt: skip
LAST_NAMES = (
    "Nguyễn", "Trần", "Lê", "Phạm", "Rossi", "Hoàng", "Vũ", "Smith", "Bianchi", "Doe", "Müller", "Đặng", "Bùi", "Russo",
    "Ferrari", "Jones", "Novák", "Dupont", "Hansen", "Kowalski", "García", "Silva", "Ivanov", "O'Brien", "Weiß",
    "Qvist",
)  # fmt: skip
SYLLABLES = ("ba", "ko", "li", "ma", "ne", "ro", "su", "ti", "va", "xe", "za", "qui", "wen", "jor", "phu", "dra")
DOMAINS = ("gmail.com", "yahoo.com", "outlook.com", "acme.example", "studio.example", "clinic.example")
BEGAN_AT = datetime(2021, 1, 4, 8, tzinfo=UTC)

_CONTACTS = (
    "tenant_id", "id", "first_name", "last_name", "email", "other_emails", "company", "job_title", "website",
    "crm_name", "crm_url", "created_at", "updated_at", "first_name_key", "last_name_key", "emails_key", "phones_key",
)  # fmt: skip


def address_book(tenant_id: int, count: int) -> Iterator[Contact]:
    """``count`` contacts, oldest first."""
    chance = random.Random(20260101)
    for place in range(count):
        first_name, last_name = _name(chance, FIRST_NAMES), _name(chance, LAST_NAMES)
        domain = chance.choices(DOMAINS, (40, 20, 15, 12, 8, 5))[0]
        emails = [f"{first_name[0]}.{last_name}{chance.randrange(10_000)}@{domain}".lower() for _ in range(2)]
        at = BEGAN_AT + timedelta(seconds=300 * place)
        yield Contact(
            id=UUID(int=chance.getrandbits(128), version=4),
            tenant_id=tenant_id,
            first_name=first_name,
            last_name=last_name,
            phones=tuple(_number(chance) for _ in range(chance.choices((1, 2, 3), (60, 30, 10))[0])),
            created_at=at,
            updated_at=at,
            email=emails[0],
            other_emails=tuple(emails[1:][: chance.randrange(2)]),
            company=f"{last_name} & Associates",
        )


def _name(chance: random.Random, names: tuple[str, ...]) -> str:
    """One of ``names``, the first most often (Zipf); or, one time in five, one that hardly anybody has."""
    if chance.random() < 0.2:
        return "".join(chance.choices(SYLLABLES, k=chance.randrange(2, 5))).capitalize()
    return chance.choices(names, [1 / place for place in range(1, len(names) + 1)])[0]


def _number(chance: random.Random) -> str:
    prefix = chance.choices(("+849", "+8428", "+3903", "+1415"), (70, 15, 10, 5))[0]
    return f"{prefix}{chance.randrange(10**7, 10**8)}"


async def load_address_book(connection: asyncpg.Connection, tenant_id: int, count: int) -> None:
    """Put an address book into a migrated database, as its owner. The index for searches is made after the rows."""
    (index,) = await connection.fetchrow("SELECT pg_get_indexdef('contacts_pieces'::regclass)")
    book = list(address_book(tenant_id, count))
    async with connection.transaction():
        await connection.execute("DROP INDEX contacts_pieces")
        await connection.copy_records_to_table("contacts", records=map(_row, book), columns=_CONTACTS)
        await connection.copy_records_to_table(
            "contact_phones",
            records=(
                (tenant_id, contact.id, position, number)
                for contact in book
                for position, number in enumerate(contact.phones)
            ),
            columns=("tenant_id", "contact_id", "position", "number"),
        )
        await connection.execute("SET LOCAL maintenance_work_mem = '1GB'")
        await connection.execute(index)
    await connection.execute("VACUUM ANALYZE contacts, contact_phones")


def _row(contact: Contact) -> tuple[object, ...]:
    return (
        contact.tenant_id, contact.id, contact.first_name, contact.last_name, contact.email, contact.other_emails,
        contact.company, contact.job_title, contact.website, contact.crm_name, contact.crm_url, contact.created_at,
        contact.updated_at, *search_keys(contact),
    )  # fmt: skip
