import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from cordboard.domain.errors import Unavailable
from cordboard.processes.crew import Crew

Claim = Callable[[int], Awaitable[list[int]]]
NEVER_SECONDS = 3600


class Jobs:
    """Jobs to claim, as tests like them: each round the next list, then none."""

    def __init__(self, *rounds: list[int] | Exception) -> None:
        self.rounds = list(rounds)
        self.asked: list[int] = []
        self.begun: list[int] = []
        self.done: list[int] = []
        self.go_on = asyncio.Event()
        self.changed = asyncio.Event()

    async def claim(self, free: int) -> list[int]:
        self.asked.append(free)
        self.changed.set()
        found = self.rounds.pop(0) if self.rounds else []
        if isinstance(found, Exception):
            raise found
        return found

    async def work(self, job: int) -> None:
        self.begun.append(job)
        self.changed.set()
        if job < 0:
            raise ValueError("a job that fails")
        await self.go_on.wait()
        self.done.append(job)
        self.changed.set()

    async def until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(30):
            while not is_so():
                await self.changed.wait()
                self.changed.clear()


@asynccontextmanager
async def running(jobs: Jobs, *, hands: int = 10, poll_seconds: float = NEVER_SECONDS) -> AsyncIterator[Crew[int]]:
    crew = Crew("test", hands=hands, poll_seconds=poll_seconds, claim=jobs.claim, work=jobs.work, key=lambda job: job)
    task = asyncio.create_task(crew.run())
    yield crew
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await crew.finish(0)


async def test_claims_as_much_as_it_has_hands_for_and_again_when_one_is_free() -> None:
    jobs = Jobs([1, 2], [3])
    async with running(jobs, hands=2):
        await jobs.until(lambda: jobs.begun == [1, 2])
        assert jobs.asked == [2]
        jobs.go_on.set()
        await jobs.until(lambda: sorted(jobs.done) == [1, 2, 3])
    assert max(jobs.asked) == 2


async def test_looks_again_when_woken() -> None:
    jobs = Jobs([], [1])
    async with running(jobs) as crew:
        await jobs.until(lambda: len(jobs.asked) == 1)
        crew.wake()
        await jobs.until(lambda: jobs.begun == [1])


async def test_a_job_that_fails_takes_no_other_along() -> None:
    jobs = Jobs([-1, 1], [-2, 2])
    jobs.go_on.set()
    async with running(jobs):
        await jobs.until(lambda: jobs.done == [1, 2])


async def test_a_claim_that_fails_is_made_again() -> None:
    jobs = Jobs(Unavailable("away"), RuntimeError("whatever"), Unavailable("away"), [1])
    async with running(jobs, poll_seconds=0.001):
        await jobs.until(lambda: jobs.begun == [1])


async def test_a_job_in_hand_is_not_begun_twice() -> None:
    jobs = Jobs([1], [1, 2])
    async with running(jobs) as crew:
        await jobs.until(lambda: jobs.begun == [1])
        crew.wake()
        await jobs.until(lambda: jobs.begun == [1, 2])
        assert crew.in_hand == 2


async def test_what_is_in_hand_is_finished_after_the_end() -> None:
    jobs = Jobs([1, 2])
    async with running(jobs) as crew:
        await jobs.until(lambda: jobs.begun == [1, 2])
    assert jobs.done == []
    jobs = Jobs([1, 2])
    async with running(jobs) as crew:
        await jobs.until(lambda: jobs.begun == [1, 2])
        finishing = asyncio.create_task(crew.finish(30))
        jobs.go_on.set()
        await finishing
        assert sorted(jobs.done) == [1, 2]
