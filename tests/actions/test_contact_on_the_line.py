"""A contact saved as +390312345678 is known when that number calls or is called, in whatever form it comes."""

from dataclasses import replace

import pytest

from cordboard.actions.accept_call import accept_call
from cordboard.actions.add_did import add_did
from cordboard.actions.core import Core
from cordboard.actions.make_call import CallRequest, make_call
from cordboard.actions.save_contact import ContactDetails, save_contact
from cordboard.domain.call_facts import facts_of
from cordboard.domain.call_state import Call, Party
from cordboard.domain.contact import Contact
from cordboard.domain.did import RouteKind
from tests.support.arrivals import from_carrier, from_phone
from tests.support.core import Shop, open_shop

NUMBER = "+390312345678"
DID = "+842899990001"
ABROAD = ("+390312345678", "00390312345678", "+39 0312 345678")
AT_HOME = (*ABROAD, "0312345678")
JOHN = ContactDetails(
    first_name="John", last_name="Doe", primary_phone=NUMBER, crm_name="Hubspot", crm_url="https://crm.example/1"
)

forms = pytest.mark.parametrize(
    ("country", "number"),
    [("VN", number) for number in ABROAD] + [("IT", number) for number in AT_HOME],
)


async def shop_in(core: Core, country: str) -> tuple[Shop, Contact]:
    """A shop that may call Italy, and knows John."""
    shop = await open_shop(core, country=country, allowed_destinations=("+39",))
    return shop, await save_contact(shop.core, shop.tenant, JOHN)


def check_is_known(call: Call, contact: Contact) -> None:
    facts = facts_of(call)
    assert (facts.customer_number, facts.customer_name) == (NUMBER, "John Doe")
    assert (facts.contact_id, facts.contact_crm, facts.contact_crm_url) == (
        contact.id,
        "Hubspot",
        "https://crm.example/1",
    )


async def best(shop: Shop, call: Call) -> Contact | None:
    return await shop.core.store.for_tenant(shop.tenant.id).contacts.best_for_number(call.customer_number)


@pytest.mark.parametrize(
    ("country", "number"),
    [("VN", number) for number in (*ABROAD, "390312345678")]
    + [("IT", number) for number in (*AT_HOME, "390312345678")],
)
async def test_who_calls_is_known(core: Core, country: str, number: str) -> None:
    shop, john = await shop_in(core, country)
    await add_did(shop.core, shop.tenant, number=DID, route_kind=RouteKind.AGENT, route_to="6688")
    call = await accept_call(shop.core, shop.node.id, from_carrier(DID, caller=number, name="Network's name"))
    check_is_known(call, john)
    assert await best(shop, call) == john


@forms
@pytest.mark.parametrize("first", list(Party))
async def test_who_is_called_by_a_request_is_known(core: Core, country: str, number: str, first: Party) -> None:
    shop, john = await shop_in(core, country)
    await make_call(shop.core, shop.tenant, CallRequest(extension="6688", number=number, first=first))
    (call,) = await shop.core.store.for_tenant(shop.tenant.id).calls.live()
    check_is_known(call, john)
    assert await best(shop, call) == john


@pytest.mark.parametrize(
    ("country", "number"),
    [("VN", "00390312345678"), ("VN", NUMBER), ("IT", "0312345678"), ("IT", NUMBER)],
)
async def test_whom_a_phone_dials_is_known(core: Core, country: str, number: str) -> None:
    shop, john = await shop_in(core, country)
    call = await accept_call(shop.core, shop.node.id, from_phone(shop.agent, number))
    check_is_known(call, john)


async def test_a_contact_is_saved_in_any_form_as_well(core: Core) -> None:
    shop, john = await shop_in(core, "IT")
    for form in AT_HOME:
        saved = await save_contact(shop.core, shop.tenant, replace(JOHN, primary_phone=form), contact_id=john.id)
        assert saved.phones == (NUMBER,)
