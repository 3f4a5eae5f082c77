"""Contacts and their phones."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from cordboard.domain.contact import Contact
from cordboard.domain.errors import NotFound
from cordboard.store.pool import Door, Row

_COLUMNS = (
    "c.id, c.tenant_id, c.first_name, c.last_name, ARRAY(SELECT p.number FROM contact_phones p"
    " WHERE (p.tenant_id, p.contact_id) = (c.tenant_id, c.id) ORDER BY p.position) AS phones"
)

# Whom a number may mean, and who of them is meant first.
BY_NUMBER = "contact_phones n JOIN contacts c ON (c.tenant_id, c.id) = (n.tenant_id, n.contact_id)"
BEST_FIRST = "n.position > 0, c.updated_at DESC, c.id"

# Rows of phones are changed in place, so that old and new ones never meet in one statement.
_SAVE = """
WITH saved AS (
    INSERT INTO contacts (tenant_id, id, first_name, last_name, created_at, updated_at) VALUES ($1, $2, $3, $4, $6, $6)
    ON CONFLICT (tenant_id, id) DO UPDATE SET
        first_name = excluded.first_name, last_name = excluded.last_name, updated_at = excluded.updated_at),
gone AS (
    DELETE FROM contact_phones WHERE tenant_id = $1 AND contact_id = $2 AND position >= cardinality($5::text[]))
INSERT INTO contact_phones (tenant_id, contact_id, position, number)
SELECT $1, $2, p.ordinality - 1, p.number FROM unnest($5::text[]) WITH ORDINALITY AS p (number, ordinality)
ON CONFLICT (tenant_id, contact_id, position) DO UPDATE SET number = excluded.number
"""

_NAMES = f"""
SELECT wanted.number, found.name FROM unnest($2::text[]) AS wanted (number) CROSS JOIN LATERAL (
    SELECT concat_ws(' ', NULLIF(c.first_name, ''), NULLIF(c.last_name, '')) AS name,
        row_number() OVER (ORDER BY {BEST_FIRST}) AS place
    FROM {BY_NUMBER} WHERE n.tenant_id = $1 AND n.number = wanted.number ORDER BY {BEST_FIRST} LIMIT $3) found
WHERE found.name <> '' ORDER BY wanted.number, found.place
"""


class Contacts:
    """A tenant's contacts."""

    def __init__(self, door: Door, tenant_id: int) -> None:
        self._door = door
        self._tenant_id = tenant_id

    async def save(self, contact: Contact, now: datetime) -> None:
        """A new contact; or, for a known id, all of it anew."""
        await self._door.fetch(
            _SAVE, self._tenant_id, contact.id, contact.first_name, contact.last_name, contact.phones, now
        )

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
    )
