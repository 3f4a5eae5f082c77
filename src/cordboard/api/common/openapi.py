"""OpenAPI 3.1 documents, made of a dialect's endpoints, their types and its table of errors. Nothing is written twice.

What an endpoint does is the docstring of what serves it, its bodies and answers are their types' schemas, and each of
its errors is an error that the dialect's own renderer has rendered.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import msgspec

from cordboard.api.common.endpoint import JSON, Endpoint, Endpoints
from cordboard.api.common.openapi_errors import ErrorResponses
from cordboard.api.common.openapi_schemas import Schemas, summary_of
from cordboard.api.common.resource import ErrorRenderer

Json = dict[str, Any]

_PARAMETER = re.compile(r"\{(\w+)\}")
# What a path begins with before it names a thing.
_PREFIXES = re.compile(r"/(api|v\d[\d.]*)(?=/)")
_SIGNATURE = "signature"
_TENANT = "X-Tenant-ID"


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What a document says.

    ``second_names`` are more names of paths, by them. ``keys`` are the security schemes of which each is enough,
    ``tokens`` those that some endpoints want besides; ``signature`` that of what can be had without a key.
    ``headers`` stand on every answer to a known key. ``error`` is the body of every error, ``webhooks`` are the bodies
    of what is sent, by name.
    """

    title: str
    version: str
    text: str
    endpoints: Endpoints
    keys: Mapping[str, Json]
    error: Any
    second_names: Mapping[str, str] = field(default_factory=dict)
    tokens: Mapping[str, Json] = field(default_factory=dict)
    signature: Json | None = None
    tenant_header: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    webhooks: Mapping[str, Any] = field(default_factory=dict)


def build_document(description: Description, render_error: ErrorRenderer) -> Json:
    """The document, of JSON's types."""
    return _Writer(description, render_error).document()


class _Writer:
    """Writes one document."""

    def __init__(self, description: Description, render_error: ErrorRenderer) -> None:
        self._about = description
        endpoints = [one for methods in description.endpoints.values() for one in methods.values()]
        self._schemas = Schemas(
            bodies=[one.body for one in endpoints if one.body],
            parameters=[kind for one in endpoints for kind in (one.query, one.path) if kind],
            written=[
                description.error,
                *(one.answer for one in endpoints if one.answer is not None),
                *description.webhooks.values(),
            ],
        )
        self._headers = {name: {"$ref": f"#/components/headers/{name}"} for name in description.headers}
        error = self._schemas.of(description.error)
        self._errors = ErrorResponses(render_error, error, self._headers)

    def document(self) -> Json:
        about = self._about
        paths = {path: self._path(path, methods) for path, methods in about.endpoints.items()}
        tags = dict.fromkeys(tag for item in paths.values() for one in item.values() for tag in one["tags"])
        return {
            "openapi": "3.1.0",
            "info": {
                "title": about.title,
                "version": about.version,
                "description": about.text,
                "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            },
            "servers": [{"url": "/", "description": "This host."}],
            "security": [{name: []} for name in about.keys],
            "tags": [{"name": tag} for tag in tags],
            "paths": paths,
            "webhooks": {name: self._webhook(body) for name, body in about.webhooks.items()},
            "components": self._components(),
        }

    def _components(self) -> Json:
        about = self._about
        signature = {_SIGNATURE: about.signature} if about.signature else {}
        headers = {name: {"description": text, "schema": {"type": "integer"}} for name, text in about.headers.items()}
        tenant = {
            "name": _TENANT,
            "in": "header",
            "description": about.tenant_header,
            "schema": {"type": "string"},
        }
        return {
            "schemas": self._schemas.of_bodies(),
            "responses": self._errors.components(),
            "headers": headers,
            "parameters": {_TENANT: tenant} if about.tenant_header else {},
            "securitySchemes": {**about.keys, **about.tokens, **signature},
        }

    def _path(self, path: str, methods: Mapping[str, Endpoint]) -> Json:
        return {method.lower(): self._operation(method, path, endpoint) for method, endpoint in methods.items()}

    def _operation(self, method: str, path: str, endpoint: Endpoint) -> Json:
        summary, text = summary_of(endpoint.serve)
        others = [second for second, first in self._about.second_names.items() if first == path]
        notes = [text, f"Scope: `{endpoint.scope}`." if endpoint.scope else "Any key will do."]
        if others:
            notes.append("Also served at " + ", ".join(f"`{other}`" for other in others) + ".")
        operation: Json = {
            "operationId": re.sub(r"\W+", "_", f"{method.lower()}{path}").strip("_"),
            "tags": [endpoint.tag or _tag(path)],
            "summary": summary,
            "description": "\n\n".join(note for note in notes if note),
            "parameters": self._parameters(path, endpoint),
            "responses": self._responses(path, endpoint),
            "security": self._security(endpoint),
        }
        if others:
            operation["x-also-served-at"] = others
        if endpoint.body:
            content = self._content(endpoint.body)
            has_required = bool(self._schemas.required_of(endpoint.body))
            operation["requestBody"] = {"required": has_required, "content": {JSON: content}}
        return operation

    def _security(self, endpoint: Endpoint) -> list[Json]:
        besides: Json = {name: [] for name in endpoint.besides_key}
        ways = [{name: [], **besides} for name in self._about.keys]
        return [*ways, {_SIGNATURE: []}] if endpoint.without_key and self._about.signature else ways

    def _parameters(self, path: str, endpoint: Endpoint) -> list[Json]:
        found: list[Json] = []
        described = self._schemas.fields_of(endpoint.path) if endpoint.path else {}
        for name in _PARAMETER.findall(path):
            schema = described.get(name, {"type": "string"})
            found.append(_parameter(name, "path", schema, is_required=True))
        if endpoint.query:
            required = self._schemas.required_of(endpoint.query)
            for name, schema in self._schemas.fields_of(endpoint.query).items():
                found.append(_parameter(name, "query", schema, is_required=name in required))
        if self._about.tenant_header:
            found.append({"$ref": f"#/components/parameters/{_TENANT}"})
        return found

    def _responses(self, path: str, endpoint: Endpoint) -> Json:
        responses = dict([*self._answers(endpoint), *self._errors.of(path, endpoint)])
        return {str(int(status)): responses[status] for status in sorted(responses)}

    def _answers(self, endpoint: Endpoint) -> Iterator[tuple[int, Json]]:
        if endpoint.answer is None and endpoint.media_types == (JSON,):
            yield HTTPStatus.NO_CONTENT, {"description": "Done.", "headers": self._headers}
            return
        content = {media_type: self._content_in(media_type, endpoint) for media_type in endpoint.media_types}
        yield HTTPStatus.OK, {"description": "As asked for.", "headers": self._headers, "content": content}
        for status, text in endpoint.more_statuses.items():
            response: Json = {"description": text, "headers": self._headers}
            yield status, response | ({"content": content} if status < HTTPStatus.MULTIPLE_CHOICES else {})

    def _content_in(self, media_type: str, endpoint: Endpoint) -> Json:
        if media_type != JSON:
            return {"schema": {"type": "string"}} if media_type.startswith("text/") else {}
        content = self._content(endpoint.answer)
        if not endpoint.examples:
            return content
        own = {"done": {"value": content.pop("example")}}
        more = {name: {"value": msgspec.to_builtins(value)} for name, value in endpoint.examples.items()}
        return content | {"examples": own | more}

    def _content(self, kind: Any) -> Json:  # noqa: ANN401 - whatever type is answered
        schema = self._schemas.of(kind)
        return {"schema": schema, "example": self._schemas.example(schema)}

    def _webhook(self, body: Any) -> Json:  # noqa: ANN401 - as above
        return {
            "post": {
                "summary": summary_of(body)[0],
                "requestBody": {"required": True, "content": {JSON: self._content(body)}},
                "responses": {"2XX": {"description": "Delivered. Anything else is tried again."}},
                "security": [],
            }
        }


def _parameter(name: str, where: str, schema: Json, *, is_required: bool) -> Json:
    schema = dict(schema)
    parameter: Json = {"name": name, "in": where, "required": is_required, "schema": schema}
    if "description" in schema:
        parameter["description"] = schema.pop("description")
    if "examples" in schema:
        parameter["example"] = schema.pop("examples")[0]
    return parameter


def _tag(path: str) -> str:
    """The thing that a path names: ``/api/v1/webhook-subscriptions/{id}`` is of Webhook subscriptions."""
    while _PREFIXES.match(path):
        path = _PREFIXES.sub("", path, count=1)
    return path.strip("/").partition("/")[0].replace("-", " ").capitalize()
