"""The document of ``/manage/v1``: all that is served stands in it, with errors as they are sent."""

from pathlib import Path
from typing import Any

import pytest

from tests.api.house import House
from tests.api.management.specimens import SPECIMENS

PAGE = Path(__file__).parents[3] / "docs" / "webhooks.md"

Document = dict[str, Any]


@pytest.fixture
async def document(house: House) -> Document:
    return (await house.ask("GET", "/openapi/management.json")).json


async def test_all_that_is_served_stands_in_it(document: Document) -> None:
    documented = {(method.upper(), path) for path, item in document["paths"].items() for method in item}
    assert documented == set(SPECIMENS)


async def test_errors_are_problems(document: Document) -> None:
    for name, response in document["components"]["responses"].items():
        assert list(response["content"]) == ["application/problem+json"], name
    limit = document["paths"]["/manage/v1/webhooks/{id}/secrets"]["post"]["responses"]["409"]
    assert limit["$ref"].endswith("/LimitReached")


async def test_our_own_events_are_described(document: Document) -> None:
    assert list(document["webhooks"]) == ["recording.failed", "recording.ready"]
    for name, webhook in document["webhooks"].items():
        example = webhook["post"]["requestBody"]["content"]["application/json"]["example"]
        assert (example["type"], list(example)) == (name, ["type", "timestamp", "data"])


async def test_the_page_names_every_path_and_every_field_of_our_events(document: Document) -> None:
    page = PAGE.read_text("utf-8")
    assert sorted(path for path in document["paths"] if path not in page) == []
    fields = document["components"]["schemas"]["RecordedCall"]["properties"]
    assert sorted(field for field in fields if field not in page) == []


async def test_what_is_not_there_is_a_problem_too(house: House) -> None:
    for path in ("/manage", "/manage/v1", "/manage/v1/nothing"):
        answer = await house.ask("GET", path)
        assert (answer.status, answer.headers["content-type"]) == (404, "application/problem+json")
