"""What a request of ours asks of the database: noted while the application answers it, to be asked again without us."""

import contextlib
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

from starlette.types import ASGIApp, Message

from bench.support.questions import Asked
from bench.support.rivals import Replay
from cordboard.store.pool import Connection

# Whose look-ups are left out.
_KEYS = "value_hash"

Noted = list[tuple[str, tuple[object, ...], list[Any]]]


@contextlib.contextmanager
def _noting() -> Iterator[Noted]:
    """Every statement of the application's connections, with what it found."""
    noted: Noted = []
    fetch, fetch_row = Connection.fetch, Connection.fetchrow

    async def note_all(self: Connection, sql: str, *values: object) -> Any:  # noqa: ANN401 - whatever PostgreSQL has
        rows = await fetch(self, sql, *values)
        noted.append((sql, values, rows))
        return rows

    async def note_first(self: Connection, sql: str, *values: object) -> Any:  # noqa: ANN401 - as above
        row = await fetch_row(self, sql, *values)
        noted.append((sql, values, [] if row is None else [row]))
        return row

    with patch.object(Connection, "fetch", note_all), patch.object(Connection, "fetchrow", note_first):
        yield noted


async def replay_of(app: ASGIApp, tenant_id: int, key: str, asked: Asked) -> Replay:
    """The statements behind one request. Not those that look the key up: that is done once a second."""
    await _ask(app, key, asked)
    with _noting() as noted:
        await _ask(app, key, asked)
    noted = [one for one in noted if _KEYS not in one[0]]
    # The page is what has a record's columns.
    pages = [place for place, (_, _, rows) in enumerate(noted) if rows and "agent_extension" in rows[0].keys()]  # noqa: SIM118
    statements = tuple((sql, values) for sql, values, _ in noted)
    return Replay(tenant_id=tenant_id, statements=statements, page=pages[0] if pages else 0)


async def _ask(app: ASGIApp, key: str, asked: Asked) -> None:
    """One request, straight to the application. Raises RuntimeError when the answer is not 200."""
    statuses = []

    async def receive() -> Message:
        return {"type": "http.request", "body": asked.body, "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    headers = [(b"authorization", key.encode()), (b"content-length", str(len(asked.body)).encode())]
    scope = {
        "type": "http", "method": asked.method, "path": asked.path, "raw_path": asked.path.encode(),
        "headers": headers, "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80), "scheme": "http",
        "query_string": b"", "http_version": "1.1", "root_path": "",
    }  # fmt: skip
    await app(scope, receive, send)
    if statuses != [200]:
        raise RuntimeError(f"{asked}: {statuses}")
