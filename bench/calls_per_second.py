"""How many complete calls a second, with none lost, beside plain dialplan ``Dial()`` in the same run.

    .venv/bin/python -m bench.calls_per_second [--seconds 10] [--rates 20,40,60,70,80,90]

A complete call: makeCall, INVITE to the agent's phone, answer, INVITE to the customer through the trunk, answer, one
second of talk, the customer hangs up; its record, recording and webhook are committed. The far ends are two SIPp.
"""

import argparse
import asyncio
import contextlib
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import asyncpg
from tests.support.receiver import Receiver

from bench.support.dialplan import Dialplan, running_dialplan
from bench.support.far_ends import FarEnds, running_far_ends
from bench.support.figures import percentile
from bench.support.tenants import BenchTenant, make_tenant, register
from cordboard.lab.private_copy import PrivateCopy
from cordboard.settings import Settings

TALK_SECONDS = 1.0
# Agents that are busy at one time at the highest rate, twice over: a call takes about 1.2 s.
AGENTS_PER_RATE = 4
SETTLE_SECONDS = 60.0
FAILURES = """
SELECT concat_ws(' ', end_reason, failed_party, sip_code) AS how, count(*) AS calls
FROM (SELECT * FROM cdrs WHERE connected_at IS NULL ORDER BY requested_at DESC LIMIT $1) AS newest
GROUP BY how ORDER BY calls DESC
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What came of one rate."""

    rate: int
    asked: int
    refused: int
    answered: int
    failed: int
    answer_seconds: tuple[float, ...] = ()
    reasons: tuple[str, ...] = ()
    failures: dict[str, int] = field(default_factory=dict)

    @property
    def is_whole(self) -> bool:
        """None refused, none lost."""
        return self.answered == self.asked

    def __str__(self) -> str:
        times = f"  makeCall p99 {1000 * percentile(self.answer_seconds, 0.99):.0f} ms" if self.answer_seconds else ""
        lost = self.asked - self.refused - self.answered - self.failed
        why = ", ".join((*sorted(set(self.reasons)), *(f"{count} {how}" for how, count in self.failures.items())))
        return (
            f"{self.rate:>4}/s: asked {self.asked}, answered {self.answered}, refused {self.refused}, "
            f"failed {self.failed}, lost {lost}{times} {why}"
        )


@dataclass(slots=True, kw_only=True)
class Ours:
    """Cordboard, asked as a client asks it."""

    copy: PrivateCopy
    tenant: BenchTenant
    client: aiohttp.ClientSession
    receiver: Receiver
    offset: int = 0

    async def run(self, rate: int, seconds: float) -> Round:
        """Ask at ``rate`` for ``seconds``, then wait until nothing is live."""
        before = await self._counts()
        heard = len(self.receiver.requests)
        count = round(rate * seconds)
        times: list[float] = []
        refused: list[str] = []

        async def ask(number: int) -> None:
            began = time.perf_counter()
            body = {"phoneNumber": f"09{number % 100_000_000:08d}", "ipPhone": self._extension(number)}
            async with self.client.post("/api/v1.0/base/makeCall", json=body) as answer:
                told = await answer.json()
            times.append(time.perf_counter() - began)
            if told["success"] != "1":
                refused.append(told["error_code"])

        await paced(rate, count, lambda index: ask(self.offset + index))
        self.offset += count
        accepted = count - len(refused)
        await self.receiver.wait_until(lambda: len(self.receiver.requests) - heard >= accepted, SETTLE_SECONDS)
        after = await self._counts()
        failed = after["hangup"] - before["hangup"] - after["answered"] + before["answered"]
        return Round(
            rate=rate, asked=count, refused=len(refused), answered=after["answered"] - before["answered"],
            failed=failed, answer_seconds=tuple(times), reasons=tuple(refused), failures=await self._failures(failed),
        )  # fmt: skip

    async def _failures(self, newest: int) -> dict[str, int]:
        """How the ``newest`` calls that nobody talked in ended, and how many of them did so."""
        database = await asyncpg.connect(Settings.load(self.copy.environment).database_url)
        try:
            rows = await database.fetch(FAILURES, newest)
        finally:
            await database.close()
        return {row["how"]: row["calls"] for row in rows}

    async def channels(self) -> int:
        """How many channels the engine has left."""
        settings = Settings.load(self.copy.environment)
        headers = {"Authorization": aiohttp.encode_basic_auth(settings.ari_user, settings.ari_password)}
        async with (
            aiohttp.ClientSession() as client,
            client.get(f"{settings.ari_url}/channels", headers=headers) as answer,
        ):
            return len(await answer.json())

    def _extension(self, number: int) -> str:
        return self.tenant.extensions[number % len(self.tenant.extensions)]

    async def _counts(self) -> dict[str, int]:
        return {status: await self._count(status) for status in ("answered", "hangup")}

    async def _count(self, status: str) -> int:
        body = {"call_status": status, "limit": 1}
        async with self.client.post("/api/v1.0/base/searchCallV2", json=body) as answer:
            total: int = (await answer.json())["totalRecord"]
            return total


async def paced(rate: int, count: int, ask: Callable[[int], Awaitable[None]]) -> None:
    """Ask ``count`` times, ``rate`` a second, never waiting for the one before."""
    began = time.perf_counter()
    running = []
    for number in range(count):
        await asyncio.sleep(max(0.0, began + number / rate - time.perf_counter()))
        running.append(asyncio.ensure_future(ask(number)))
    await asyncio.gather(*running)


async def dialplan_round(dialplan: Dialplan, rate: int, seconds: float) -> Round:
    """The same calls, made by ``Dial()``."""
    count = round(rate * seconds)
    before = dialplan.answered
    await paced(rate, count, dialplan.originate)
    with contextlib.suppress(TimeoutError):
        await dialplan.quiet(SETTLE_SECONDS)
    return Round(rate=rate, asked=count, refused=0, answered=dialplan.answered - before, failed=dialplan.failed)


async def highest(run_at: Callable[[int], Awaitable[Round]], rates: list[int]) -> int:
    """The highest rate at which none was lost, going up until some was."""
    best = 0
    for rate in rates:
        done = await run_at(rate)
        print(done)
        if not done.is_whole:
            break
        best = rate
    return best


@contextlib.asynccontextmanager
async def running_ours(folder: Path, far_ends: FarEnds, rates: list[int]) -> AsyncIterator[Ours]:
    """A copy with phones registered and a receiver listening."""
    settings = {"allow_networks": "127.0.0.0/8"}
    async with contextlib.AsyncExitStack() as stack:
        receiver = await stack.enter_async_context(Receiver())
        copy = await PrivateCopy(folder / "home", settings).start()
        stack.push_async_callback(copy.stop)
        tenant = await make_tenant(copy, max(rates) * AGENTS_PER_RATE, far_ends.carrier_port, webhook=receiver.url)
        await register(copy, tenant, far_ends.phone_port)
        await stack.enter_async_context(far_ends.phones())
        headers = {"Authorization": tenant.key}
        connector = aiohttp.TCPConnector(limit=0)
        client = aiohttp.ClientSession(base_url=copy.base_url, headers=headers, connector=connector)
        await stack.enter_async_context(client)
        yield Ours(copy=copy, tenant=tenant, client=client, receiver=receiver)


async def run(folder: Path, rates: list[int], seconds: float) -> None:
    """Measure both, then overload ours."""
    async with running_far_ends(folder, TALK_SECONDS) as far_ends:
        print("dialplan Dial():")
        async with far_ends.phones(), running_dialplan(folder, far_ends) as dialplan:
            twice = [2 * rate for rate in rates]
            reference = await highest(lambda rate: dialplan_round(dialplan, rate, seconds), twice)
        print("Cordboard:")
        async with running_ours(folder, far_ends, rates) as ours:
            await ours.run(10, 2)  # warm
            best = await highest(lambda rate: ours.run(rate, seconds), rates)
            print(f"{best} complete calls/s with none lost; Dial() {reference}: ratio {best / max(1, reference):.2f}")
            print("three times that:")
            print(await ours.run(3 * best, seconds))
            print(f"channels left behind: {await ours.channels()}; and then again:")
            print(await ours.run(best // 2, seconds))


async def main() -> None:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=10, help="how long each rate is held")
    parser.add_argument("--rates", default="20,40,60,70,80,90", help="calls a second, going up; Dial() gets twice that")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cordboard-bench-") as folder:
        Path(folder).chmod(0o755)
        await run(Path(folder), [int(rate) for rate in chosen.rates.split(",")], chosen.seconds)


if __name__ == "__main__":
    asyncio.run(main())
