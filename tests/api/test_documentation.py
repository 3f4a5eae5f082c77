"""The documents and the pages that show them: there for everybody, whole, and in need of nothing from elsewhere."""

import re
from typing import Any

import jsonschema_rs
import pytest
from schemathesis.specs.openapi.definitions import OPENAPI_31

from tests.api.house import House

DIALECTS = ("alohub", "voxloud", "management")
FILES = ("/docs", "/docs/alohub", "/docs/voxloud", "/docs/management", "/docs/reference.css", "/docs/reference.js")
DIALECT_PAGES = tuple(f"/docs/{dialect}" for dialect in DIALECTS)
METHODS = ("get", "post", "put", "patch", "delete")

every_dialect = pytest.mark.parametrize("dialect", DIALECTS)

Document = dict[str, Any]


@pytest.fixture
async def document(house: House, dialect: str) -> Document:
    answer = await house.ask("GET", f"/openapi/{dialect}.json")
    assert answer.status == 200
    return answer.json


def operations(document: Document) -> list[Document]:
    return [item[method] for item in document["paths"].values() for method in METHODS if method in item]


def resolved(document: Document, thing: Document) -> Document:
    if "$ref" not in thing:
        return thing
    found: Any = document
    for part in thing["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    return resolved(document, found)


@every_dialect
async def test_it_is_openapi(document: Document) -> None:
    jsonschema_rs.Draft202012Validator(OPENAPI_31).validate(document)


@every_dialect
async def test_every_schema_is_one_and_every_example_is_of_its_schema(document: Document) -> None:
    contents = []
    for operation in operations(document):
        contents += [resolved(document, one).get("content", {}) for one in operation["responses"].values()]
        contents.append(operation.get("requestBody", {}).get("content", {}))
    contents += [item["post"]["requestBody"]["content"] for item in document["webhooks"].values()]
    media = [one[kind] for one in contents for kind in one if kind in {"application/json", "application/problem+json"}]
    for one in media:
        whole = {**one["schema"], "components": document["components"]}
        jsonschema_rs.meta.validate(whole)
        examples = [each["value"] for each in one.get("examples", {}).values()]
        for example in (*examples, *([one["example"]] if "example" in one else [])):
            jsonschema_rs.validator_for(whole).validate(example)


@every_dialect
async def test_every_operation_says_what_it_does_and_what_can_go_wrong(document: Document) -> None:
    names = [operation["operationId"] for operation in operations(document)]
    assert len(set(names)) == len(names)
    for operation in operations(document):
        assert operation["summary"], operation["operationId"]
        assert operation["security"], operation["operationId"]
        expected = {"401", "403", "429", "500", "503"} | ({"400", "413"} if "requestBody" in operation else set())
        assert expected <= operation["responses"].keys(), operation["operationId"]
        for status, response in operation["responses"].items():
            waits = "Retry-After" in resolved(document, response)["headers"]
            assert waits == (status in ("429", "503")), operation["operationId"]


@every_dialect
async def test_it_is_the_same_every_time(house: House, dialect: str, document: Document) -> None:
    answer = await house.ask("GET", f"/openapi/{dialect}.json/")
    assert answer.json == document
    known = await house.ask("GET", f"/openapi/{dialect}.json", headers={"If-None-Match": answer.headers["etag"]})
    assert (known.status, known.body) == (304, b"")


async def test_the_pages_need_nothing_from_elsewhere(house: House) -> None:
    for path in FILES:
        answer = await house.ask("GET", path)
        assert answer.status == 200, path
        text = answer.body.decode()
        assert re.findall(r"https?://|\burl\(|@import|//[a-z]+\.", text) == [], path
        for wanted in re.findall(r'(?:href|src|data-document)="(/[^"]*)"', text):
            assert (await house.ask("GET", wanted)).status == 200, wanted
        head = await house.ask("HEAD", path)
        assert (head.status, head.body) == (200, b"")
        assert head.headers["content-length"] == str(len(answer.body))


async def test_the_pages_run_their_own_script_alone(house: House) -> None:
    for path in ("/docs", *DIALECT_PAGES):
        answer = await house.ask("GET", path)
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert "default-src 'none'; script-src 'self'" in answer.headers["content-security-policy"]
        assert not re.search(r"<script>|<style>| on\w+=|\{\w+\}", answer.body.decode())


async def test_what_is_not_there_and_what_is_not_served(house: House) -> None:
    for path in ("/docs/other", "/openapi/other.json", "/openapi", "/docs/../secret.key"):
        assert (await house.ask("GET", path)).code == (404, "NOT_FOUND"), path
    wrong = await house.ask("POST", "/docs/alohub")
    assert (wrong.status, wrong.headers["allow"]) == (405, "GET, HEAD, OPTIONS")


async def test_no_dialect_has_a_path_there(house: House) -> None:
    for dialect in DIALECTS:
        document = (await house.ask("GET", f"/openapi/{dialect}.json")).json
        paths = [
            *document["paths"],
            *(one for each in operations(document) for one in each.get("x-also-served-at", [])),
        ]
        assert not [path for path in paths if path.startswith(("/docs", "/openapi"))]
