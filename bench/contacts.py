"""How long searches of contacts take in a large address book, by part of a name, of an address and of a number.

.venv/bin/python -m bench.contacts [--rows 500000] [--requests 200] [--shared-buffers 1GB]

All contacts are one tenant's. Ours: a web process as the supervisor starts it, a key, no limits. Beside it, in the same
run: the same condition read through the whole table, asked of PostgreSQL directly, without HTTP, as the app's role.
"""

import argparse
import asyncio
import json
import os
import random
import socket
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import asyncpg
from tests.api.web_process import web_program

from bench.support.contact_book import address_book, load_address_book
from bench.support.figures import percentile
from bench.support.http_client import HttpClient
from bench.support.postgres import running_postgres
from cordboard.actions.create_key import create_key
from cordboard.actions.create_tenant import NewTenant, create_tenant
from cordboard.app import build_core
from cordboard.domain.contact import Contact, folded
from cordboard.processes.program import set_up_log
from cordboard.settings import Settings
from cordboard.store.migrate import migrate

SAMPLES = 2000
WARM_UP = 5
# The whole table takes long for each.
SCANS = 10
LETTERS = "abcdefghijklmnopqrstuvwxyz"

_SCAN = """
SELECT id FROM contacts WHERE tenant_id = $1 AND first_name_key LIKE $2 AND last_name_key LIKE $3 AND emails_key LIKE $4
    AND phones_key LIKE $5 ORDER BY created_at, id LIMIT 21
"""

Query = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked, in as many ways as there are queries."""

    name: str
    queries: list[Query]


def questions(contacts: list[Contact], count: int) -> Iterator[Question]:
    """Parts of what somebody has; the last are what hardly anybody or nobody has."""
    chance = random.Random(7)

    def part(text: str, length: int) -> str:
        begin = chance.randrange(max(1, len(text) - length + 1))
        return text[begin : begin + length]

    asks: Mapping[str, Callable[[Contact], Query]] = {
        "first name": lambda one: {"first_name": one.first_name.upper()},
        "last name, 4 letters": lambda one: {"last_name": part(one.last_name, 4)},
        "two letters": lambda one: {"first_name": part(one.first_name, 2)},
        "any two letters, or one": lambda _: {"last_name": "".join(chance.choices(LETTERS, k=chance.randrange(1, 3)))},
        "e-mail, 8 characters": lambda one: {"email": part(one.email, 8)},
        "e-mail, whole": lambda one: {"email": one.email},
        "number, 3 digits": lambda one: {"phone": part(one.phones[0][1:], 3)},
        "number, 6 digits": lambda one: {"phone": part(one.phones[0][1:], 6)},
        "number, whole": lambda one: {"phone": one.phones[0]},
        "all four": lambda one: {
            "first_name": one.first_name,
            "last_name": one.last_name,
            "email": part(one.email, 5),
            "phone": part(one.phones[0][1:], 3),
        },
        "nobody's": lambda _: {"last_name": "".join(chance.choices(LETTERS, k=7))},
    }
    for name, ask in asks.items():
        yield Question(name=name, queries=[ask(chance.choice(contacts)) for _ in range(count)])


async def ask_ours(port: int, key: str, queries: list[Query]) -> list[float]:
    """Seconds of each query through HTTP, one after another."""
    taken = []
    async with HttpClient(port) as client:
        for place, query in enumerate(queries[:WARM_UP] + queries):
            path = f"/api/v1/contacts?{urlencode(query)}"
            began = time.perf_counter()
            answer = await client.ask("GET", path, key=key, key_header="voverc-auth")
            if place >= WARM_UP:
                taken.append(time.perf_counter() - began)
            assert "has_next" in json.loads(answer)
    return taken


async def scan(connection: asyncpg.Connection, tenant_id: int, queries: list[Query]) -> list[float]:
    """Seconds of each query, read through the whole table."""
    taken = []
    for query in queries:
        parts = [f"%{folded(query.get(name, ''))}%" for name in ("first_name", "last_name", "email", "phone")]
        began = time.perf_counter()
        await connection.fetch(_SCAN, tenant_id, *parts)
        taken.append(time.perf_counter() - began)
    return taken


async def make_tenant(environment: Mapping[str, str]) -> tuple[int, str]:
    """A migrated database with a tenant without limits; its id and its key."""
    await migrate(environment["CORDBOARD_DATABASE_URL"])
    core = await build_core(Settings.load(environment))
    try:
        tenant = await create_tenant(core, NewTenant(name="acme", limit_tenant=0, limit_route=0))
        return tenant.id, (await create_key(core, tenant, scopes=("contact",))).value
    finally:
        await core.store.close()


async def run(folder: Path, chosen: argparse.Namespace) -> None:
    """Load, start the server, measure."""
    async with running_postgres(folder, chosen.shared_buffers) as server:
        home = folder / "home"
        home.mkdir()
        kept = {name: value for name, value in os.environ.items() if name == "CORDBOARD_CACHE"}
        environment = {**kept, "CORDBOARD_HOME": str(home), "CORDBOARD_DATABASE_URL": server.database_url}
        tenant_id, key = await make_tenant(environment)
        owner = await asyncpg.connect(server.database_url)
        began = time.perf_counter()
        await load_address_book(owner, tenant_id, chosen.rows)
        print(f"{chosen.rows:,} contacts of one tenant, loaded in {time.perf_counter() - began:.0f} s; ms, p50 / p95")
        size = await owner.fetchval("SELECT pg_size_pretty(pg_relation_size('contacts_pieces'))")
        await owner.close()
        settings = {"role": "cordboard_app", "cordboard.tenant_id": str(tenant_id), "jit": "off"}
        scanning = {"enable_indexscan": "off", "enable_bitmapscan": "off", "enable_indexonlyscan": "off"}
        plain = await asyncpg.connect(server.database_url, server_settings=settings | scanning)
        listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        sample = random.Random(5).sample(list(address_book(tenant_id, chosen.rows)), min(SAMPLES, chosen.rows))
        everything: list[float] = []
        async with web_program(server.database_url, home, listener):
            for question in questions(sample, chosen.requests):
                own = await ask_ours(listener.getsockname()[1], key, question.queries)
                everything += own
                print(_line(question.name, own, await scan(plain, tenant_id, question.queries[:SCANS])), flush=True)
        print(f"all: p50 {1000 * percentile(everything, 0.5):.1f}, p95 {1000 * percentile(everything, 0.95):.1f} ms")
        print(f"the index for searches: {size}")
        await plain.close()


def _line(name: str, own: list[float], other: list[float]) -> str:
    figures = [1000 * percentile(each, share) for each in (own, other) for share in (0.5, 0.95)]
    text = f"{name:<26} ours {figures[0]:6.1f} / {figures[1]:6.1f}   whole table {figures[2]:7.1f} / {figures[3]:7.1f}"
    return f"{text}   {figures[2] / figures[0]:5.0f} x"


async def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=500_000, help="contacts")
    parser.add_argument("--requests", type=int, default=200, help="of each kind")
    parser.add_argument("--shared-buffers", default="1GB", help="PostgreSQL's setting")
    chosen = parser.parse_args()
    set_up_log("bench", "warning")
    with tempfile.TemporaryDirectory(prefix="cordboard-bench-", dir="/var/tmp") as folder:
        Path(folder).chmod(0o755)
        await run(Path(folder), chosen)


if __name__ == "__main__":
    asyncio.run(main())
