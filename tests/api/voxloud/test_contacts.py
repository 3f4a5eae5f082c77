"""Contacts: made, read, replaced, removed; what is kept as it was given, and what is refused."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from cordboard.api.voxloud.contacts import contact_answer
from cordboard.domain.clock import ManualClock
from cordboard.domain.contact import Contact
from tests.api.voxloud.client import Client
from tests.api.voxloud.documents import golden, same_json
from tests.api.voxloud.specimens import CONTACT

MADE_AT = datetime(2022, 12, 27, 13, 42, 37, 999_000, tzinfo=UTC)
LEAST = {"first_name": "Mai", "primary_phone": "+84912345678"}


def set_clock(client: Client, at: datetime) -> None:
    clock = client.office.house.core.clock
    assert isinstance(clock, ManualClock)
    clock.move((at - clock.now()).total_seconds())


def documented(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer with the sample's id, which must look like the one it has."""
    assert str(UUID(answer["id"])) == answer["id"]
    return answer | {"id": golden("contact")["id"]}


@pytest.fixture
async def italian(client: Client) -> Client:
    """The samples' tenant, at the samples' time."""
    await client.office.change(country="IT", timezone="Europe/Rome")
    return client


async def test_the_documented_contact_is_made_read_replaced_and_removed(italian: Client) -> None:
    set_clock(italian, MADE_AT)
    made = await italian.post("/contacts", golden("contact_request"))
    assert made.status == 200
    same_json(documented(made.json), "contact")
    path = f"/contacts/{made.json['id']}"
    read = await italian.get(path)
    assert (read.status, read.json) == (200, made.json)
    for ask in (italian.put, italian.post):
        changed = await ask(path, golden("contact_update_request"))
        assert changed.status == 200
        same_json(documented(changed.json), "contact_updated")
    removed = await italian.delete(path)
    assert (removed.status, removed.body) == (204, b"")
    for gone in (await italian.get(path), await italian.delete(path), await italian.put(path, LEAST)):
        assert gone.status == 404


async def test_the_documented_search_finds_the_documented_contacts(italian: Client) -> None:
    for place, sample in enumerate(golden("contacts")["data"]):
        contact = Contact(
            id=UUID(sample["id"]), tenant_id=italian.office.tenant.id, first_name=sample["first_name"],
            last_name=sample["last_name"], phones=(sample["primary_phone"], *sample["phones"]),
            email=sample["primary_email"], other_emails=tuple(sample["emails"]), company=sample["company_name"],
            job_title=sample["job_title"], website=sample["website"], crm_url=sample["crm_contact_url"],
            created_at=MADE_AT + timedelta(days=place), updated_at=MADE_AT + timedelta(days=place),
        )  # fmt: skip
        await italian.office.rows.contacts.save(contact)
        same = contact_answer(contact, italian.office.tenant)
        assert same.created_at == sample["created_at"]
    everybody = await italian.get("/contacts")
    assert everybody.status == 200
    same_json(everybody.json, "contacts")
    asked = await italian.get("/contacts", first_name="jOhN", last_name="dOe", email="j.doe0", phone="678", limit="25")
    assert asked.json == {"data": [golden("contact")], "has_next": False}
    beyond = await italian.get("/contacts", offset="350", limit="25", first_name="jOhN")
    assert beyond.json == {"data": [], "has_next": False}


async def test_what_is_not_known_is_null_or_empty(client: Client) -> None:
    made = (await client.post("/contacts", LEAST)).json
    assert made | {"id": "", "created_at": "", "updated_at": ""} == {
        "id": "",
        "first_name": "Mai",
        "last_name": None,
        "primary_phone": "+84912345678",
        "phones": [],
        "primary_email": None,
        "emails": [],
        "company_name": None,
        "job_title": None,
        "website": None,
        "crm_name": "Voxloud",
        "crm_contact_url": None,
        "created_at": "",
        "updated_at": "",
    }
    at = client.office.house.clock.now()
    assert datetime.fromisoformat(made["created_at"]) == at.replace(microsecond=0)
    assert made["created_at"].endswith("+07:00")


@pytest.mark.parametrize("nothing", [None, "", [], ...], ids=["null", "empty", "array", "absent"])
async def test_an_update_clears_what_it_does_not_name(client: Client, nothing: object) -> None:
    made = (await client.post("/contacts", CONTACT | {"crm_name": "Hubspot"})).json
    rest = {} if nothing is ... else {name: nothing for name in CONTACT if name not in LEAST and nothing != []}
    rest |= {} if nothing is ... else {"phones": nothing, "emails": nothing}
    client.office.house.clock.move(90)
    changed = (await client.put(f"/contacts/{made['id']}", LEAST | rest)).json
    bare = (await client.post("/contacts", LEAST)).json
    assert changed == bare | {name: changed[name] for name in ("id", "created_at", "updated_at")}
    assert changed["created_at"] == made["created_at"]
    assert datetime.fromisoformat(changed["updated_at"]) - datetime.fromisoformat(made["updated_at"]) == timedelta(
        seconds=90
    )
    assert (await client.get(f"/contacts/{made['id']}")).json == changed


async def test_addresses_are_kept_as_they_are(client: Client) -> None:
    odd = {
        "primary_email": "[email protected]",
        "emails": ["mailto:x", "ế@ví dụ"],
        "website": "not a url ",
        "crm_contact_url": "javascript:0",
        "company_name": "John&Associates",
        "job_title": "C\tE\nO",
        "crm_name": "Zoho",
    }
    made = await client.post("/contacts", LEAST | odd | {"unheard_of": 1})
    assert made.status == 200
    assert {name: made.json[name] for name in odd} == odd


async def test_phones_are_read_as_at_home_and_shown_in_e164(client: Client) -> None:
    phones = {"primary_phone": "0912 345 678", "phones": ["+39 0312 345678", "", "028 3822 1111", "+84912345678"]}
    made = await client.post("/contacts", LEAST | phones)
    assert made.json["primary_phone"] == "+84912345678"
    assert made.json["phones"] == ["+390312345678", "+842838221111"]
    one = await client.post("/contacts", LEAST | {"primary_phone": 842838221111, "phones": "0912345678"})
    assert (one.json["primary_phone"], one.json["phones"]) == ("+842838221111", ["+84912345678"])


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"first_name": ""}, "first_name"),
        ({"first_name": " "}, "first_name"),
        ({"first_name": None}, "first_name"),
        ({"first_name": "x" * 256}, "first_name"),
        ({"last_name": "two\nlines"}, "last_name"),
        ({"primary_phone": ""}, "primary_phone"),
        ({"primary_phone": None}, "primary_phone"),
        ({"primary_phone": "1.0"}, "primary_phone"),
        ({"primary_phone": 1.0}, "primary_phone"),
        ({"primary_phone": "ask at the desk"}, "primary_phone"),
        ({"primary_phone": "+" + "9" * 30}, "primary_phone"),
        ({"phones": ["+390387654321", "000"]}, "phones"),
        ({"phones": [1.5]}, "phones"),
        ({"phones": ["+84912345678"] * 101}, "phones"),
        ({"emails": ["a@b"] * 101}, "emails"),
        ({"emails": [["a@b"]]}, "emails"),
        ({"crm_contact_url": "x" * 2049}, "crm_contact_url"),
    ],
    ids=str,
)
async def test_what_cannot_be_used_is_refused_and_nothing_is_done(
    client: Client, changes: dict[str, object], field: str
) -> None:
    made = (await client.post("/contacts", LEAST)).json
    for answer in (
        await client.post("/contacts", LEAST | changes),
        await client.put(f"/contacts/{made['id']}", LEAST | changes),
    ):
        assert (answer.status, answer.json["error"]) == (400, "Bad Request")
        assert f"'{field}'" in answer.json["message"]
    assert (await client.get("/contacts")).json == {"data": [made], "has_next": False}


async def test_nobody_else_has_them(client: Client, strangers_client: Client) -> None:
    made = (await client.post("/contacts", LEAST)).json
    path = f"/contacts/{made['id']}"
    for answer in (
        await strangers_client.get(path),
        await strangers_client.put(path, LEAST),
        await strangers_client.delete(path),
    ):
        assert answer.status == 404
    for query in ({}, {"first_name": "mai"}):
        assert (await strangers_client.get("/contacts", **query)).json == {"data": [], "has_next": False}
    assert (await client.get(path)).json == made
