"""Partners' servers at their worst, so many of each kind, until the input ends.

hostile_receivers <count>

A program of its own, behind all others: its CPU is the partners', who have machines of their own. Its only line of
output is the URLs by kind.
"""

import asyncio
import json
import os
import sys
from contextlib import AsyncExitStack

from tests.support.hostile_targets import KINDS, hostile_target

NICENESS = 19
# Switched off after its first answer: nothing is sent there any more.
HARMLESS = "gone"


async def main(count: int) -> None:
    """Serve."""
    os.nice(NICENESS)
    async with AsyncExitStack() as stack:
        urls = {
            kind: [await stack.enter_async_context(hostile_target(kind)) for _ in range(count)]
            for kind in KINDS
            if kind != HARMLESS
        }
        print(json.dumps(urls), flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
