"""How fast all of a tenant's call records leave as CSV, and how much memory that takes, beside PostgreSQL's own COPY.

.venv/bin/python -m bench.export [--rows 1000000] [--rounds 3] [--shared-buffers 1GB] [--folder F]

One of 50 tenants has 30 % of the records. The newest tenth of its own are exported, then all. Ours: a web process as
the supervisor starts it, asked over HTTP. Beside it, in turn: COPY (SELECT ...) TO STDOUT as CSV of the same records in
the same order, all columns as they are, under the same row-level security. Memory: the most that the web process had
at once. CPU: what it worked, which says more than the rate on a busy machine. With --folder the data stays there for
the next run; ``bench.call_list`` loads the same.
"""

import argparse
import asyncio
import http.client
import json
import os
import socket
import tempfile
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
from tests.api.web_process import web_program

from bench.support.call_loader import LOADED, Loaded, load
from bench.support.figures import percentile
from bench.support.postgres import running_postgres
from cordboard.processes.program import set_up_log
from cordboard.store.pool import session_settings

PATH = "/api/v1/telephony-events"
PIECE = 1 << 20
MIB = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """One export: its rows, without the header, and how it went. ``cpu_seconds`` are those of the web process."""

    rows: int
    size: int
    seconds: float
    cpu_seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Rows a second."""
        return self.rows / self.seconds


def export(port: int, key: str, since: datetime) -> Taken:
    """What began at ``since`` or later, as a client takes it."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    body = json.dumps({"date_time_from": since.isoformat()})
    began = time.perf_counter()
    connection.request("POST", PATH, body, {"Voverc-Auth": key, "Accept": "text/csv"})
    answer = connection.getresponse()
    if answer.status != http.HTTPStatus.OK:
        raise RuntimeError(answer.read())
    rows, size = -1, 0
    while piece := answer.read(PIECE):
        rows += piece.count(b"\n")
        size += len(piece)
    taken = Taken(rows=rows, size=size, seconds=time.perf_counter() - began)
    connection.close()
    return taken


async def copy(database_url: str, tenant_id: int, since: datetime) -> Taken:
    """The same, by PostgreSQL alone."""
    connection = await asyncpg.connect(database_url, server_settings=session_settings("cordboard_app"))
    await connection.execute(f"SET cordboard.tenant_id = '{tenant_id}'; SET statement_timeout = 0")
    rows = size = 0

    async def take(piece: bytes) -> None:
        nonlocal rows, size
        rows += piece.count(b"\n")
        size += len(piece)

    sql = "SELECT * FROM cdrs WHERE tenant_id = $1 AND requested_at >= $2 ORDER BY requested_at DESC, number DESC"
    began = time.perf_counter()
    await connection.copy_from_query(sql, tenant_id, since, output=take, format="csv")
    taken = Taken(rows=rows, size=size, seconds=time.perf_counter() - began)
    await connection.close()
    return taken


def memory(pid: int, line: str) -> float:
    """A line of the process's status, in MiB. Linux only."""
    status = Path(f"/proc/{pid}/status").read_text("ascii")
    return int(status.partition(f"{line}:")[2].split()[0]) / 1024


def cpu_seconds(pid: int) -> float:
    """What a process has worked."""
    user, system = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def forget_most_memory(pid: int) -> None:
    """Begin to look for the most anew (proc(5))."""
    Path(f"/proc/{pid}/clear_refs").write_text("5", "ascii")


class Bench:
    """Exports in turn with the reference."""

    def __init__(self, database_url: str, loaded: Loaded, port: int, pid: int) -> None:
        self._database_url = database_url
        self._company = loaded.companies[0]
        self._key = loaded.keys[self._company.tenant_id]
        self._port = port
        self._pid = pid

    async def measure(self, since: datetime, rounds: int) -> None:
        """A line: the medians, and the most memory of all rounds."""
        forget_most_memory(self._pid)
        own, reference = [], []
        for _ in range(rounds):
            reference.append(await copy(self._database_url, self._company.tenant_id, since))
            before = cpu_seconds(self._pid)
            taken = await asyncio.to_thread(export, self._port, self._key, since)
            own.append(replace(taken, cpu_seconds=cpu_seconds(self._pid) - before))
        if {taken.rows for taken in own} != {taken.rows for taken in reference}:
            raise RuntimeError(f"{own} are not {reference}")
        ours, theirs = (percentile([taken.rate for taken in each], 0.5) for each in (own, reference))
        print(
            f"{own[0].rows:>9,} rows, {own[0].size / MIB:6.0f} MiB"
            f"   ours {ours:8,.0f} rows/s   COPY {theirs:8,.0f} rows/s   {ours / theirs:5.2f} x"
            f"   CPU {1e6 * percentile([taken.cpu_seconds / taken.rows for taken in own], 0.5):4.1f} µs a row"
            f"   most memory {memory(self._pid, 'VmHWM'):5.0f} MiB",
            flush=True,
        )


async def newest(connection: asyncpg.Connection, tenant_id: int, share: float) -> datetime:
    """When the newest ``share`` of a tenant's calls began."""
    sql = (
        "SELECT percentile_disc($2::double precision) WITHIN GROUP (ORDER BY requested_at)"
        " FROM cdrs WHERE tenant_id = $1"
    )
    found: datetime = await connection.fetchval(sql, tenant_id, 1 - share)
    return found


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
        since = await newest(connection, loaded.companies[0].tenant_id, 0.1)
        await connection.close()
        listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        port = int(listener.getsockname()[1])
        async with web_program(server.database_url, folder / "home", listener) as web:
            bench = Bench(server.database_url, loaded, port, web.pid)
            await asyncio.to_thread(export, port, loaded.keys[loaded.companies[0].tenant_id], datetime.now(UTC))
            print(f"web process at rest: {memory(web.pid, 'VmRSS'):.0f} MiB")
            for begin in (since, datetime.fromtimestamp(0, UTC)):
                await bench.measure(begin, chosen.rounds)


async def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000, help="records, of all tenants together")
    parser.add_argument("--rounds", type=int, default=3, help="of each size")
    parser.add_argument("--shared-buffers", default="1GB", help="PostgreSQL's setting")
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
