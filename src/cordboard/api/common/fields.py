"""Reading single values of a JSON body or a query: text or number alike; "", null and [] mean not given.

The rules are in docs/dialects/common.md, Bodies and fields.

A body's fields are decoded to ``msgspec.Raw``, their bytes as they came, because a number must be readable as the very
text it was (``1.50``, or thirty digits). Every error names the field as the client wrote it.
"""

import re
from collections.abc import Mapping
from typing import Final, TypeVar

import msgspec

from cordboard.api.common.errors import Reason
from cordboard.domain.errors import InvalidInput

TEXT_CHARACTERS: Final = 1024
# PostgreSQL's bigint; a number of more digits is out of any range here.
_NUMBER_CHARACTERS = 18

NOT_GIVEN: Final = msgspec.Raw()
_SWITCH: Final = {"true": True, "false": False}
# Whole numbers of languages that have none but fractions: 1.0 is an integer in JSON Schema too.
_WHOLE_FRACTION: Final = re.compile(rb"(-?[0-9]+)\.0+")

T = TypeVar("T")


def text(raw: msgspec.Raw, field: str, *, most: int = TEXT_CHARACTERS) -> str:
    """A string as it is, or a number as its text; "" when not given.

    Raises:
        InvalidInput: it is neither, is over ``most`` characters, or has a NUL (PostgreSQL cannot store one).
    """
    data = bytes(raw)
    if not data or data == b"null" or _is_empty_array(data):
        return ""
    if data[0] == ord('"'):
        value = _decode_string(data, field)
    elif data[0] in b"-0123456789":
        value = data.decode("ascii")
    else:
        raise InvalidInput(field, Reason.NOT_TEXT)
    return checked(value, field, most=most)


def checked(value: str, field: str, *, most: int = TEXT_CHARACTERS) -> str:
    """``value`` itself, when it can be stored and looked for. Raises InvalidInput."""
    if len(value) > most:
        raise InvalidInput(field, Reason.TOO_LONG)
    if "\0" in value:
        raise InvalidInput(field, Reason.BAD_CHARACTER)
    return value


def required_text(raw: msgspec.Raw, field: str, *, most: int = TEXT_CHARACTERS) -> str:
    """A string or number without the white space around it. Raises InvalidInput when nothing is left."""
    value = text(raw, field, most=most).strip()
    if not value:
        raise InvalidInput(field, Reason.REQUIRED)
    return value


def texts(raw: msgspec.Raw, field: str, *, most: int = 1000) -> tuple[str, ...]:
    """One string, or an array of them; empty ones do not count. Raises InvalidInput."""
    data = bytes(raw)
    if not data.startswith(b"["):
        value = text(raw, field)
        return (value,) if value else ()
    items = msgspec.json.decode(data, type=list[msgspec.Raw])
    if len(items) > most:
        raise InvalidInput(field, Reason.TOO_LONG)
    if any(bytes(item).startswith(b"[") for item in items):
        raise InvalidInput(field, Reason.NOT_TEXTS)
    return tuple(value for item in items if (value := text(item, field)))


def whole_number(raw: msgspec.Raw, field: str, *, default: int, least: int, most: int) -> int:
    """A whole number, as JSON number or numeric string. Raises InvalidInput; nothing is ever clamped."""
    fraction = _WHOLE_FRACTION.fullmatch(bytes(raw))
    value = fraction[1].decode() if fraction else text(raw, field)
    return whole_number_of(value, field, default=default, least=least, most=most)


def whole_number_of(value: str, field: str, *, default: int, least: int, most: int) -> int:
    """The same of a query's parameter."""
    value = value.strip()
    if not value:
        return default
    digits = value.removeprefix("-")
    if not (digits.isascii() and digits.isdecimal()):
        raise InvalidInput(field, Reason.NOT_WHOLE_NUMBER)
    if len(digits) > _NUMBER_CHARACTERS or not least <= int(value) <= most:
        raise InvalidInput(field, Reason.OUT_OF_RANGE)
    return int(value)


def is_given(raw: msgspec.Raw) -> bool:
    """Whether a field of a change is there; null is as good as left out."""
    return bytes(raw) not in {b"", b"null"}


def switch(raw: msgspec.Raw, field: str) -> bool | None:
    """True or false, also as words; None when nothing is said. Raises InvalidInput."""
    data = bytes(raw)
    word = data.decode() if data in {b"true", b"false"} else text(raw, field).strip()
    return one_of(_SWITCH, word, field) if word else None


def one_of(values: Mapping[str, T], value: str, field: str) -> T:
    """What ``value`` stands for among the few that there are. Raises InvalidInput."""
    if value not in values:
        raise InvalidInput(field, Reason.NOT_OFFERED)
    return values[value]


def _is_empty_array(data: bytes) -> bool:
    return data[0] == ord("[") and not data[1:-1].strip()


def _decode_string(data: bytes, field: str) -> str:
    try:
        return msgspec.json.decode(data, type=str)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidInput(field, Reason.BAD_CHARACTER) from error
