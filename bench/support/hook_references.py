"""What webhooks are measured against, each in a process of its own: a bare posting loop, and procrastinate.

hook_references bare <urls> <count>
hook_references procrastinate <database url>
"""

import asyncio
import json
import sys
import time
import uuid
from typing import Any

import aiohttp
import uvloop

# As many as our worker has out: four to each of the targets.
AT_ONCE = 256
BODY = json.dumps({"call_id": "20260310165227-ABCDEFGH-3421", "filler": "x" * 500}).encode()


def headers(webhook_id: str) -> dict[str, str]:
    """What both send, and what ours sends."""
    return {"Content-Type": "application/json", "webhook-id": webhook_id, "webhook-timestamp": str(int(time.time()))}


async def post(session: aiohttp.ClientSession, url: str, webhook_id: str) -> None:
    """One webhook."""
    async with session.post(url, data=BODY, headers=headers(webhook_id), allow_redirects=False) as answer:
        await answer.read()


def make_session() -> aiohttp.ClientSession:
    """As lean as aiohttp goes."""
    connector = aiohttp.TCPConnector(limit=0)
    return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False)


async def run_bare(urls: list[str], count: int) -> None:
    """Post, and nothing else: no database, no order, no record. What aiohttp alone would allow."""
    numbers = iter(range(count))
    async with make_session() as session:

        async def one_after_the_other() -> None:
            for number in numbers:
                await post(session, urls[number % len(urls)], str(uuid.uuid4()))

        await asyncio.gather(*(one_after_the_other() for _ in range(AT_ONCE)))
    print(json.dumps({"cpu_seconds": time.process_time()}))


def make_app(database_url: str) -> Any:  # noqa: ANN401 - procrastinate's own
    """Procrastinate's application with its one job."""
    import procrastinate  # noqa: PLC0415 - only its own process needs it

    return procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=database_url, max_size=8))


async def run_procrastinate(database_url: str) -> None:
    """A worker as its manual has it, until it is stopped."""
    app = make_app(database_url)
    async with make_session() as session, app.open_async():

        @app.task(name="deliver", retry=11)  # type: ignore[untyped-decorator] # as above
        async def deliver(url: str, webhook_id: str) -> None:
            await post(session, url, webhook_id)

        await app.run_worker_async(concurrency=AT_ONCE, install_signal_handlers=False, delete_jobs="successful")


if __name__ == "__main__":
    if sys.argv[1] == "bare":
        uvloop.run(run_bare(sys.argv[2].split(","), int(sys.argv[3])))
    else:
        asyncio.run(run_procrastinate(sys.argv[2]))
