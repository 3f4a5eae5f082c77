"""A contact: somebody outside whom a tenant knows by name; and what contacts are looked for by."""

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Somebody outside. ``phones`` are canonical numbers, the primary one first. Several contacts may share one.

    ``email`` is the primary address, ``other_emails`` are the rest. ``crm_name`` and ``crm_url`` say where the tenant
    keeps what else is known. "" is what nobody knows.
    """

    id: UUID
    tenant_id: int
    first_name: str
    last_name: str
    phones: tuple[str, ...]
    created_at: datetime
    updated_at: datetime
    email: str = ""
    other_emails: tuple[str, ...] = ()
    company: str = ""
    job_title: str = ""
    website: str = ""
    crm_name: str = ""
    crm_url: str = ""

    @property
    def full_name(self) -> str:
        """First and last name, "" when it has neither."""
        return " ".join(part for part in (self.first_name, self.last_name) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactFilter:
    """Which contacts, and which page of them. Each text that is given is a part of what it is named for.

    ``phone``: parts, one of which stands in any of a contact's canonical numbers. ``offset`` and ``limit`` count
    contacts.
    """

    first_name: str = ""
    last_name: str = ""
    email: str = ""
    phone: tuple[str, ...] = ()
    offset: int = 0
    limit: int = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactPage:
    """A page of contacts, oldest first. ``has_next``: there is at least one more."""

    rows: list[Contact]
    has_next: bool


def folded(text: str) -> str:
    """``text`` without what a search ignores: the case of letters, and whether accents are written apart (NFD)."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
