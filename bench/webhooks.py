"""Webhooks: how many drain a second, and how long one takes from its commit to its arrival.

.venv/bin/python -m bench.webhooks [--count 20000] [--seconds 20] [--targets 64] [--only drain,latency,references]

Beside a bare loop of aiohttp's POSTs (no database, no order, no log), and procrastinate doing the same job with as many
processes. The receiver is a process of its own; its CPU is told apart.
"""

import argparse
import asyncio
import contextlib
import itertools
import json
import os
import signal
import sys
import tempfile
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from bench.support.figures import line
from bench.support.hook_references import BODY, make_app
from cordboard.actions.core import Core
from cordboard.app import build_core
from cordboard.domain.webhook import EventKind, Subscription
from cordboard.lab.private_copy import PrivateCopy
from cordboard.settings import Settings

PER_SECOND = 200
HANGING_SHARE = 0.3
PATIENCE_SECONDS = 120
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(slots=True)
class Receiver:
    """The partner's server."""

    process: Process
    port: int

    def url(self, number: int, path: str = "hook") -> str:
        """A target of its own: another host for each number."""
        return f"http://127.0.{1 + number // 250}.{1 + number % 250}:{self.port}/{path}/{number}"

    async def told(self, *, dump: bool = False) -> dict[str, Any]:
        """What it says of itself."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(b"dump\n" if dump else b"\n")
        answer: dict[str, Any] = json.loads(await self.process.stdout.readline())
        return answer


@contextlib.asynccontextmanager
async def running_receiver() -> AsyncIterator[Receiver]:
    """A receiver, until the block ends."""
    command = (sys.executable, "-m", "bench.support.hook_receiver")
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, limit=2**28)
    assert process.stdout is not None
    try:
        yield Receiver(process, int(await process.stdout.readline()))
    finally:
        process.kill()
        await process.wait()


def cpu_seconds(root: int, word: str) -> float:
    """What the processes below ``root`` whose command line contains ``word`` have used."""
    total = 0.0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, IndexError):
            fields = stat.read_text().rpartition(")")[2].split()
            if word in stat.with_name("cmdline").read_text() and _descends(int(stat.parent.name), root):
                total += (int(fields[11]) + int(fields[12])) / TICKS
    return total


def _descends(pid: int, root: int) -> bool:
    while pid > 1:
        if pid == root:
            return True
        pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return False


class House:
    """A running copy, its receiver, and a tenant with targets."""

    def __init__(self, copy: PrivateCopy, core: Core, receiver: Receiver) -> None:
        self.copy = copy
        self.core = core
        self.receiver = receiver
        self.tenant_id = 0

    async def subscribe(self, numbers: range, path: str = "hook") -> list[Subscription]:
        """Targets, in a tenant of their own."""
        tenant = await self.core.store.system.tenants.create(f"bench {uuid4().hex}")
        self.tenant_id = tenant.id
        rows = self.core.store.for_tenant(tenant.id).subscriptions
        kinds = {EventKind.CALL_RECORDED}
        return [await rows.add(dialect="alohub", url=self.receiver.url(each, path), kinds=kinds) for each in numbers]

    async def send(self, subscription: Subscription) -> UUID:
        """One event, in a transaction of its own; when it returns, it is committed."""
        async with self.core.store.for_tenant(subscription.tenant_id).transaction() as rows:
            return await rows.deliveries.insert(
                subscription.id, uuid4(), EventKind.CALL_RECORDED, BODY, self.core.clock.now()
            )

    def cpu(self) -> dict[str, float]:
        """Seconds of CPU so far, by program."""
        assert self.copy.process is not None
        names = {"workers": "processes.worker", "PostgreSQL": "postgres"}
        return {name: cpu_seconds(self.copy.process.pid, word) for name, word in names.items()}


async def drain(house: House, count: int, targets: int) -> None:
    """Commit ``count`` deliveries at once and wait until all have arrived and are in the log."""
    subscriptions = await house.subscribe(range(targets))
    receiver_before = await house.receiver.told()
    async with house.core.store.for_tenant(house.tenant_id).transaction() as rows:
        for subscription in itertools.islice(itertools.cycle(subscriptions), count):
            await rows.deliveries.insert(
                subscription.id, uuid4(), EventKind.CALL_RECORDED, BODY, house.core.clock.now()
            )
        inserted = house.cpu()
    began = time.perf_counter()
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (await house.receiver.told())["distinct"] - receiver_before["distinct"] < count:
            await asyncio.sleep(0.02)
    took = time.perf_counter() - began
    await house_empty(house)
    after, receiver_after = house.cpu(), await house.receiver.told()
    if receiver_after["distinct"] - receiver_before["distinct"] != count:
        raise RuntimeError("more arrived than were sent")
    cpu = {name: after[name] - inserted[name] for name in after}
    report("ours", count, took, cpu=cpu, before=receiver_before, after=receiver_after)


def report(
    name: str, count: int, took: float, *, cpu: dict[str, float], before: dict[str, Any], after: dict[str, Any]
) -> None:
    """A line: the rate, and the CPU of each program by delivery, the receiver's apart."""
    parts = ", ".join(f"{each} {1e6 * seconds / count:.0f}" for each, seconds in cpu.items())
    apart = 1e6 * (after["cpu_seconds"] - before["cpu_seconds"]) / count
    alone = 2 * count / sum(cpu.values()) if sum(cpu.values()) else 0
    rate = f"{name:<16} {count / took:7.0f}/s"
    print(f"{rate}   µs of CPU each: {parts}; receiver {apart:.0f}   (alone on 2 cores: {alone:.0f}/s)")


async def house_empty(house: House) -> None:
    """Until nothing is unfinished."""
    connection = await asyncpg.connect(
        Settings.load(house.copy.environment).database_url, server_settings={"role": "cordboard_system"}
    )
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await connection.fetchval("SELECT EXISTS (SELECT FROM deliveries)"):
                await asyncio.sleep(0.25)
    finally:
        await connection.close()


async def latency(house: House, seconds: int, targets: int, *, share_hanging: float = 0) -> None:
    """From commit to arrival at ``PER_SECOND`` events a second, of the targets that do not hang."""
    hanging_count = round(targets * share_hanging)
    hanging = await house.subscribe(range(1000, 1000 + hanging_count), "hang") if hanging_count else []
    healthy = await house.subscribe(range(targets - hanging_count))
    committed: dict[str, float] = {}
    sending: set[asyncio.Task[None]] = set()

    async def send(subscription: Subscription, *, is_healthy: bool) -> None:
        delivery_id = await house.send(subscription)
        if is_healthy:
            committed[str(delivery_id)] = time.time()

    began = time.perf_counter()
    everyone = [(each, True) for each in healthy] + [(each, False) for each in hanging]
    everyone = sorted(everyone, key=lambda each: hash((each[0].url, 7)))
    for number in range(seconds * PER_SECOND):
        await asyncio.sleep(max(0, began + number / PER_SECOND - time.perf_counter()))
        subscription, is_healthy = everyone[number % len(everyone)]
        sending.add(task := asyncio.create_task(send(subscription, is_healthy=is_healthy)))
        task.add_done_callback(sending.discard)
    await asyncio.gather(*sending)
    arrived: dict[str, float] = {}
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not committed.keys() <= arrived.keys():
            await asyncio.sleep(0.1)
            arrived = (await house.receiver.told(dump=True))["arrived"]
    name = f"{PER_SECOND}/s" + (f", {100 * share_hanging:.0f} % of the targets hang" if hanging else "")
    print(line(f"commit to arrival, {name}", [arrived[each] - at for each, at in committed.items()]))
    for subscription in hanging:
        await house.core.store.for_tenant(subscription.tenant_id).subscriptions.remove(subscription.id)


async def bare(house: House, count: int, targets: int) -> None:
    """The limit: posting, and nothing else, in as many processes as there are workers."""
    urls = ",".join(house.receiver.url(each) for each in range(targets))
    before, began = await house.receiver.told(), time.perf_counter()
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bench.support.hook_references", "bare", urls, str(count // 2), stdout=PIPE
        )
        for _ in range(2)
    ]
    outputs = await asyncio.gather(*(each.communicate() for each in processes))
    took = time.perf_counter() - began
    cpu = sum(json.loads(output)["cpu_seconds"] for output, _ in outputs)
    report("bare aiohttp", count, took, cpu={"posting": cpu}, before=before, after=await house.receiver.told())


async def procrastinate(house: House, count: int, targets: int) -> None:
    """The same job as a Python team would do it."""
    settings = Settings.load(house.copy.environment)
    app = make_app(settings.database_url)
    async with app.open_async():
        await app.schema_manager.apply_schema_async()
        jobs = [{"url": house.receiver.url(number % targets), "webhook_id": str(uuid4())} for number in range(count)]
        await app.configure_task("deliver").batch_defer_async(*jobs)
    before, cpu_before = await house.receiver.told(), house.cpu()["PostgreSQL"]
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bench.support.hook_references", "procrastinate", settings.database_url
        )
        for _ in range(2)
    ]
    try:
        while (await house.receiver.told())["count"] <= before["count"]:
            await asyncio.sleep(0.01)
        began = time.perf_counter()  # its start is not counted
        while (told := await house.receiver.told())["count"] - before["count"] < count:
            await asyncio.sleep(0.02)
        took = time.perf_counter() - began
        own = sum(cpu_seconds(each.pid, "hook_references") for each in processes)
        server = house.cpu()["PostgreSQL"] - cpu_before  # before its connections end
    finally:
        for each in processes:
            each.send_signal(signal.SIGKILL)
            await each.wait()
    cpu = {"workers": own, "PostgreSQL": server}
    report("procrastinate", count, took, cpu=cpu, before=before, after=told)


async def run(house: House, chosen: argparse.Namespace) -> None:
    """Everything, in one run."""
    parts = chosen.only.split(",")
    if "drain" in parts:
        for _ in range(chosen.rounds):
            await drain(house, chosen.count, chosen.targets)
    if "references" in parts:
        await bare(house, chosen.count, chosen.targets)
        await procrastinate(house, chosen.count // 4, chosen.targets)
    if "latency" in parts:
        for _ in range(chosen.rounds):
            await latency(house, chosen.seconds, 20)
            await latency(house, chosen.seconds, 20, share_hanging=HANGING_SHARE)


async def main() -> None:
    """Start a copy and a receiver, measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--targets", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--only", default="drain,references,latency")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cordboard-bench-") as folder:
        Path(folder).chmod(0o755)
        copy = await PrivateCopy(Path(folder) / "home", {"allow_networks": "127.0.0.0/8"}).start()
        core = await build_core(Settings.load(copy.environment))
        try:
            async with running_receiver() as receiver:
                await run(House(copy, core, receiver), chosen)
        finally:
            await core.store.close()
            await copy.stop()


if __name__ == "__main__":
    asyncio.run(main())
