"""Webhooks: how many drain a second, how long one takes from commit to arrival, and that beside hostile targets.

.venv/bin/python -m bench.webhooks [--count 20000] [--seconds 20] [--targets 64] [--rounds 2] [--only PART,PART]

Parts: drain, references, latency, hostile. References are a bare loop of aiohttp's POSTs (no database, no order, no
log), and procrastinate doing the same job with as many processes. The receiver is a process of its own; its CPU is told
apart. Hostile ones are another, behind all others.
"""

import argparse
import asyncio
import itertools
import json
import random
import signal
import sys
import tempfile
import time
from asyncio.subprocess import PIPE
from collections import defaultdict
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg

from bench.support.figures import line, percentile
from bench.support.hook_house import House, cpu_seconds, hostile_urls, running_receiver
from bench.support.hook_references import BODY, make_app
from cordboard.app import build_core
from cordboard.domain.webhook import EventKind, Subscription
from cordboard.lab.private_copy import PrivateCopy
from cordboard.settings import Settings

PER_SECOND = 200
# 30 % of the targets, as many as there are kinds.
HEALTHY, HOSTILE = 16, 7
# Of --seconds: 6 s, in which the first failures are tried again.
TURN_SHARE = 0.3
PATIENCE_SECONDS = 120


async def drain(house: House, count: int, targets: int) -> None:
    """Commit ``count`` deliveries at once and wait until all have arrived and are in the log."""
    subscriptions = await house.subscribe_healthy(targets)
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


async def latency(house: House, seconds: float) -> None:
    """From commit to arrival at ``PER_SECOND`` events a second, all targets healthy."""
    times = await arrivals(house, await house.subscribe_healthy(20), [], seconds)
    print(line(f"commit to arrival, {PER_SECOND}/s", times))


async def arrivals(
    house: House, healthy: list[Subscription], others: list[Subscription], seconds: float
) -> list[float]:
    """Seconds from commit to arrival at the healthy ones, while all together get ``PER_SECOND`` events a second."""
    committed: dict[str, float] = {}
    sending: set[asyncio.Task[None]] = set()

    async def send(subscription: Subscription, *, is_healthy: bool) -> None:
        delivery_id = await house.send(subscription)
        if is_healthy:
            committed[str(delivery_id)] = time.time()

    everyone = [(each, True) for each in healthy] + [(each, False) for each in others]
    random.Random(7).shuffle(everyone)
    began = time.perf_counter()
    for number in range(round(seconds * PER_SECOND)):
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
    return [arrived[each] - at for each, at in committed.items()]


async def hostile(house: House, seconds: float, rounds: int) -> None:
    """The healthy targets' times beside hostile ones of each kind, and beside as many more healthy ones.

    Both take turns, so that whatever else the machine does hits both; each kind is compared with the turns just before
    and after its own. The kinds come in another order each round: what one leaves behind shall not always hit the same.
    """
    more_healthy = [house.receiver.url(each) for each in range(HEALTHY, HEALTHY + HOSTILE)]
    times: dict[str, list[list[float]]] = defaultdict(list)
    without: dict[str, list[list[float]]] = defaultdict(list)
    async with hostile_urls(HOSTILE) as urls:
        urls["one of each"] = [each[0] for each in urls.values()]
        before = await beside(house, more_healthy, seconds)
        kinds = [kind for each in range(rounds) for kind in random.Random(each).sample(list(urls), len(urls))]
        for kind in kinds:
            times[kind].append(await beside(house, urls[kind], seconds))
            after = await beside(house, more_healthy, seconds)
            without[kind] += [before, after]
            before = after
    for kind in urls:
        shares = ", ".join(compared(times[kind], without[kind], share) for share in (0.5, 0.99))
        print(f"commit to arrival beside: {kind:<18} {shares}")


def compared(turns: list[list[float]], references: list[list[float]], share: float) -> str:
    """A percentile of ours and of the reference's, and how many times as long ours is.

    Of each turn, and then their median: a stall of the machine spoils one turn, not all.
    """
    ours, its = (percentile([percentile(turn, share) for turn in each], 0.5) for each in (turns, references))
    return f"p{100 * share:.0f} {1000 * ours:5.1f} without {1000 * its:5.1f} ms (ratio {ours / its:.2f})"


async def beside(house: House, urls: list[str], seconds: float) -> list[float]:
    """The healthy targets' times while ``urls`` get 30 % of the events."""
    healthy = [house.receiver.url(each) for each in range(HEALTHY)]
    subscriptions = await house.subscribe(healthy + urls)
    times = await arrivals(house, subscriptions[:HEALTHY], subscriptions[HEALTHY:], seconds)
    for each in subscriptions:
        await house.core.store.for_tenant(each.tenant_id).subscriptions.remove(each.id)
    return times


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
            await latency(house, chosen.seconds)
    if "hostile" in parts:
        await hostile(house, TURN_SHARE * chosen.seconds, chosen.rounds)


async def main() -> None:
    """Start a copy and a receiver, measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--targets", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--only", default="drain,references,latency,hostile")
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
