"""Searching contacts: by parts of names, addresses and numbers in any form; pages, and what they refuse."""

import pytest

from cordboard.api.voxloud.contact_search import number_parts
from tests.api.voxloud.client import Client

PEOPLE = (
    {"first_name": "John", "last_name": "Doe", "primary_phone": "+390312345678", "primary_email": "j.doe01@acme.com"},
    {"first_name": "Nguyễn", "last_name": "Ánh", "primary_phone": "0912345678", "emails": ["anh_1@acme.vn", "a@b.it"]},
    {"first_name": "Johanna", "last_name": "McDoe", "primary_phone": "+84987000111", "phones": ["+390387654321"]},
    {"first_name": "Front desk", "primary_phone": "113"},
)


@pytest.fixture
async def crowd(client: Client) -> Client:
    """A company that knows ``PEOPLE``."""
    for person in PEOPLE:
        assert (await client.post("/contacts", person)).status == 200
        client.office.house.clock.move(0.001)
    return client


async def found(client: Client, **query: str) -> list[str]:
    answer = await client.get("/contacts", **query)
    assert answer.status == 200, answer
    return [contact["first_name"] for contact in answer.json["data"]]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({}, ["John", "Nguyễn", "Johanna", "Front desk"]),
        ({"first_name": "", "phone": "", "offset": "", "limit": ""}, ["John", "Nguyễn", "Johanna", "Front desk"]),
        ({"first_name": "jOh"}, ["John", "Johanna"]),
        ({"first_name": "johN"}, ["John"]),
        ({"first_name": "J"}, ["John", "Johanna"]),
        ({"first_name": "NGUYỄN"}, ["Nguyễn"]),
        ({"first_name": "nguye\u0302\u0303n"}, ["Nguyễn"]),
        ({"first_name": "t d"}, ["Front desk"]),
        ({"first_name": "%"}, []),
        ({"last_name": "dOe"}, ["John", "Johanna"]),
        ({"last_name": "doe", "first_name": "anna"}, ["Johanna"]),
        ({"email": "J.DOE0"}, ["John"]),
        ({"email": "acme"}, ["John", "Nguyễn"]),
        ({"email": "anh_1@"}, ["Nguyễn"]),
        ({"email": "anh.1@"}, []),
        ({"email": "vna@"}, []),
        ({"email": "a@b.it"}, ["Nguyễn"]),
        ({"phone": "678"}, ["John", "Nguyễn"]),
        ({"phone": "+390"}, ["John", "Johanna"]),
        ({"phone": "390"}, ["John", "Johanna"]),
        ({"phone": "00390"}, ["John", "Johanna"]),
        ({"phone": " 390312345678"}, ["John"]),
        ({"phone": "+390312345678"}, ["John"]),
        ({"phone": "+39 0312 (345) 678"}, ["John"]),
        ({"phone": "00390312345678"}, ["John"]),
        ({"phone": "0912345678"}, ["Nguyễn"]),
        ({"phone": "0912"}, ["Nguyễn"]),
        ({"phone": "84912345678"}, ["Nguyễn"]),
        ({"phone": "+84912345678"}, ["Nguyễn"]),
        ({"phone": "+849"}, ["Nguyễn", "Johanna"]),
        ({"phone": "+912"}, []),
        ({"phone": "113"}, ["Front desk"]),
        ({"phone": "678390"}, []),
        ({"phone": "anonymous"}, []),
        ({"phone": "+"}, []),
        ({"first_name": "jOhN", "last_name": "dOe", "email": "j.doe0", "phone": "678"}, ["John"]),
        ({"first_name": "john", "phone": "0912"}, []),
        ({"unheard_of": "x", "phone": "678"}, ["John", "Nguyễn"]),
    ],
    ids=str,
)
async def test_all_parts_that_are_given_must_be_there(crowd: Client, query: dict[str, str], names: list[str]) -> None:
    assert await found(crowd, **query) == names


async def test_pages_join_and_has_next_is_true_only_when_there_is_more(crowd: Client) -> None:
    for query in ({}, {"phone": "1"}):
        seen: list[str] = []
        for offset in range(6):
            answer = await crowd.get("/contacts", offset=str(offset), limit="1", **query)
            seen += [contact["first_name"] for contact in answer.json["data"]]
            assert answer.json["has_next"] is (offset < 3)
        assert seen == ["John", "Nguyễn", "Johanna", "Front desk"]
        whole = await crowd.get("/contacts", limit="4", **query)
        assert (len(whole.json["data"]), whole.json["has_next"]) == (4, False)


async def test_there_are_20_on_a_page_and_an_update_moves_nobody(client: Client) -> None:
    ids = []
    for place in range(21):
        person = {"first_name": f"N{place}", "primary_phone": "0912345678"}
        ids.append((await client.post("/contacts", person)).json["id"])
        client.office.house.clock.move(0.001)
    await client.put(f"/contacts/{ids[0]}", {"first_name": "N0", "primary_phone": "0912345679"})
    answer = await client.get("/contacts")
    assert [contact["id"] for contact in answer.json["data"]] == ids[:20]
    assert answer.json["has_next"] is True
    answer = await client.get("/contacts", first_name="n", offset="20")
    assert [contact["id"] for contact in answer.json["data"]] == ids[20:]
    assert answer.json["has_next"] is False


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("limit", value) for value in ("0", "-1", "101", "1.5", "ten", "٣", "9" * 30)),
        *(("offset", value) for value in ("-1", "1.5", "x", "9" * 30)),
        *((name, value) for name in ("first_name", "last_name", "email", "phone") for value in ("a\0", "x" * 1025)),
    ],
    ids=lambda value: value[:9].encode("unicode_escape").decode(),
)
async def test_what_is_out_of_range_is_refused(client: Client, name: str, value: str) -> None:
    answer = await client.get("/contacts", **{name: value})
    assert answer.status == 400
    assert f"'{name}'" in answer.json["message"]


@pytest.mark.parametrize("limit", ["1", "100"])
async def test_the_ends_of_the_range_are_in_it(crowd: Client, limit: str) -> None:
    assert await found(crowd, limit=limit, offset="3") == ["Front desk"]


def test_parts_of_numbers() -> None:
    assert number_parts("0912", "VN") == ("0912", "+84912")
    assert number_parts("0312345678", "IT") == ("0312345678", "+390312345678")
    assert number_parts("0044", "VN") == ("0044", "+44", "+84044")
    assert number_parts("+44 (20)", "VN") == ("+4420",)
    assert [number_parts(text, "VN") for text in ("", "+", "12a", "1+2", "٣")] == [()] * 5
