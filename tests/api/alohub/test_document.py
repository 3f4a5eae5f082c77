"""Alohub's OpenAPI document: all that is served stands in it, with the vendor's own samples."""

import re
from pathlib import Path
from typing import Any

import pytest

from cordboard.api.alohub.errors import _ERRORS, _REFUSALS
from tests.api.alohub.samples import golden
from tests.api.alohub.specimens import SPECIMENS
from tests.api.house import House

PAGE = Path(__file__).parents[3] / "docs" / "dialects" / "alohub.md"

Document = dict[str, Any]


@pytest.fixture
async def document(house: House) -> Document:
    return (await house.ask("GET", "/openapi/alohub.json")).json


def body_of(document: Document, method: str, path: str) -> object:
    return document["paths"][path][method]["requestBody"]["content"]["application/json"]["example"]


def answer_of(document: Document, method: str, path: str) -> Document:
    content = document["paths"][path][method]["responses"]["200"]["content"]["application/json"]
    example: Document = content["example"] if "example" in content else content["examples"]["done"]["value"]
    return example


async def test_all_that_is_served_stands_in_it_under_its_first_name(document: Document) -> None:
    documented = set()
    for path, item in document["paths"].items():
        for method, operation in item.items():
            documented |= {(method.upper(), name) for name in (path, *operation.get("x-also-served-at", []))}
    assert documented == set(SPECIMENS)


async def test_scopes_keys_and_tokens(document: Document) -> None:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            specimen = SPECIMENS[method.upper(), path]
            scope = f"Scope: `{specimen.scope}`." if specimen.scope else "Any key will do."
            assert scope in operation["description"]
            wanted = {"accessToken"} if specimen.wants_token else set()
            keys = [set(one) for one in operation["security"]]
            assert keys[:2] == [{"authorization"} | wanted, {"apiKey"} | wanted]
            assert ({"signature"} in keys) == path.endswith("MP3Export.do")


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("post", "/api/v1.0/base/makeCall", "make_call_request"),
        ("post", "/api/setting/agent/updateQueue", "update_queue_request"),
        ("put", "/v1/queues/inbound/{id}", "queue_update_request"),
    ],
)
async def test_requests_are_the_vendors_samples(document: Document, method: str, path: str, name: str) -> None:
    assert body_of(document, method, path) == golden(name)


async def test_answers_are_the_vendors_samples(document: Document) -> None:
    made = answer_of(document, "post", "/api/v1.0/base/makeCall")
    assert made | {"call_id": "CALL_ID"} == golden("make_call_answer")
    for version, name in (("2", "search_row"), ("1", "search_row_v1")):
        assert answer_of(document, "post", f"/api/v1.0/base/searchCallV{version}")["data"] == [golden(name)]
    assert answer_of(document, "post", "/v1/reports/call-logs")["data"] == [golden("report_row")]
    assert answer_of(document, "get", "/v1/reports/call-logs/{callId}")["data"] == [golden("report_detail")]
    assert answer_of(document, "get", "/v1/queues/inbound/{id}") == golden("queue")
    # The sample lacks the message that every answer has.
    listed = answer_of(document, "get", "/v1/queues/inbound")
    assert listed.pop("error_message") == "SUCCESS"
    assert listed == golden("queues")
    assert answer_of(document, "put", "/v1/queues/inbound/{id}") == golden("queue_update_answer")
    webhook = document["webhooks"]["call"]["post"]["requestBody"]["content"]["application/json"]
    assert webhook["example"] == golden("webhook_answered")


async def test_what_must_be_given(document: Document) -> None:
    required = {
        name: schema["required"]
        for name, schema in document["components"]["schemas"].items()
        if name.endswith("Body") and "required" in schema
    }
    webhook = required.pop("CallEventBody")
    assert len(webhook) == 15
    assert required == {
        "MakeCallBody": ["phoneNumber", "ipPhone"],
        "LookupBody": ["callStartTime", "callEndtime", "page", "limit"],
        "LoginBody": ["userName", "password"],
        "AssignmentBody": ["action"],
    }


async def test_every_refusal_of_a_call_is_shown(document: Document) -> None:
    content = document["paths"]["/v1/voice/click-to-call"]["post"]["responses"]["200"]["content"]["application/json"]
    codes = {each["value"]["error_code"] for each in content["examples"].values()}
    assert codes == {
        "SUCCESS",
        "IPCC_NOT_CONNECT_AGENT_ID",
        "CALLOUT_PERMISSION_DENY",
        "CALLOUT_AGENT_BUSY",
        "ERROR_CALLOUT_CONNECT",
    }


async def test_the_page_on_this_dialect_names_every_path_and_field(document: Document) -> None:
    page = PAGE.read_text("utf-8")
    fields = {name for schema in document["components"]["schemas"].values() for name in schema["properties"]}
    fields |= {one["name"] for item in document["paths"].values() for each in item.values() for one in parameters(each)}
    assert sorted(field for field in fields if not re.search(rf"\b{re.escape(field)}\b", page)) == []
    assert sorted(path for path in document["paths"] if f"{path}`" not in page and f"{path}?" not in page) == []
    codes = {line.code for line in (*_ERRORS.values(), *_REFUSALS.values())}
    assert sorted(code for code in codes if f"`{code}`" not in page) == []


def parameters(operation: Document) -> list[Document]:
    return [one for one in operation["parameters"] if "name" in one]
