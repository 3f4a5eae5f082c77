"""Voxloud's OpenAPI document: all that is served stands in it, with the vendor's own samples where they agree."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.api.house import House
from tests.api.voxloud.documents import golden
from tests.api.voxloud.specimens import SPECIMENS

PAGE = Path(__file__).parents[3] / "docs" / "dialects" / "voxloud.md"

Document = dict[str, Any]


@pytest.fixture
async def document(house: House) -> Document:
    return (await house.ask("GET", "/openapi/voxloud.json")).json


def answer_of(document: Document, method: str, path: str) -> Any:  # noqa: ANN401 -- JSON of any shape
    return document["paths"][path][method]["responses"]["200"]["content"]["application/json"]["example"]


async def test_all_that_is_served_stands_in_it(document: Document) -> None:
    documented = {(method.upper(), path) for path, item in document["paths"].items() for method in item}
    assert documented == set(SPECIMENS)


async def test_requests_and_answers_are_the_vendors_samples(document: Document) -> None:
    body = document["paths"]["/api/v1/contacts"]["post"]["requestBody"]["content"]["application/json"]["example"]
    assert body == golden("contact_request")
    assert answer_of(document, "get", "/api/v1/contacts/{id}") == golden("contact")
    assert answer_of(document, "get", "/api/v1/contacts")["data"] == golden("contacts")["data"][:1]
    user, listed = answer_of(document, "get", "/api/v2/users")[0], golden("users")[0]
    assert user.pop("outbound_cli")["outbound_did"] == listed.pop("outbound_cli")["outbound_did"]
    assert user == listed
    assert answer_of(document, "post", "/api/v1/click-to-call/{id}/connect") == golden("click_to_call_connect")


async def test_every_webhook_is_described(document: Document) -> None:
    assert document["webhooks"].keys() == {
        "FAX_CALL", "PHONE_CALL", "CLICK_TO_CALL", "CALL_STARTED", "CALL_INCOMING", "CALL_ANSWERED", "CALL_HANGUP",
    }  # fmt: skip
    for name, webhook in document["webhooks"].items():
        example = webhook["post"]["requestBody"]["content"]["application/json"]["example"]
        assert list(example) == ["timestamp", "type", "data", "pbx_id"]
        assert example["type"] == name
    started = document["webhooks"]["CALL_STARTED"]["post"]["requestBody"]["content"]["application/json"]["example"]
    assert started["data"].keys() == golden("webhook_call_started")["data"].keys()


async def test_tables_and_deletions(document: Document) -> None:
    events = document["paths"]["/api/v1/telephony-events"]["post"]["responses"]["200"]["content"]
    assert list(events) == ["application/json", "text/csv"]
    deletion = document["paths"]["/api/v1/contacts/{id}"]["delete"]["responses"]
    assert "200" not in deletion
    assert "content" not in deletion["204"]


async def test_a_refused_call_is_shown_at_each_of_its_statuses(document: Document) -> None:
    responses = document["paths"]["/api/v1/click-to-call/{id}/connect"]["post"]["responses"]
    for status, why in (("400", "agent_busy"), ("403", "cap_reached"), ("503", "no_trunk")):
        name = responses[status]["$ref"].rpartition("/")[2]
        example = document["components"]["responses"][name]["content"]["application/json"]["examples"][why]["value"]
        assert example["status"] == int(status)


async def test_the_page_on_this_dialect_names_every_field_that_is_read(document: Document) -> None:
    page = PAGE.read_text("utf-8")
    bodies = {name: schema for name, schema in document["components"]["schemas"].items() if name.endswith("Body")}
    del bodies["ErrorBody"]
    fields = {name for schema in bodies.values() for name in schema["properties"]}
    assert sorted(field for field in fields if not re.search(rf"\b{re.escape(field)}\b", page)) == []
    assert sorted(path for path in document["paths"] if path not in page) == []
