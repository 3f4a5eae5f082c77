"""What it costs to count a request against its tenant's limits: makeCall with limits, beside makeCall without any.

.venv/bin/python -m bench.limits [--requests 3000]

No phone is registered: each makeCall goes the whole way to the agents' rows and is refused there, so that no call's own
cost blurs the difference.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp

from bench.support.figures import line, percentile
from cordboard.lab.private_copy import PrivateCopy

# Never reached here.
LIMIT = "1000000"
AT_ONCE = 16
WARM_UP = 300
ROUNDS = 9

Ask = Callable[[], Awaitable[None]]


async def make_tenant(copy: PrivateCopy, name: str, limit: str) -> str:
    """A tenant with one agent; returns its key."""
    await copy.run("tenant", "create", name, "--limit-tenant", limit, "--limit-route", limit)
    await copy.run("agent", "create", "--tenant", name, "--user-name", "alice", "--extension", "6688")
    key: str = (await copy.run("key", "create", "--tenant", name, "--all-scopes"))["key"]
    return key


async def in_turn(asks: tuple[Ask, ...], count: int) -> list[list[float]]:
    """Ask each in turn, one request at a time; how long each took."""
    took: list[list[float]] = [[] for _ in asks]
    for _ in range(count):
        for ask, times in zip(asks, took, strict=True):
            began = time.perf_counter()
            await ask()
            times.append(time.perf_counter() - began)
    return took


async def rate(ask: Ask, count: int) -> float:
    """How many a second, ``AT_ONCE`` at once."""

    async def some() -> None:
        for _ in range(count // AT_ONCE):
            await ask()

    began = time.perf_counter()
    await asyncio.gather(*(some() for _ in range(AT_ONCE)))
    return count // AT_ONCE * AT_ONCE / (time.perf_counter() - began)


async def run(copy: PrivateCopy, count: int) -> None:
    """Measure both in one run."""
    keys = [await make_tenant(copy, "unlimited", "0"), await make_tenant(copy, "limited", LIMIT)]
    url = f"{copy.base_url}/api/v1.0/base/makeCall"
    body = {"phoneNumber": "0912345678", "ipPhone": "6688"}
    async with aiohttp.ClientSession() as client:

        def ask_with(key: str) -> Ask:
            async def ask() -> None:
                async with client.post(url, json=body, headers={"Authorization": key}) as answer:
                    if (await answer.json())["error_code"] != "IPCC_NOT_CONNECT_AGENT_ID":
                        raise RuntimeError(await answer.text())

            return ask

        asks = (ask_with(keys[0]), ask_with(keys[1]))
        await in_turn(asks, WARM_UP)
        without, limited = await in_turn(asks, count)
        print(line("makeCall, no limits", without))
        print(line("makeCall, counted", limited))
        more = percentile(limited, 0.5) - percentile(without, 0.5)
        print(f"counting takes {1000 * more:.2f} ms (p50)")
        rounds = [[await rate(ask, count // ROUNDS) for ask in asks] for _ in range(ROUNDS)]
        rates = [percentile(each, 0.5) for each in zip(*rounds, strict=True)]
        print(f"{AT_ONCE} at once: {rates[0]:.0f}/s without, {rates[1]:.0f}/s counted, {rates[1] / rates[0]:.2f} x")


async def main() -> None:
    """Start a copy, make the tenants, measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=3000, help="to each tenant")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cordboard-bench-") as folder:
        Path(folder).chmod(0o755)
        copy = await PrivateCopy(Path(folder) / "home", {}).start()
        try:
            await run(copy, chosen.requests)
        finally:
            await copy.stop()


if __name__ == "__main__":
    asyncio.run(main())
