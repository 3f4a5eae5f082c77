"""How long lists of calls take over years of records, and how many pages a second, beside two rivals.

.venv/bin/python -m bench.call_list [--rows 1000000] [--requests 200] [--seconds 20] [--shared-buffers 2GB] [--folder F]

50 tenants, 730 days; one tenant has 30 % of all calls. Ours: a web process as the supervisor starts it, a key, no
limits. Beside it, in turn: a bare Starlette handler on the same pool with the very statements that ours sent, and the
table that others ship (one index on the date, ILIKE '%...%', two counts). With --folder the data stays there for the
next run. What is asked was asked once before: nothing is read from the disk.
"""

import argparse
import asyncio
import contextlib
import json
import os
import pickle
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import timedelta
from pathlib import Path

import asyncpg
from tests.api.web_process import web_program

from bench.support.call_history import Company
from bench.support.call_loader import LOADED, Loaded, load
from bench.support.figures import percentile
from bench.support.http_client import HttpClient
from bench.support.postgres import running_postgres
from bench.support.questions import Asked, Question, questions
from bench.support.record_writes import measure_writes
from bench.support.replays import replay_of
from bench.support.rivals import NAIVE_TABLE
from cordboard.app import build_core, build_web
from cordboard.processes.program import set_up_log
from cordboard.settings import Settings

WARM_UP = 10
AT_ONCE = 8
# Short ones, in turn: the machine's own speed changes by a fifth within seconds.
ROUNDS = 40
# The naive table reads all of it, twice or thrice, on a core for each.
NAIVE_AT_ONCE = 2
NAIVE_SECONDS = 5
PAGES = ("page 1", "page 1, searchCallV2", "exact number", "six digits of a number", "agent")

Ask = Callable[[HttpClient, int], Awaitable[object]]


async def timed(ask: Ask, client: HttpClient, count: int) -> list[float]:
    """Seconds of ``count`` requests, one after another."""
    taken = []
    for place in range(count):
        began = time.perf_counter()
        await ask(client, place)
        taken.append(time.perf_counter() - began)
    return taken


async def rate(ask: Ask, port: int, seconds: float, at_once: int = AT_ONCE) -> float:
    """Requests a second, ``at_once`` at a time."""
    until, done = time.perf_counter() + seconds, 0

    async def caller(first: int) -> None:
        nonlocal done
        async with HttpClient(port) as client:
            place = first
            while time.perf_counter() < until:
                await ask(client, place)
                place += at_once
                done += 1

    began = time.perf_counter()
    await asyncio.gather(*(caller(first) for first in range(at_once)))
    return done / (time.perf_counter() - began)


class Bench:
    """Asks the three servers the same."""

    def __init__(self, ports: dict[str, int], requests: int, naive_requests: int) -> None:
        self._ports = ports
        self._requests = requests
        self._naive_requests = naive_requests

    async def latencies(self, company: Company, key: str, asked: Sequence[Question]) -> None:
        """A line for each question."""
        async with HttpClient(self._ports["ours"]) as client, HttpClient(self._ports["rivals"]) as rival:
            for question in asked:
                ours, bare = ask_ours(question, key), ask_bare(question, company)
                for ask, one in ((ours, client), (bare, rival)):
                    await timed(ask, one, min(WARM_UP, self._requests))
                own, others = await timed(ours, client, self._requests), await timed(bare, rival, self._requests)
                naive = []
                if question.asked[0].parts is not None:
                    naive = await timed(ask_naive(question, company), rival, self._naive_requests)
                print(_line(question, own, others, naive), flush=True)

    async def rates(self, company: Company, key: str, asked: Sequence[Question], seconds: float) -> None:
        """Requests a second, the median of some rounds in turn."""
        for question in asked:
            if question.name not in PAGES:
                continue
            both = (
                (ask_ours(question, key), self._ports["ours"]),
                (ask_bare(question, company), self._ports["rivals"]),
            )
            rounds = [[await rate(ask, port, seconds / ROUNDS) for ask, port in both] for _ in range(ROUNDS)]
            own, other = (percentile(each, 0.5) for each in zip(*rounds, strict=True))
            text = f"{question.name:<28} ours {own:7.0f}/s   bare {other:7.0f}/s   {own / other:5.2f} x"
            if question.asked[0].parts is not None:
                naive = await rate(ask_naive(question, company), self._ports["rivals"], NAIVE_SECONDS, NAIVE_AT_ONCE)
                text += f"   naive {naive:7.2f}/s   {own / naive:8.0f} x"
            print(text, flush=True)


def ask_ours(question: Question, key: str) -> Ask:
    """As a client does."""

    async def ask(client: HttpClient, place: int) -> object:
        one = question.asked[place % len(question.asked)]
        return await client.ask(one.method, one.path, key=key, body=one.body)

    return ask


def ask_bare(question: Question, company: Company) -> Ask:
    """The bare handler, for the statements of the same request."""
    name = replay_name(question, company)

    async def ask(client: HttpClient, place: int) -> object:
        return await client.ask("POST", "/bare", body=json.dumps({"name": name, "place": place}).encode())

    return ask


def ask_naive(question: Question, company: Company) -> Ask:
    """The naive table, for the same."""

    async def ask(client: HttpClient, place: int) -> object:
        one = question.asked[place % len(question.asked)]
        body = {"tenant_id": company.tenant_id, "parts": one.parts}
        return await client.ask("POST", "/naive", body=json.dumps(body).encode())

    return ask


def replay_name(question: Question, company: Company) -> str:
    """By what the bare handler knows a question."""
    return f"{company.tenant_id} {question.name}"


def _line(question: Question, ours: list[float], bare: list[float], naive: list[float]) -> str:
    own, other = ([1000 * percentile(taken, share) for share in (0.5, 0.95)] for taken in (ours, bare))
    text = f"{question.name:<28} ours {own[0]:7.2f} {own[1]:7.2f}   bare {other[0]:7.2f} {other[1]:7.2f}"
    if naive:
        text += f"   naive {1000 * percentile(naive, 0.5):8.0f}"
    return text + (f"   (p95 <= {question.most_ms:g})" if question.most_ms else "")


async def inquire(
    connection: asyncpg.Connection, companies: Sequence[Company], loaded: Loaded, count: int
) -> list[list[Question]]:
    """What to ask of each of ``companies``."""
    found = []
    for company in companies:
        references = await connection.fetch(
            "SELECT reference FROM cdrs WHERE tenant_id = $1 AND requested_at > $2 LIMIT $3",
            company.tenant_id,
            loaded.until - timedelta(days=600),
            2 * count,
        )
        names = [row[0] for row in references] * 2
        found.append(questions(company, names * (1 + 2 * count // len(names)), loaded.until, count))
    return found


async def note_replays(
    environment: dict[str, str], companies: Sequence[Company], keys: dict[int, str], asked: list[list[Question]]
) -> bytes:
    """The statements behind every request that will be made."""
    core = await build_core(Settings.load(environment))
    app = build_web(core)

    async def replay(company: Company, one: Asked) -> object:
        return await replay_of(app, company.tenant_id, keys[company.tenant_id], one)

    try:
        replays = {
            replay_name(question, company): [await replay(company, one) for one in question.asked]
            for company, own in zip(companies, asked, strict=True)
            for question in own
        }
    finally:
        await core.store.close()
    return pickle.dumps(replays)


@contextlib.asynccontextmanager
async def running_rivals(database_url: str, replays: Path) -> AsyncIterator[int]:
    """The rivals' process; its port."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    arguments = ("-m", "bench.support.rivals", database_url, str(replays), str(listener.fileno()))
    process = await asyncio.create_subprocess_exec(sys.executable, *arguments, pass_fds=[listener.fileno()])
    try:
        yield int(listener.getsockname()[1])
    finally:
        process.kill()
        await process.wait()
        listener.close()


async def run(folder: Path, chosen: argparse.Namespace) -> None:
    """Load unless that was done, start the servers, measure."""
    async with running_postgres(folder, chosen.shared_buffers) as server:
        environment = {
            **{name: value for name, value in os.environ.items() if name == "CORDBOARD_CACHE"},
            "CORDBOARD_HOME": str(folder / "home"),
            "CORDBOARD_DATABASE_URL": server.database_url,
            "CORDBOARD_LOG_LEVEL": "warning",
        }
        (folder / "home").mkdir(exist_ok=True)
        if not (folder / LOADED).exists():
            await load(folder, environment, chosen.rows)
        loaded = Loaded.read(folder)
        connection = await asyncpg.connect(server.database_url)
        if await connection.fetchval("SELECT to_regclass('naive_calls')") is None:
            for statement in NAIVE_TABLE:
                await connection.execute(statement)
        companies = (loaded.companies[0], loaded.companies[-1])
        asked = await inquire(connection, companies, loaded, chosen.requests)
        replays = folder / "replays"
        replays.write_bytes(await note_replays(environment, companies, loaded.keys, asked))
        listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        async with (
            web_program(server.database_url, folder / "home", listener),
            running_rivals(server.database_url, replays) as rivals_port,
        ):
            bench = Bench(
                {"ours": listener.getsockname()[1], "rivals": rivals_port}, chosen.requests, chosen.naive_requests
            )
            for company, own in zip(companies, asked, strict=True):
                print(f"\ntenant with {company.share:.1%} of {loaded.rows:,} calls; ms, p50 and p95")
                await bench.latencies(company, loaded.keys[company.tenant_id], own)
            print(f"\npages of 50 rows, {AT_ONCE} at once, the big tenant")
            await bench.rates(companies[0], loaded.keys[companies[0].tenant_id], asked[0], chosen.seconds)
        await measure_writes(environment, connection, companies[0])
        await connection.close()


async def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000, help="records, of all tenants together")
    parser.add_argument("--requests", type=int, default=200, help="of each kind, to each tenant")
    parser.add_argument("--naive-requests", type=int, default=3, help="of each kind to the naive table: seconds each")
    parser.add_argument("--seconds", type=float, default=20, help="of requests at once, to each server")
    parser.add_argument("--shared-buffers", default="2GB", help="PostgreSQL's setting")
    parser.add_argument("--folder", type=Path, help="keep the data there, and use it if it is there")
    chosen = parser.parse_args()
    set_up_log("bench", "warning")
    if chosen.folder:
        await run(chosen.folder.absolute(), chosen)
        return
    with tempfile.TemporaryDirectory(prefix="cordboard-bench-", dir="/var/tmp") as folder:
        Path(folder).chmod(0o755)
        await run(Path(folder), chosen)


if __name__ == "__main__":
    asyncio.run(main())
