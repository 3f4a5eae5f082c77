"""Jobs that are claimed from the database and done many at a time."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

import structlog

from cordboard.domain.errors import Unavailable
from cordboard.processes.outage import Outage

log = structlog.get_logger()

Job = TypeVar("Job")

# After a claim, a rest of this share of what it took: under load each one then finds many jobs instead of one or two,
# and what claims cost stays a part of what the jobs cost.
REST_SHARE = 1.0
MOST_REST_SECONDS = 0.05


class Crew(Generic[Job]):
    """Claims jobs while it has hands free, and does each in a task of its own.

    ``claim`` takes the number of free hands and returns at most as many jobs; ``key`` is a job's identity: one whose
    lease ran out while we are still at it is not begun twice. What fails is logged and left to its lease.
    """

    def __init__(
        self,
        name: str,
        *,
        hands: int,
        poll_seconds: float,
        claim: Callable[[int], Awaitable[list[Job]]],
        work: Callable[[Job], Awaitable[object]],
        key: Callable[[Job], Hashable],
    ) -> None:
        self._name = name
        self._hands = hands
        self._poll_seconds = poll_seconds
        self._claim = claim
        self._work = work
        self._key = key
        self._outage = Outage(f"claim_{name}")
        self._tasks: dict[Hashable, asyncio.Task[None]] = {}
        self._woken = asyncio.Event()

    @property
    def in_hand(self) -> int:
        """How many jobs are being done."""
        return len(self._tasks)

    def wake(self) -> None:
        """Look for jobs now, not at the next poll."""
        self._woken.set()

    async def run(self) -> None:
        """Work until cancelled. Jobs in hand go on: see ``finish``."""
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            is_more_likely = await self._begin()
            await asyncio.sleep(min(MOST_REST_SECONDS, REST_SHARE * (loop.time() - began)))
            if is_more_likely:
                continue  # as many as there were hands
            with contextlib.suppress(TimeoutError):
                # Not wait_for: before Python 3.12 it swallows a cancellation that comes together with the waking.
                async with asyncio.timeout(self._poll_seconds):
                    await self._woken.wait()
            self._woken.clear()

    async def finish(self, within_seconds: float) -> None:
        """Wait for the jobs in hand; those that take longer are dropped and come back when their lease ends."""
        if self._tasks:
            await asyncio.wait(self._tasks.values(), timeout=within_seconds)
        for task in self._tasks.values():
            task.cancel()

    async def _begin(self) -> bool:
        free = self._hands - len(self._tasks)
        if free <= 0:
            return False
        try:
            jobs = await self._claim(free)
        except Unavailable as away:
            self._outage.begin(away)
            return False
        except Exception:
            # Whatever it is, it must not end the crew: the poll tries again.
            log.exception("claim_failed", crew=self._name)
            return False
        self._outage.end()
        for job in jobs:
            key = self._key(job)
            if key not in self._tasks:
                self._tasks[key] = asyncio.create_task(self._do(key, job))
        return len(jobs) == free

    async def _do(self, key: Hashable, job: Job) -> None:
        try:
            await self._work(job)
        except Unavailable as away:
            log.warning("job_put_off", crew=self._name, job=str(key), reason=str(away))
        except Exception:
            # One job that fails, for whatever reason, must not take the others along: its lease brings it back.
            log.exception("job_failed", crew=self._name, job=str(key))
        finally:
            del self._tasks[key]
            self.wake()  # a hand is free, and what waited for this one may go
