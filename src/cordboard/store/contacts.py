"""Contacts and their phones."""

from collections.abc import Iterable
from uuid import UUID

from cordboard.domain.contact import Contact, ContactFilter, ContactPage, folded
from cordboard.domain.errors import NotFound
from cordboard.store.pool import Door, Row

_COLUMNS = (
    "c.id, c.tenant_id, c.first_name, c.last_name, ARRAY(SELECT p.number FROM contact_phones p"
    " WHERE (p.tenant_id, p.contact_id) = (c.tenant_id, c.id) ORDER BY p.position) AS phones,"
    " c.email, c.other_emails, c.company, c.job_title, c.website, c.crm_name, c.crm_url, c.created_at, c.updated_at"
)

# Whom a number may mean, and who of them is meant first.
BY_NUMBER = "contact_phones n JOIN contacts c ON (c.tenant_id, c.id) = (n.tenant_id, n.contact_id)"
BEST_FIRST = "n.position > 0, c.updated_at DESC, c.id"

# Rows of phones are changed in place, so that old and new ones never meet in one statement.
_SAVE = """
WITH saved AS (
    INSERT INTO contacts (tenant_id, id, first_name, last_name, email, other_emails, company, job_title, website,
        crm_name, crm_url, created_at, updated_at, first_name_key, last_name_key, emails_key, phones_key)
    VALUES ($1, $2, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
    ON CONFLICT (tenant_id, id) DO UPDATE SET
        first_name = excluded.first_name, last_name = excluded.last_name, email = excluded.email,
        other_emails = excluded.other_emails, company = excluded.company, job_title = excluded.job_title,
        website = excluded.website, crm_name = excluded.crm_name, crm_url = excluded.crm_url,
        created_at = excluded.created_at, updated_at = excluded.updated_at,
        first_name_key = excluded.first_name_key, last_name_key = excluded.last_name_key,
        emails_key = excluded.emails_key, phones_key = excluded.phones_key),
gone AS (
    DELETE FROM contact_phones WHERE tenant_id = $1 AND contact_id = $2 AND position >= cardinality($3::text[]))
INSERT INTO contact_phones (tenant_id, contact_id, position, number)
SELECT $1, $2, p.ordinality - 1, p.number FROM unnest($3::text[]) WITH ORDINALITY AS p (number, ordinality)
ON CONFLICT (tenant_id, contact_id, position) DO UPDATE SET number = excluded.number
"""

_NAMES = f"""
SELECT wanted.number, found.name FROM unnest($2::text[]) AS wanted (number) CROSS JOIN LATERAL (
    SELECT concat_ws(' ', NULLIF(c.first_name, ''), NULLIF(c.last_name, '')) AS name,
        row_number() OVER (ORDER BY {BEST_FIRST}) AS place
    FROM {BY_NUMBER} WHERE n.tenant_id = $1 AND n.number = wanted.number ORDER BY {BEST_FIRST} LIMIT $3) found
WHERE found.name <> '' ORDER BY wanted.number, found.place
"""

_PAGE = f"SELECT {_COLUMNS} FROM contacts c WHERE c.tenant_id = $1 ORDER BY c.created_at, c.id OFFSET $2 LIMIT $3"
_FOUND = f"""
SELECT {_COLUMNS} FROM contact_ids_with_parts($4, $5, $6, $7, $2, $3) WITH ORDINALITY AS found (id, place)
JOIN contacts c ON c.tenant_id = $1 AND c.id = found.id ORDER BY found.place
"""


def search_keys(contact: Contact) -> tuple[str, str, str, str]:
    """What searches look at: first name, last name, all addresses, all numbers. No part reaches over a separator."""
    emails = "\n".join((contact.email, *contact.other_emails)).strip("\n")
    return folded(contact.first_name), folded(contact.last_name), folded(emails), " ".join(contact.phones)


class Contacts:
    """A tenant's contacts."""

    def __init__(self, door: Door, tenant_id: int) -> None:
        self._door = door
        self._tenant_id = tenant_id

    async def save(self, contact: Contact) -> None:
        """A new contact; or, for a known id, all of it anew."""
        await self._door.fetch(
            _SAVE,
            self._tenant_id,
            contact.id,
            contact.phones,
            contact.first_name,
            contact.last_name,
            contact.email,
            contact.other_emails,
            contact.company,
            contact.job_title,
            contact.website,
            contact.crm_name,
            contact.crm_url,
            contact.created_at,
            contact.updated_at,
            *search_keys(contact),
        )

    async def lock(self, contact_id: UUID) -> Contact | None:
        """The contact of that id, and nobody else's to change until the transaction ends."""
        sql = f"SELECT {_COLUMNS} FROM contacts c WHERE c.tenant_id = $1 AND c.id = $2 FOR NO KEY UPDATE"
        row = await self._door.row(sql, self._tenant_id, contact_id)
        return None if row is None else _contact_of(row)

    async def get(self, contact_id: UUID) -> Contact | None:
        """The contact of that id."""
        sql = f"SELECT {_COLUMNS} FROM contacts c WHERE c.tenant_id = $1 AND c.id = $2"
        row = await self._door.row(sql, self._tenant_id, contact_id)
        return None if row is None else _contact_of(row)

    async def best_for_number(self, number: str) -> Contact | None:
        """Who is meant by a canonical number: whose primary phone it is before others, the latest updated of those."""
        condition = "n.tenant_id = $1 AND n.number = $2"
        sql = f"SELECT {_COLUMNS} FROM {BY_NUMBER} WHERE {condition} ORDER BY {BEST_FIRST} LIMIT 1"
        row = await self._door.row(sql, self._tenant_id, number)
        return None if row is None else _contact_of(row)

    async def names_for_numbers(self, numbers: Iterable[str], most: int) -> dict[str, list[str]]:
        """The names of whom canonical numbers may mean, at most ``most`` for each, the best first, by number."""
        rows = await self._door.fetch(_NAMES, self._tenant_id, list(set(numbers)), most)
        names: dict[str, list[str]] = {}
        for number, name in rows:
            names.setdefault(number, []).append(name)
        return names

    async def find(self, criteria: ContactFilter) -> ContactPage:
        """A page of the contacts that meet ``criteria``, oldest first."""
        window = (criteria.offset, criteria.limit + 1)
        parts = (*map(folded, (criteria.first_name, criteria.last_name, criteria.email)), list(criteria.phone))
        if any(parts):
            rows = await self._door.fetch(_FOUND, self._tenant_id, *window, *parts)
        else:
            rows = await self._door.fetch(_PAGE, self._tenant_id, *window)
        found = [_contact_of(row) for row in rows]
        return ContactPage(rows=found[: criteria.limit], has_next=len(found) > criteria.limit)

    async def list(self) -> list[Contact]:
        """All contacts, oldest first."""
        sql = f"SELECT {_COLUMNS} FROM contacts c WHERE c.tenant_id = $1 ORDER BY c.created_at, c.id"
        return [_contact_of(row) for row in await self._door.fetch(sql, self._tenant_id)]

    async def remove(self, contact_id: UUID) -> None:
        """Remove a contact. Records keep its name. Raises NotFound."""
        sql = "DELETE FROM contacts WHERE tenant_id = $1 AND id = $2 RETURNING 1"
        if await self._door.value(sql, self._tenant_id, contact_id) is None:
            raise NotFound("contact", str(contact_id))


def _contact_of(row: Row) -> Contact:
    return Contact(
        id=row["id"],
        tenant_id=row["tenant_id"],
        first_name=row["first_name"],
        last_name=row["last_name"],
        phones=tuple(row["phones"]),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        email=row["email"],
        other_emails=tuple(row["other_emails"]),
        company=row["company"],
        job_title=row["job_title"],
        website=row["website"],
        crm_name=row["crm_name"],
        crm_url=row["crm_url"],
    )
