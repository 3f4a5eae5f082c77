"""Reading a request's body: at most 1 MiB, at most 32 levels deep, JSON whatever its content type says."""

import asyncio
import re
from typing import TypeVar

import msgspec
from starlette.requests import ClientDisconnect, Request

from cordboard.api.common.errors import PayloadTooLarge, Reason
from cordboard.domain.errors import InvalidInput

BODY_BYTES = 1 << 20
DEPTH = 32
# A client that stops in the middle of its body must not hold its place for ever.
BODY_SECONDS = 30

_BOM = b"\xef\xbb\xbf"
_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*+"', re.DOTALL)
_ALL_BUT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_ALIKE = bytes.maketrans(b"{}", b"[]")

T = TypeVar("T", bound=msgspec.Struct)


async def read_json(request: Request, decoder: msgspec.json.Decoder[T]) -> T:
    """The body's JSON object as ``decoder``'s type. No body at all is an empty object.

    Raises:
        PayloadTooLarge: it is over ``BODY_BYTES``.
        InvalidInput: it is not a JSON object, is deeper than ``DEPTH``, or did not arrive.
    """
    body = (await read_body(request)).removeprefix(_BOM)
    if not body.strip():
        body = b"{}"
    if is_too_deep(body):
        raise InvalidInput("body", Reason.TOO_DEEP)
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise InvalidInput("body", Reason.NOT_OBJECT) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInput("body", Reason.NOT_JSON) from error


async def read_body(request: Request) -> bytes:
    """The whole body, as bytes.

    Raises:
        PayloadTooLarge: it is over ``BODY_BYTES``; what is left of it is for the exchange to drop.
        InvalidInput: its end did not come in ``BODY_SECONDS``.
    """
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and (len(declared) > len(str(BODY_BYTES)) or int(declared) > BODY_BYTES):
        raise PayloadTooLarge
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await _receive_body(request)
    except TimeoutError as error:
        raise InvalidInput("body", Reason.INCOMPLETE) from error


async def _receive_body(request: Request) -> bytes:
    body = b""
    while True:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        # Pieces are about 64 KiB: some sixteen joins at the most.
        piece: bytes = message.get("body", b"")
        body += piece
        if len(body) > BODY_BYTES:
            raise PayloadTooLarge
        if not message.get("more_body", False):
            return body


def is_too_deep(body: bytes) -> bool:
    """True when arrays and objects are nested more than ``DEPTH`` levels.

    Works on all brackets at once, at the speed of ``bytes.replace``: each round takes away the innermost level, so
    that a megabyte of brackets costs milliseconds.
    """
    if body.count(b"{") + body.count(b"[") <= DEPTH:
        return False
    brackets = _STRINGS.sub(b"", body).translate(_ALIKE, _ALL_BUT_BRACKETS)
    for _ in range(DEPTH):
        brackets = brackets.replace(b"[]", b"")
        if not brackets:
            return False
    return True
