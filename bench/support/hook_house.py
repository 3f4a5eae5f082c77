"""A running copy whose webhooks are measured, and the partners' servers beside it."""

import asyncio
import contextlib
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from bench.support.hook_references import BODY
from cordboard.actions.core import Core
from cordboard.domain.webhook import EventKind, Subscription
from cordboard.lab.private_copy import PrivateCopy

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(slots=True)
class Receiver:
    """The partner's server."""

    process: Process
    port: int

    def url(self, number: int) -> str:
        """A target of its own: another host for each number."""
        return f"http://127.0.{1 + number // 250}.{1 + number % 250}:{self.port}/hook/{number}"

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


@contextlib.asynccontextmanager
async def hostile_urls(count: int) -> AsyncIterator[dict[str, list[str]]]:
    """``count`` hostile targets of each kind, until the block ends."""
    command = (sys.executable, "-m", "bench.support.hostile_receivers", str(count))
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)
    assert process.stdout is not None
    try:
        yield json.loads(await process.stdout.readline())
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

    async def subscribe_healthy(self, count: int) -> list[Subscription]:
        """Targets that answer, in a tenant of their own."""
        return await self.subscribe([self.receiver.url(each) for each in range(count)])

    async def subscribe(self, urls: list[str]) -> list[Subscription]:
        """Targets, in a tenant of their own."""
        tenant = await self.core.store.system.tenants.create(f"bench {uuid4().hex}")
        self.tenant_id = tenant.id
        rows = self.core.store.for_tenant(tenant.id).subscriptions
        kinds = {EventKind.CALL_RECORDED}
        return [await rows.add(dialect="alohub", url=each, kinds=kinds) for each in urls]

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
