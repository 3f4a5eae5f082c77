"""Wait until what was configured is in force."""

import asyncio
from datetime import timedelta

from cordboard.actions.core import Core

# A node whose last sign of life is older than this is not waited for: it reads everything when it comes back.
LIVE = timedelta(seconds=5)
LONGEST_SECONDS = 2.0
POLL_SECONDS = 0.02


async def await_applied(core: Core, revision: int) -> bool:
    """Wait, at most 2 s, until every live node has applied ``revision``. False: some node has not, by then.

    No node alive: there is nothing to wait for. Call it after the commit. Raises Unavailable.
    """
    deadline = core.clock.monotonic() + LONGEST_SECONDS
    while True:
        since = core.clock.now() - LIVE
        nodes = await core.store.system.nodes.list()
        live = [node for node in nodes if node.heartbeat_at is not None and node.heartbeat_at >= since]
        if all(node.applied_revision >= revision for node in live):
            return True
        if core.clock.monotonic() >= deadline:
            return False
        await asyncio.sleep(POLL_SECONDS)
