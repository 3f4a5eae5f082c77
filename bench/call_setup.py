"""How long from makeCall to the INVITE at the agent's phone, beside a raw ARI originate in the same run.

.venv/bin/python -m bench.call_setup [--rate 20] [--seconds 20]
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp

from bench.support.figures import line, percentile
from bench.support.sip_phones import SipPhones
from bench.support.tenants import BenchTenant, make_tenant
from cordboard.lab.private_copy import PrivateCopy
from cordboard.nodes.ports import TCP, free_port
from cordboard.settings import Settings

AGENTS = 60
# Two numbers for each way of asking: the phones tell calls apart by whom they show.
MAKE_CALL_BLOCK, ORIGINATE_BLOCK = 910_000_000, 920_000_000
# Far from the numbers that count.
WARM_UP = 5_000_000
Ask = Callable[[int], Awaitable[None]]


async def at_rate(rate: int, count: int, ask: Ask) -> list[float]:
    """Ask ``count`` times, ``rate`` a second, never waiting for the one before; return when each was asked."""
    began = time.perf_counter()
    asked, running = [], []
    for number in range(count):
        await asyncio.sleep(max(0.0, began + number / rate - time.perf_counter()))
        asked.append(time.perf_counter())
        running.append(asyncio.ensure_future(ask(number)))
    await asyncio.gather(*running)
    return asked


async def measure(
    name: str, phones: SipPhones, shown: Callable[[int], str], ask: Ask, *, rate: int, count: int
) -> float:
    """Print how long the INVITEs took and return their median in seconds."""
    asked = await at_rate(rate, count, ask)
    async with asyncio.timeout(30):
        while not all(shown(number) in phones.invited_at for number in range(count)):
            await asyncio.sleep(0.05)
    times = [phones.invited_at[shown(number)] - at for number, at in enumerate(asked)]
    print(line(name, times))
    return percentile(times, 0.5)


async def run(copy: PrivateCopy, tenant: BenchTenant, phones: SipPhones, rate: int, count: int) -> None:
    """Measure both ways in one run."""
    settings = Settings.load(copy.environment)
    ari_headers = {"Authorization": aiohttp.encode_basic_auth(settings.ari_user, settings.ari_password)}
    answered: list[float] = []
    refused: list[str] = []

    async with aiohttp.ClientSession() as client:

        async def make_call(number: int) -> None:
            began = time.perf_counter()
            body = {
                "phoneNumber": f"0{MAKE_CALL_BLOCK + number}",
                "ipPhone": tenant.extensions[number % AGENTS],
            }
            url = f"{copy.base_url}/api/v1.0/base/makeCall"
            async with client.post(url, json=body, headers={"Authorization": tenant.key}) as answer:
                told = await answer.json()
            answered.append(time.perf_counter() - began)
            if told["success"] != "1":
                refused.append(told["error_code"])

        async def originate(number: int) -> None:
            parameters = {
                "endpoint": f"PJSIP/{tenant.accounts[number % AGENTS][0]}",
                "app": "cordboard",
                "callerId": f"0{ORIGINATE_BLOCK + number}",
                "channelId": f"bench-{number}",
            }
            url = f"{settings.ari_url}/channels"
            async with client.post(url, params=parameters, headers=ari_headers) as answer:
                await answer.read()

        await at_rate(rate, rate, lambda number: make_call(number + WARM_UP))
        await at_rate(rate, rate, lambda number: originate(number + WARM_UP))
        answered.clear()
        refused.clear()  # a call within 50 ms of the REGISTER: the warm-up
        raw = await measure(
            "raw ARI originate → INVITE",
            phones,
            lambda number: f"0{ORIGINATE_BLOCK + number}",
            originate,
            rate=rate,
            count=count,
        )
        ours = await measure(
            "makeCall → INVITE",
            phones,
            lambda number: f"0{MAKE_CALL_BLOCK + number}",
            make_call,
            rate=rate,
            count=count,
        )
    print(line("makeCall → answer", answered))
    print(f"makeCall → INVITE is {ours / raw:.2f} x a raw originate (p50); {len(refused)} refused {set(refused) or ''}")


async def main() -> None:
    """Start a copy, register the phones, measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=20, help="calls a second")
    parser.add_argument("--seconds", type=int, default=20, help="how long")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cordboard-bench-") as folder:
        Path(folder).chmod(0o755)
        copy = await PrivateCopy(Path(folder) / "home", {}).start()
        try:
            tenant = await make_tenant(copy, AGENTS, free_port(TCP))
            phones = await SipPhones.open(("127.0.0.1", copy.sip_port))
            await phones.register(tenant.accounts)
            await run(copy, tenant, phones, chosen.rate, chosen.rate * chosen.seconds)
            phones.close()
        finally:
            await copy.stop()


if __name__ == "__main__":
    asyncio.run(main())
