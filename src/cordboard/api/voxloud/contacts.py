"""``contacts``: people outside whom the company knows by name ("Contacts API")."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from cordboard.actions.core import Core
from cordboard.actions.remove_contact import remove_contact
from cordboard.actions.save_contact import ContactDetails, save_contact
from cordboard.api.common.endpoint import Endpoint, Endpoints, json_answer, read_query
from cordboard.api.common.fields import required_text, text, texts
from cordboard.api.common.json_body import read_json
from cordboard.api.common.wire_types import REQUIRED, Text, Texts, given, says
from cordboard.api.voxloud.contact_search import ContactQuery, read_criteria
from cordboard.api.voxloud.records import OWN_CRM
from cordboard.api.voxloud.times import local_time
from cordboard.domain.contact import Contact, ContactPage
from cordboard.domain.errors import NotFound
from cordboard.domain.tenant import Identity, Tenant

RESOURCE = "/api/v1/contacts"
SCOPE = "contact"

MOST_PHONES = 100
MOST_EMAILS = 100
URL_CHARACTERS = 2048
_UUID_CHARACTERS = 36


class ContactBody(msgspec.Struct, kw_only=True):
    """All that is known of a contact; what is left out or empty is not."""

    first_name: Annotated[Text, says("First name.", "John"), REQUIRED] = given()
    last_name: Annotated[Text, says("Last name.", "Doe")] = given()
    primary_phone: Annotated[Text, says("E.164, or as dialled at home.", "+390312345678"), REQUIRED] = given()
    phones: Annotated[Texts, says("More numbers.", ["+390387654321"])] = given()
    primary_email: Annotated[Text, says("An address, kept as it is.", "j.doe01@example.com")] = given()
    emails: Annotated[Texts, says("More addresses.", ["j.doe02@example.com"])] = given()
    company_name: Annotated[Text, says("The contact's company.", "John & Associates")] = given()
    job_title: Annotated[Text, says("What the contact does there.", "CEO")] = given()
    website: Annotated[Text, says("The company's, kept as it is.", "www.johna.com")] = given()
    crm_name: Annotated[Text, says("The system (CRM) that the contact comes from; `Voxloud` when empty.", OWN_CRM)] = (
        given()
    )
    crm_contact_url: Annotated[Text, says("The contact's page there.", "https://www.crm.com/contacts/profile/1")] = (
        given()
    )


class ContactPath(msgspec.Struct, kw_only=True):
    """Which contact."""

    id: Annotated[str, says("Its `id`, a UUID.", "54db43f0-7d1c-11fd-8149-bdf161b05c48")]


class ContactAnswer(msgspec.Struct, kw_only=True):
    """A contact. What nobody knows is null."""

    id: Annotated[str, says("A UUID.", "54db43f0-7d1c-11fd-8149-bdf161b05c48")]
    first_name: Annotated[str, says("First name.", "John")]
    last_name: Annotated[str | None, says("Last name.", "Doe")]
    primary_phone: Annotated[str, says("E.164.", "+390312345678")]
    phones: Annotated[list[str], says("More numbers, E.164.", ["+390387654321"])]
    primary_email: Annotated[str | None, says("As given.", "j.doe01@example.com")]
    emails: Annotated[list[str], says("More addresses, as given.", ["j.doe02@example.com"])]
    company_name: Annotated[str | None, says("The contact's company.", "John & Associates")]
    job_title: Annotated[str | None, says("What the contact does there.", "CEO")]
    website: Annotated[str | None, says("The company's, as given.", "www.johna.com")]
    crm_name: Annotated[str, says("The system (CRM) that the contact comes from.", OWN_CRM)]
    crm_contact_url: Annotated[str | None, says("The contact's page there.", "https://www.crm.com/contacts/profile/1")]
    created_at: Annotated[str, says("In the company's zone, with its offset.", "2022-12-27T14:42:37+01:00")]
    updated_at: Annotated[str, says("In the company's zone, with its offset.", "2022-12-27T14:42:37+01:00")]


class ContactsAnswer(msgspec.Struct, kw_only=True):
    """A page of contacts."""

    data: list[ContactAnswer]
    has_next: Annotated[bool, says("Whether there is at least one more after these.")]


_decoder = msgspec.json.Decoder(ContactBody)


def contact_endpoints() -> Endpoints:
    """What is served of contacts."""
    path = ContactPath
    update = Endpoint(serve=_answer_update, scope=SCOPE, path=path, body=ContactBody, answer=ContactAnswer)
    return {
        RESOURCE: {
            "GET": Endpoint(serve=_answer_search, scope=SCOPE, query=ContactQuery, answer=ContactsAnswer),
            "POST": Endpoint(serve=_answer_creation, scope=SCOPE, body=ContactBody, answer=ContactAnswer),
        },
        f"{RESOURCE}/{{id}}": {
            "GET": Endpoint(serve=_answer_one, scope=SCOPE, path=path, answer=ContactAnswer),
            "PUT": update,
            "POST": update,
            "DELETE": Endpoint(serve=_answer_removal, scope=SCOPE, path=path),
        },
    }


async def _answer_search(core: Core, identity: Identity, request: Request) -> Response:
    """A page of the contacts that have all the parts that were given, oldest first."""
    criteria = read_criteria(read_query(request, ContactQuery), identity.tenant.country)
    page = ContactPage(rows=[], has_next=False)
    if criteria is not None:
        page = await core.store.for_tenant(identity.tenant.id).contacts.find(criteria)
    rows = [contact_answer(contact, identity.tenant) for contact in page.rows]
    return json_answer(ContactsAnswer(data=rows, has_next=page.has_next))


async def _answer_creation(core: Core, identity: Identity, request: Request) -> Response:
    """Make a contact. Several may share a number."""
    made = await save_contact(core, identity.tenant, _details_of(await read_json(request, _decoder)))
    return json_answer(contact_answer(made, identity.tenant))


async def _answer_update(core: Core, identity: Identity, request: Request) -> Response:
    """Replace all that is known of a contact."""
    contact_id = _id_of(request)
    details = _details_of(await read_json(request, _decoder))
    changed = await save_contact(core, identity.tenant, details, contact_id=contact_id)
    return json_answer(contact_answer(changed, identity.tenant))


async def _answer_one(core: Core, identity: Identity, request: Request) -> Response:
    """One contact."""
    contact_id = _id_of(request)
    found = await core.store.for_tenant(identity.tenant.id).contacts.get(contact_id)
    if found is None:
        raise NotFound("contact", str(contact_id))
    return json_answer(contact_answer(found, identity.tenant))


async def _answer_removal(core: Core, identity: Identity, request: Request) -> Response:
    """Remove a contact. Records of calls keep its name."""
    await remove_contact(core, identity.tenant, _id_of(request))
    return Response(status_code=HTTPStatus.NO_CONTENT.value)


def contact_answer(contact: Contact, tenant: Tenant) -> ContactAnswer:
    """A contact as it looks on this wire."""
    primary_phone, *phones = contact.phones
    return ContactAnswer(
        id=str(contact.id),
        first_name=contact.first_name,
        last_name=contact.last_name or None,
        primary_phone=primary_phone,
        phones=phones,
        primary_email=contact.email or None,
        emails=list(contact.other_emails),
        company_name=contact.company or None,
        job_title=contact.job_title or None,
        website=contact.website or None,
        crm_name=contact.crm_name or OWN_CRM,
        crm_contact_url=contact.crm_url or None,
        created_at=local_time(contact.created_at, tenant.zone),
        updated_at=local_time(contact.updated_at, tenant.zone),
    )


def _details_of(body: ContactBody) -> ContactDetails:
    """What a body says. Addresses are kept as they are. Raises InvalidInput, naming the field."""
    crm_name = text(body.crm_name, "crm_name").strip()
    return ContactDetails(
        first_name=required_text(body.first_name, "first_name"),
        last_name=text(body.last_name, "last_name"),
        primary_phone=required_text(body.primary_phone, "primary_phone"),
        phones=texts(body.phones, "phones", most=MOST_PHONES),
        email=text(body.primary_email, "primary_email"),
        other_emails=texts(body.emails, "emails", most=MOST_EMAILS),
        company=text(body.company_name, "company_name"),
        job_title=text(body.job_title, "job_title"),
        website=text(body.website, "website", most=URL_CHARACTERS),
        crm_name="" if crm_name == OWN_CRM else crm_name,
        crm_url=text(body.crm_contact_url, "crm_contact_url", most=URL_CHARACTERS),
    )


def _id_of(request: Request) -> UUID:
    """The id in the path. Raises NotFound when it is none."""
    given: str = request.path_params["id"]
    try:
        if len(given) == _UUID_CHARACTERS:
            return UUID(given)
    except ValueError:
        pass
    raise NotFound("contact", given)
