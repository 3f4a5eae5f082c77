"""How the types of bodies, queries and answers say what their fields are; the OpenAPI documents are made of it.

A field of a body is read with ``fields``, from its bytes as they came; what stands here is how it is declared.
"""

from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Raw

# Stands in a field's schema until the document is made: a field of a body is never required by its type, so that what
# is missing is refused by name.
REQUIRED_MARK: Final = "x-required"
REQUIRED: Final = Meta(extra_json_schema={REQUIRED_MARK: True})

# Text or number alike; null and an array without items are not given.
Text = Annotated[Raw, Meta(extra_json_schema={"type": ["string", "number", "null", "array"], "maxItems": 0})]
WholeNumber = Annotated[Raw, Meta(extra_json_schema={"type": ["integer", "string", "null", "array"], "maxItems": 0})]
Switch = Annotated[Raw, Meta(extra_json_schema={"type": ["boolean", "string", "null", "array"], "maxItems": 0})]
Texts = Annotated[
    Raw,
    Meta(
        extra_json_schema={
            "type": ["array", "string", "number", "null"],
            "items": {"type": ["string", "number", "null"]},
        }
    ),
]


def says(description: str, *examples: object) -> Meta:
    """What a field is, and values that it may have."""
    return Meta(description=description, examples=list(examples) or None)


# A flag whose example is true; it is false otherwise.
YES: Final = Meta(examples=[True])


def given(name: str | None = None) -> Any:  # noqa: ANN401 - like msgspec's own `field`, of whatever type is declared
    """A field of a body: its bytes as they came, empty when it is not there."""
    return msgspec.field(name=name, default=Raw())


def among(*values: object) -> Meta:
    """The only values that a field has."""
    return Meta(extra_json_schema={"enum": list(values)})
