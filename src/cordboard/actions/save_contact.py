"""Write down whom a tenant knows by name."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from uuid import UUID, uuid4

from cordboard.actions.checks import check_text
from cordboard.actions.core import Core
from cordboard.domain.contact import Contact
from cordboard.domain.errors import InvalidInput, NotFound
from cordboard.domain.number import read_number
from cordboard.domain.tenant import Tenant

NAME_CHARACTERS = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactDetails:
    """What a contact is made of; see ``domain.contact.Contact``. Phones are in any form of the tenant's country."""

    first_name: str = ""
    last_name: str = ""
    primary_phone: str = ""
    phones: tuple[str, ...] = ()
    email: str = ""
    other_emails: tuple[str, ...] = ()
    company: str = ""
    job_title: str = ""
    website: str = ""
    crm_name: str = ""
    crm_url: str = ""


async def save_contact(
    core: Core, tenant: Tenant, details: ContactDetails, *, contact_id: UUID | None = None
) -> Contact:
    """Make a contact; or, with ``contact_id``, put ``details`` in the place of all that is known of that one.

    Raises:
        InvalidInput: neither name was given, no primary phone, or one that nobody could dial.
        NotFound: no contact has ``contact_id``.
        Unavailable.
    """
    now = core.clock.now()
    contact = Contact(
        id=contact_id or uuid4(),
        tenant_id=tenant.id,
        first_name=_check_name("first_name", details.first_name),
        last_name=_check_name("last_name", details.last_name),
        phones=tuple(dict.fromkeys(_canonical_phones(details, tenant.country))),
        created_at=now,
        updated_at=now,
        email=details.email,
        other_emails=details.other_emails,
        company=details.company,
        job_title=details.job_title,
        website=details.website,
        crm_name=details.crm_name,
        crm_url=details.crm_url,
    )
    if not contact.full_name:
        raise InvalidInput("first_name", "give a first or a last name")
    async with core.store.for_tenant(tenant.id).transaction() as rows:
        if contact_id is not None:
            known = await rows.contacts.lock(contact_id)
            if known is None:
                raise NotFound("contact", str(contact_id))
            contact = replace(contact, created_at=known.created_at)
        await rows.contacts.save(contact)
    return contact


def _check_name(field: str, text: str) -> str:
    """Phones show it: one line."""
    return check_text(field, text, longest=NAME_CHARACTERS).strip()


def _canonical_phones(details: ContactDetails, country: str) -> Iterator[str]:
    """The primary one first."""
    if not details.primary_phone:
        raise InvalidInput("primary_phone", "give at least one")
    for field, phone in (("primary_phone", details.primary_phone), *(("phones", phone) for phone in details.phones)):
        number = read_number(phone, country)
        if number is None:
            raise InvalidInput(field, f"'{phone}' is not a telephone number in {country}")
        yield number
