"""Limits over several web processes: a burst over a window's border, by the machine's own clock."""

import asyncio
import contextlib
import itertools
import socket
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from cordboard.store import Store
from tests.api.house import SEARCH, SEARCH_V1
from tests.api.web_process import web_program

PROCESSES = 4
LIMIT_TENANT = 30
LIMIT_ROUTE = 20
WINDOW_SECONDS = 10
KEY = "a key to ask with"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request: it was served at some instant between these two."""

    path: str
    sent_at: float
    answered_at: float
    status: int
    remaining: tuple[int, int]
    retry_seconds: int


class Client:
    """Asks the processes in turn."""

    def __init__(self, base_urls: list[str], session: aiohttp.ClientSession) -> None:
        self._base_urls = itertools.cycle(base_urls)
        self._session = session
        self.log: list[Asked] = []

    async def ask(self, path: str) -> Asked:
        sent_at = time.monotonic()
        async with self._session.post(next(self._base_urls) + path, headers={"Authorization": KEY}) as answer:
            headers = answer.headers
            asked = Asked(
                path=path,
                sent_at=sent_at,
                answered_at=time.monotonic(),
                status=answer.status,
                remaining=(int(headers["X-RateLimit-Remaining-Tenant"]), int(headers["X-RateLimit-Remaining-Route"])),
                retry_seconds=int(headers.get("Retry-After", "0")),
            )
        self.log.append(asked)
        return asked

    async def burst(self, count: int) -> None:
        """So many requests at once, on two routes."""
        # Five in a row: the processes are asked in turn, and each shall be asked for both.
        await asyncio.gather(*(self.ask((SEARCH, SEARCH_V1)[number // 5 % 2]) for number in range(count)))

    def most_in_a_window(self, paths: tuple[str, ...]) -> int:
        """The most that were admitted for certain within ten seconds of each other."""
        admitted = [asked for asked in self.log if asked.status == 200 and asked.path in paths]
        ends = [first.sent_at + WINDOW_SECONDS for first in admitted]
        return max(
            sum(end - WINDOW_SECONDS <= asked.sent_at and asked.answered_at < end for asked in admitted) for end in ends
        )


async def until_just_before_a_border() -> None:
    """Wait until ten-second windows counted from 1970 are about to change."""
    await asyncio.sleep(WINDOW_SECONDS - 0.1 - time.time() % WINDOW_SECONDS)


async def test_a_burst_over_the_border_is_never_admitted_twice(store: Store, database_url: str, tmp_path: Path) -> None:
    tenant = await store.system.tenants.create("acme", limit_tenant=LIMIT_TENANT, limit_route=LIMIT_ROUTE)
    await store.for_tenant(tenant.id).keys.create(name="k", value=KEY, scopes=["report"])
    async with contextlib.AsyncExitStack() as stack:
        base_urls = []
        for _ in range(PROCESSES):
            listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            await stack.enter_async_context(web_program(database_url, tmp_path, listener))
            base_urls.append(f"http://127.0.0.1:{listener.getsockname()[1]}")
        connector = aiohttp.TCPConnector(limit=0)
        client = Client(base_urls, await stack.enter_async_context(aiohttp.ClientSession(connector=connector)))
        await over_the_border(client)
    check(client.log)
    assert client.most_in_a_window((SEARCH,)) <= LIMIT_ROUTE
    assert client.most_in_a_window((SEARCH_V1,)) <= LIMIT_ROUTE
    assert client.most_in_a_window((SEARCH, SEARCH_V1)) <= LIMIT_TENANT


async def over_the_border(client: Client) -> None:
    """A burst before it, one after it; then do as we are told, and once more the same."""
    await until_just_before_a_border()
    await client.burst(3 * LIMIT_TENANT)
    assert sum(asked.status == 200 for asked in client.log) == LIMIT_TENANT
    await asyncio.sleep(0.2)
    await client.burst(LIMIT_TENANT)
    refused = await client.ask(SEARCH)
    assert refused.status == 429
    # This is what is promised, and what is waited for: there is nothing to poll.
    await asyncio.sleep(refused.answered_at + refused.retry_seconds - time.monotonic())
    assert (await client.ask(SEARCH)).status == 200
    await client.burst(3 * LIMIT_TENANT)


def check(log: list[Asked]) -> None:
    """Every single answer."""
    assert set(Counter(asked.status for asked in log)) == {200, 429}
    for asked in log:
        assert min(asked.remaining) >= 0
        assert (asked.status == 429) == (asked.retry_seconds > 0)
        assert asked.retry_seconds <= WINDOW_SECONDS + 1
