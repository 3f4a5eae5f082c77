"""The schemas of a document's types: what is written as it is, what is read as clients may write it."""

import inspect
import re
import types
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any, Union, get_args, get_origin

import msgspec

from cordboard.api.common.wire_types import REQUIRED_MARK

Json = dict[str, Any]

_SENTENCE_END = re.compile(r"(?<=\.) (?=[A-Z`])")
_REFERENCE = "#/components/schemas/"


class Schemas:
    """Schemas by type."""

    def __init__(
        self,
        *,
        bodies: Iterable[type[msgspec.Struct]],
        parameters: Iterable[type[msgspec.Struct]],
        written: Iterable[Any],
    ) -> None:
        """``bodies`` and ``parameters`` are types of requests, ``written`` those of answers."""
        self._parameters = list(parameters)
        kinds = {kind: [_as_read(kind)] for kind in (*bodies, *self._parameters)}
        inputs = list(kinds)
        for kind in written:
            kinds.setdefault(kind, _members(kind))
        wanted = [member for members in kinds.values() for member in members]
        schemas, components = msgspec.json.schema_components(wanted, ref_template=_REFERENCE + "{name}")
        self._components: dict[str, Json] = components
        found = iter(schemas)
        self._found = {kind: [next(found) for _ in members] for kind, members in kinds.items()}
        for kind in inputs:
            _set_required(self._resolved(self.of(kind)))
        for component in components.values():
            _set_texts(component)

    def of(self, kind: Any) -> Json:  # noqa: ANN401 - any type that msgspec knows
        """The schema of a type, mostly a reference."""
        schemas = self._found[kind]
        return schemas[0] if len(schemas) == 1 else {"anyOf": schemas}

    def of_bodies(self) -> dict[str, Json]:
        """The schemas that have names. Parameters stand in their operations, each by itself."""
        inline = {self._name(kind) for kind in self._parameters}
        return {name: schema for name, schema in self._components.items() if name not in inline}

    def fields_of(self, kind: Any) -> dict[str, Json]:  # noqa: ANN401 - a struct
        """The schemas of a struct's fields, by their names on the wire."""
        properties: dict[str, Json] = self._resolved(self.of(kind))["properties"]
        return properties

    def required_of(self, kind: Any) -> list[str]:  # noqa: ANN401 - a struct
        """The fields that must be given."""
        return list(self._resolved(self.of(kind)).get("required", []))

    def example(self, schema: Json) -> Any:  # noqa: ANN401 - JSON
        """A value of a schema, put together from its fields' own examples; UNSET when there are none."""
        schema = self._resolved(schema)
        if "examples" in schema:
            return schema["examples"][0]
        if "properties" in schema:
            return {name: value for name, value in self._examples(schema) if value is not msgspec.UNSET}
        if "items" in schema and schema.get("type") == "array":
            return [self.example(schema["items"])]
        for choices in ("anyOf", "oneOf", "allOf"):
            if choices in schema:
                return self.example(schema[choices][0])
        if "enum" in schema:
            return schema["enum"][0]
        return schema.get("default", _PLAIN.get(str(schema.get("type")), msgspec.UNSET))

    def _examples(self, schema: Json) -> Iterator[tuple[str, Any]]:
        """Of all fields, but those that may be missing and say nothing of what they may be."""
        required = schema.get("required", [])
        for name, each in schema["properties"].items():
            if name in required or not _SPEAKING.isdisjoint(each):
                yield name, self.example(each)

    def _name(self, kind: type[msgspec.Struct]) -> str:
        return str(self.of(kind)["$ref"]).removeprefix(_REFERENCE)

    def _resolved(self, schema: Json) -> Json:
        while "$ref" in schema:
            schema = self._components[schema["$ref"].removeprefix(_REFERENCE)]
        return schema


_SPEAKING = frozenset({"examples", "default", "$ref"})
_PLAIN: dict[str, object] = {"string": "string", "integer": 0, "number": 0, "boolean": False, "object": {}}


def summary_of(thing: Any) -> tuple[str, str]:  # noqa: ANN401 - a class or whatever can be called
    """The first sentence of a docstring, and the rest of it."""
    thing = get_origin(thing) or thing
    while isinstance(thing, partial) or hasattr(thing, "__wrapped__"):
        thing = thing.func if isinstance(thing, partial) else thing.__wrapped__
    paragraphs = [" ".join(part.split()) for part in (inspect.getdoc(thing) or "").replace("``", "`").split("\n\n")]
    first, *more = _SENTENCE_END.split(paragraphs[0], maxsplit=1)
    rest = [part for part in (*more, *paragraphs[1:]) if not part.startswith("Raises")]
    return first.rstrip("."), "\n\n".join(rest)


def _members(kind: Any) -> list[Any]:  # noqa: ANN401 - as above
    """The types of a union of structs, which msgspec writes and yet cannot describe; of others, the type itself."""
    return list(get_args(kind)) if get_origin(kind) in (Union, types.UnionType) else [kind]


def _as_read(kind: type[msgspec.Struct]) -> Any:  # noqa: ANN401 - a type
    """A struct like it whose fields have no defaults: those of a body are bytes that are not there."""
    fields = msgspec.structs.fields(kind)
    return msgspec.defstruct(
        kind.__name__,
        [(each.name, each.type, msgspec.field(name=each.encode_name)) for each in fields],
        kw_only=True,
        module=kind.__module__,
        namespace={"__doc__": kind.__doc__},
    )


def _set_required(component: Json) -> None:
    """Of what is read, those fields are required that say so."""
    properties = component["properties"]
    required = [name for name, schema in properties.items() if schema.pop(REQUIRED_MARK, False)]
    component.pop("required", None)
    if required:
        component["required"] = required


def _set_texts(schema: Any) -> None:  # noqa: ANN401 - JSON
    """Docstrings mark code by two backticks, descriptions in OpenAPI by one."""
    if isinstance(schema, list):
        for one in schema:
            _set_texts(one)
    elif isinstance(schema, dict):
        if isinstance(schema.get("description"), str):
            schema["description"] = schema["description"].replace("``", "`")
        for one in schema.values():
            _set_texts(one)
