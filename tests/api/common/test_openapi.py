"""What a document is made of, by a dialect of two paths that is nobody's."""

from functools import partial, update_wrapper
from typing import Annotated, Any

import msgspec
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from cordboard.actions.core import Core
from cordboard.api.common.endpoint import JSON, Endpoint, is_acceptable
from cordboard.api.common.openapi import Description, build_document
from cordboard.api.common.openapi_schemas import Schemas, summary_of
from cordboard.api.common.visit import Visit
from cordboard.api.common.wire_types import REQUIRED, Text, WholeNumber, among, given, says
from cordboard.domain.errors import CallRefused, NotFound, TooManyRequests
from cordboard.domain.tenant import Identity


class Body(msgspec.Struct):
    """A thing, with ``code`` in it."""

    name: Annotated[Text, says("Its name.", "one"), REQUIRED] = given()
    size: Annotated[WholeNumber, says("Its size.")] = given("theSize")


class Path(msgspec.Struct):
    id: Annotated[str, says("Its id.", "7")]


class Query(msgspec.Struct):
    of: Annotated[str, says("Whose."), REQUIRED] = ""
    page: str = ""


class Part(msgspec.Struct):
    colour: Annotated[str, among("red", "blue")]


class Whole(msgspec.Struct):
    id: Annotated[int, says("Its id.", 7)]
    parts: list[Part]
    note: str | msgspec.UnsetType = msgspec.UNSET


class Other(msgspec.Struct):
    other: bool


class Wrong(msgspec.Struct):
    why: str


async def serve(_core: Core, _identity: Identity, _request: Request) -> Response:
    """Make a thing. It is kept.

    Nobody is waited for:
    it takes a second.

    Raises NotFound.
    """
    return Response()


def render_error(error: Exception, _visit: Visit) -> Response:
    headers = {"retry-after": "7"} if isinstance(error, TooManyRequests) else {}
    status = {NotFound: 404, TooManyRequests: 429, CallRefused: 409}.get(type(error), 400)
    return JSONResponse({"why": type(error).__name__}, status, headers)


@pytest.fixture
def document() -> dict[str, Any]:
    create = Endpoint(serve=serve, scope="call", body=Body, query=Query, answer=Whole | Other, raises=(CallRefused,))
    remove = Endpoint(serve=partial(serve), scope="", path=Path, tag="Own", besides_key=("token",))
    return build_document(
        Description(
            title="A",
            version="1",
            text="B",
            endpoints={"/api/v1/big-things": {"POST": create}, "/api/v1/big-things/{id}": {"DELETE": remove}},
            second_names={"/things": "/api/v1/big-things"},
            keys={"key": {"type": "apiKey", "in": "header", "name": "Key"}},
            tokens={"token": {"type": "apiKey", "in": "header", "name": "Token"}},
            error=Wrong,
            headers={"X-Left": "What is left."},
        ),
        render_error,
    )


def test_what_it_does_is_the_docstring_of_what_serves_it(document: dict[str, Any]) -> None:
    operation = document["paths"]["/api/v1/big-things"]["post"]
    assert (operation["summary"], operation["tags"]) == ("Make a thing", ["Big things"])
    assert operation["description"].split("\n\n") == [
        "It is kept.",
        "Nobody is waited for: it takes a second.",
        "Scope: `call`.",
        "Also served at `/things`.",
    ]
    removal = document["paths"]["/api/v1/big-things/{id}"]["delete"]
    assert (removal["summary"], removal["tags"], removal["security"]) == (
        "Make a thing",
        ["Own"],
        [{"key": [], "token": []}],
    )


def test_what_is_read(document: dict[str, Any]) -> None:
    operation = document["paths"]["/api/v1/big-things"]["post"]
    assert document["components"]["schemas"]["Body"] == {
        "title": "Body",
        "description": "A thing, with `code` in it.",
        "type": "object",
        "properties": {
            "name": {
                "description": "Its name.",
                "examples": ["one"],
                "type": ["string", "number", "null", "array"],
                "maxItems": 0,
            },
            "theSize": {
                "description": "Its size.",
                "type": ["integer", "string", "null", "array"],
                "maxItems": 0,
            },
        },
        "required": ["name"],
    }
    assert operation["requestBody"]["required"]
    assert operation["requestBody"]["content"][JSON]["example"] == {"name": "one"}
    assert [(one["name"], one["in"], one["required"]) for one in operation["parameters"]] == [
        ("of", "query", True),
        ("page", "query", False),
    ]
    [parameter] = document["paths"]["/api/v1/big-things/{id}"]["delete"]["parameters"]
    assert parameter == {
        "name": "id",
        "in": "path",
        "required": True,
        "description": "Its id.",
        "example": "7",
        "schema": {"type": "string"},
    }
    # Parameters stand by themselves.
    assert document["components"]["schemas"].keys() == {"Body", "Whole", "Part", "Other", "Wrong"}


def test_what_is_answered(document: dict[str, Any]) -> None:
    responses = document["paths"]["/api/v1/big-things"]["post"]["responses"]
    content = responses["200"]["content"][JSON]
    assert content["schema"] == {
        "anyOf": [{"$ref": "#/components/schemas/Whole"}, {"$ref": "#/components/schemas/Other"}]
    }
    assert content["example"] == {"id": 7, "parts": [{"colour": "red"}]}
    assert "content" not in document["paths"]["/api/v1/big-things/{id}"]["delete"]["responses"]["204"]


def test_what_can_go_wrong_is_what_the_dialect_makes_of_it(document: dict[str, Any]) -> None:
    responses = document["paths"]["/api/v1/big-things"]["post"]["responses"]
    assert responses.keys() == {"200", "400", "409", "429"}
    assert responses["409"] == {"$ref": "#/components/responses/CallRefused409"}
    components = document["components"]["responses"]
    limited = components["TooManyRequests"]
    assert limited["description"] == "This was asked too often."
    assert limited["headers"].keys() == {"X-Left", "Retry-After"}
    assert limited["content"][JSON] == {
        "schema": {"$ref": "#/components/schemas/Wrong"},
        "examples": {"TooManyRequests": {"value": {"why": "TooManyRequests"}}},
    }
    assert "404" in document["paths"]["/api/v1/big-things/{id}"]["delete"]["responses"]


def test_a_docstring_is_found_behind_whatever_wraps_it() -> None:
    def guarded() -> None:
        pass

    update_wrapper(guarded, partial(partial(serve), None))
    assert summary_of(guarded)[0] == "Make a thing"
    assert summary_of(lambda: None) == ("", "")


def test_an_example_is_the_first_of_what_there_is() -> None:
    schemas = Schemas(bodies=[], parameters=[], written=[list[Part], Other])
    assert schemas.example(schemas.of(list[Part])) == [{"colour": "red"}]
    assert schemas.example(schemas.of(Other)) == {"other": False}
    assert schemas.example({"anyOf": [{"type": "integer"}, {"type": "null"}]}) == 0
    assert schemas.example({}) is msgspec.UNSET


@pytest.mark.parametrize(
    ("accepted", "media_types", "is_taken"),
    [
        ("", (JSON,), True),
        ("text/html", (JSON,), False),
        ("text/csv", (JSON, "text/csv"), True),
        ("text/html", ("audio/mpeg",), True),
    ],
)
def test_who_asks_for_a_file_gets_it(accepted: str, media_types: tuple[str, ...], *, is_taken: bool) -> None:
    assert is_acceptable(accepted, media_types) == is_taken
