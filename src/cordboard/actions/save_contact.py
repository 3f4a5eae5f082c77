"""Write down whom a tenant knows by name."""

from dataclasses import dataclass
from uuid import UUID, uuid4

from cordboard.actions.checks import check_text
from cordboard.actions.core import Core
from cordboard.domain.contact import Contact
from cordboard.domain.errors import InvalidInput, NotFound
from cordboard.domain.number import read_number
from cordboard.domain.tenant import Tenant


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactDetails:
    """What a contact is made of; see ``domain.contact.Contact``. ``phones`` in any form of the tenant's country."""

    first_name: str = ""
    last_name: str = ""
    phones: tuple[str, ...] = ()


async def save_contact(
    core: Core, tenant: Tenant, details: ContactDetails, *, contact_id: UUID | None = None
) -> Contact:
    """Make a contact; or, with ``contact_id``, put ``details`` in the place of all that is known of that one.

    Raises:
        InvalidInput: neither name was given, no phone, or one that nobody could dial.
        NotFound: no contact has ``contact_id``.
        Unavailable.
    """
    contact = Contact(
        id=contact_id or uuid4(),
        tenant_id=tenant.id,
        first_name=check_text("first_name", details.first_name, longest=100).strip(),
        last_name=check_text("last_name", details.last_name, longest=100).strip(),
        phones=_canonical_phones(details.phones, tenant),
    )
    if not contact.full_name:
        raise InvalidInput("first_name", "give a first or a last name")
    async with core.store.for_tenant(tenant.id).transaction() as rows:
        if contact_id is not None and await rows.contacts.get(contact_id) is None:
            raise NotFound("contact", str(contact_id))
        await rows.contacts.save(contact, core.clock.now())
    return contact


def _canonical_phones(phones: tuple[str, ...], tenant: Tenant) -> tuple[str, ...]:
    """The primary one first, each once."""
    if not phones:
        raise InvalidInput("phone", "give at least one")
    canonical: dict[str, None] = {}
    for phone in phones:
        number = read_number(phone, tenant.country)
        if number is None:
            raise InvalidInput("phone", f"'{phone}' is not a telephone number in {tenant.country}")
        canonical[number] = None
    return tuple(canonical)
