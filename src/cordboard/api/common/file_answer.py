"""A file as an answer: whole or one range of it, with what a player needs to seek (RFC 9110 sections 13 to 15)."""

import asyncio
import os
import re
from dataclasses import dataclass
from email.utils import formatdate, mktime_tz, parsedate_tz
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from cordboard.api.common.byte_range import ByteRange, read_range
from cordboard.api.common.errors import UnsatisfiableRange

CHUNK_BYTES = 256 * 1024
# What stands in a quoted file name as it is.
_PLAIN = re.compile(r"[A-Za-z0-9 !#$&+\-.^_`|~()]+")
# RFC 5987's attr-char, less what urllib never escapes.
_ATTRIBUTE_CHARACTERS = "!#$&+^`|"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenFile:
    """An open file and what the headers say of it. A recording's bytes never change: size and time name its version."""

    stream: BinaryIO
    size: int
    modified: float
    media_type: str
    download_name: str

    @property
    def etag(self) -> str:
        """Its strong validator."""
        return f'"{self.size:x}-{int(self.modified * 1000):x}"'

    @property
    def last_modified(self) -> str:
        """As an HTTP date."""
        return formatdate(self.modified, usegmt=True)


async def open_file(path: Path, *, media_type: str, download_name: str) -> OpenFile:
    """Open a file, in a thread: a slow disk must not stop the other requests. Raises OSError when it is not there."""
    stream = await asyncio.to_thread(path.open, "rb")
    stat = os.fstat(stream.fileno())
    return OpenFile(
        stream=stream, size=stat.st_size, modified=stat.st_mtime, media_type=media_type, download_name=download_name
    )


def answer_file(request: Request, file: OpenFile) -> Response:
    """The answer to GET or HEAD: 200, 206 or 304. It closes the file. Raises UnsatisfiableRange."""
    headers = {
        "accept-ranges": "bytes",
        "etag": file.etag,
        "last-modified": file.last_modified,
        # Kept, and asked about before each use: a recording whose time is over must not play from a cache.
        "cache-control": "private, no-cache",
        # A browser that keeps what an <audio> tag got must not give it to a script, for it lacks the page's permission.
        "vary": "Origin",
        "content-disposition": content_disposition(file.download_name),
    }
    if is_unchanged(request.headers, file):
        file.stream.close()
        return Response(status_code=304, headers=headers)
    try:
        part = read_range(request.headers.get("range", ""), file.size) if wants_range(request, file) else None
    except UnsatisfiableRange:
        file.stream.close()
        raise
    if part is None:
        return FileAnswer(file, ByteRange(0, file.size - 1), 200, headers)
    headers["content-range"] = f"bytes {part.first}-{part.last}/{file.size}"
    return FileAnswer(file, part, 206, headers)


def content_disposition(name: str) -> str:
    """To be shown in place, and saved as ``name``: in ASCII for old clients, whole for others (RFC 6266, RFC 5987)."""
    if _PLAIN.fullmatch(name):
        return f'inline; filename="{name}"'
    plain = "".join(one if _PLAIN.fullmatch(one) else "_" for one in name)
    return f"inline; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe=_ATTRIBUTE_CHARACTERS)}"


def is_unchanged(headers: Headers, file: OpenFile) -> bool:
    """True when the client has this version already: by ``If-None-Match``, or, without it, ``If-Modified-Since``."""
    known = headers.get("if-none-match")
    if known is not None:
        return known.strip() == "*" or file.etag in (tag.strip().removeprefix("W/") for tag in known.split(","))
    since = _seconds(headers.get("if-modified-since", ""))
    return since is not None and int(file.modified) <= since


def wants_range(request: Request, file: OpenFile) -> bool:
    """True when ``Range`` counts: on GET only, and only for the version that ``If-Range`` names.

    A weak tag names none. A date names the version of that very second.
    """
    version = request.headers.get("if-range", "").strip()
    if request.method != "GET":
        return False
    return version in ("", file.etag) or _seconds(version) == int(file.modified)


def _seconds(date: str) -> int | None:
    """An HTTP date in any of its three forms (RFC 9110 5.6.7), as Unix time; None when it is none."""
    parts = parsedate_tz(date)
    try:
        return None if parts is None else mktime_tz(parts)
    except (ValueError, OverflowError):
        return None


class FileAnswer(Response):
    """Sends a part of an open file, and closes it."""

    def __init__(self, file: OpenFile, part: ByteRange, status: int, headers: dict[str, str]) -> None:
        super().__init__(status_code=status, headers=headers, media_type=file.media_type)
        self.headers["content-length"] = str(part.size)
        self._stream = file.stream
        self._part = part

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 — ASGI's signature
        """Send it; for HEAD its headers alone."""
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            left = 0 if scope["method"] == "HEAD" else self._part.size
            self._stream.seek(self._part.first)
            while left > 0 and (chunk := await asyncio.to_thread(self._stream.read, min(CHUNK_BYTES, left))):
                left -= len(chunk)
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            self._stream.close()
