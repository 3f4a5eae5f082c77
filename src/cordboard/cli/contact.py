"""``cordboard contact``: people outside whom a tenant knows by name."""

from typing import Annotated
from uuid import UUID

import typer

from cordboard.actions.core import Core
from cordboard.actions.remove_contact import remove_contact
from cordboard.actions.save_contact import ContactDetails, save_contact
from cordboard.cli.output import Detail, Done, Listing, Row
from cordboard.cli.session import AnyTenant, TenantName, list_rows, with_owner, with_tenant
from cordboard.domain.contact import Contact
from cordboard.domain.tenant import Tenant

app = typer.Typer(help="Contacts: people outside whom a tenant knows by name.")


@app.command("add")
def add(
    *,
    tenant: TenantName,
    phone: Annotated[
        list[str],
        typer.Option(metavar="NUMBER", help="In any form of the tenant's country. One or more, the primary one first."),
    ],
    first_name: Annotated[str, typer.Option()] = "",
    last_name: Annotated[str, typer.Option()] = "",
) -> Detail:
    """Add a contact. Phones and records show its name with calls from and to its numbers."""
    primary_phone, *phones = phone
    details = ContactDetails(
        first_name=first_name, last_name=last_name, primary_phone=primary_phone, phones=tuple(phones)
    )
    return Detail(values=_row(with_tenant(tenant, lambda core, owner: save_contact(core, owner, details))))


@app.command("list")
def list_(tenant: AnyTenant = "") -> Listing:
    """Contacts and their numbers."""
    columns = ("id", "first_name", "last_name", "phones")
    return list_rows(tenant, _rows, columns=columns, empty="No contacts. Add one: contact add")


async def _rows(core: Core, tenant: Tenant) -> list[Row]:
    return [_row(contact) for contact in await core.store.for_tenant(tenant.id).contacts.list()]


@app.command("remove")
def remove(contact_id: Annotated[UUID, typer.Argument(metavar="ID")], tenant: AnyTenant = "") -> Done:
    """Remove a contact. Records keep its name."""
    with_owner(tenant, lambda core, owner: remove_contact(core, owner, contact_id))
    return Done(sentence=f"Contact {contact_id} is removed.", values={"id": str(contact_id), "is_removed": True})


def _row(contact: Contact) -> dict[str, object]:
    return {
        "id": str(contact.id),
        "first_name": contact.first_name,
        "last_name": contact.last_name,
        "phones": list(contact.phones),
    }
