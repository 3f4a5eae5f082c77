"""What our lists are measured beside: a bare handler with the very same statements, and the table that others ship.

``python -m bench.support.rivals``: the database's address and a pickled file of ``Replay`` by name as arguments; the
socket to serve on as the web program gets it.
"""

import pickle
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import uvloop
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cordboard.processes.web import listening_socket, serve_until_cancelled
from cordboard.store.pool import Pool, open_pool
from cordboard.store.roles import APP

CONNECTIONS = 8
# The columns that the naive table has.
_NAIVE = (
    "reference", "direction", "outcome", "customer_number", "customer_name", "agent_extension", "agent_user_name",
    "did_number", "requested_at", "ringing_at", "connected_at", "ended_at", "recording_name", "request_id",
    "end_reason",
)  # fmt: skip

# The index that "calls by date" needs, and no other; any filter is a part of a text.
NAIVE_TABLE = (
    f"CREATE TABLE naive_calls AS SELECT id, tenant_id, {', '.join(_NAIVE)} FROM cdrs",  # noqa: S608 - ours
    "ALTER TABLE naive_calls ADD PRIMARY KEY (id)",
    "CREATE INDEX ON naive_calls (requested_at)",
    "VACUUM (ANALYZE) naive_calls",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """What our store asked of the database for one request: statements with their values, and the page's place."""

    tenant_id: int
    statements: tuple[tuple[str, tuple[object, ...]], ...]
    page: int


class Rivals:
    """The application. ``replays``: by the name that a request gives, one after another."""

    def __init__(self, pool: Pool, plain_pool: Pool, replays: dict[str, list[Replay]]) -> None:
        self._pool = pool
        self._plain_pool = plain_pool
        self._replays = replays

    async def bare(self, request: Request) -> Response:
        """The rows of a page and its total, as they are: no key, no errors, nothing rendered."""
        asked = msgspec.json.decode(await request.body())
        replays = self._replays[asked["name"]]
        replay = replays[asked["place"] % len(replays)]
        connection = await self._pool.acquire()
        try:
            await connection.turn_to(replay.tenant_id)
            found = [await connection.fetch(sql, *values) for sql, values in replay.statements]
        finally:
            await self._pool.release(connection)
        return _answer(found[replay.page] if found else [], len(found))

    async def naive(self, request: Request) -> Response:
        """A page by one index and ``ILIKE``, and a count of what matches and of all there is."""
        asked = msgspec.json.decode(await request.body())
        conditions, values = ["tenant_id = $1"], [asked["tenant_id"]]
        for column, text in asked["parts"].items():
            values.append(f"%{text}%")
            conditions.append(f"{column} ILIKE ${len(values)}")
        where = " AND ".join(conditions)
        found = f"FROM naive_calls WHERE {where}"
        connection = await self._plain_pool.acquire()
        try:
            rows = await connection.fetch(f"SELECT * {found} ORDER BY requested_at DESC LIMIT 50", *values)
            matching = await connection.fetchval(f"SELECT count(*) {found}", *values)
            await connection.fetchval("SELECT count(*) FROM naive_calls WHERE tenant_id = $1", values[0])
        finally:
            await self._plain_pool.release(connection)
        return _answer(rows, matching)


def _answer(rows: list[Any], total: int) -> Response:
    body = {"totalRecord": total, "data": [dict(row) for row in rows]}
    return Response(msgspec.json.encode(body), media_type="application/json")


async def serve(database_url: str, replays: Path, descriptor: str) -> None:
    """Serve until killed."""
    pool = await open_pool(database_url, role=APP, connections=CONNECTIONS)
    plain_pool = await asyncpg.create_pool(database_url, min_size=0, max_size=CONNECTIONS)
    rivals = Rivals(pool, plain_pool, pickle.loads(replays.read_bytes()))  # noqa: S301 - written by the bench a moment ago
    routes = [Route(f"/{name}", getattr(rivals, name), methods=["POST"]) for name in ("bare", "naive")]
    await serve_until_cancelled(Starlette(routes=routes), listening_socket("", descriptor))


if __name__ == "__main__":
    uvloop.run(serve(sys.argv[1], Path(sys.argv[2]), sys.argv[3]))
