"""Waking the workers after a commit, once for many deliveries."""

import asyncio

import structlog

from cordboard.domain.errors import CordboardError
from cordboard.store.pool import Door

log = structlog.get_logger()

CHANNEL = "delivery_due"
# NOTIFY takes a lock of the whole cluster at commit: at most one in this time from each process.
LEAST_SECONDS = 0.005


class Bell:
    """Announces that there are deliveries. A lost ring is healed by the workers' own look every 250 ms."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._task: asyncio.Task[None] | None = None
        self._is_rung = False

    def ring(self) -> None:
        """Announce soon: at once when the last one is long enough ago."""
        self._is_rung = True
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._announce())

    async def close(self) -> None:
        """Let the last announcement go out."""
        if self._task is not None:
            await self._task

    async def _announce(self) -> None:
        while self._is_rung:
            self._is_rung = False
            try:
                await self._door.fetch("SELECT pg_notify($1, '')", CHANNEL)
            except CordboardError as error:
                log.warning("workers_not_woken", reason=str(error))
            await asyncio.sleep(LEAST_SECONDS)
