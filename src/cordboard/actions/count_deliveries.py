"""Count what becomes of attempts, for the metrics. A worker that is killed takes its last second's counts with it."""

from collections import Counter

from cordboard.actions.core import Core
from cordboard.store import FinishedAttempt

# An attempt that is tried again; the others are named by their outcome.
FAILED = "failed"
# Upper bounds in seconds of the attempts' histogram. 15 is the longest that an attempt may take by default.
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0)
SECONDS = "seconds"
RESULT = "result:"
BUCKET = "bucket:"


class DeliveryCounts:
    """This process's counts since they were last written."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._counts: Counter[str] = Counter()
        self._seconds = 0.0

    def count(self, finished: FinishedAttempt) -> None:
        """One attempt was made."""
        seconds = finished.attempt.duration_milliseconds / 1000
        bound = next((each for each in BUCKETS if seconds <= each), None)
        self._counts[RESULT + (finished.outcome or FAILED)] += 1
        self._counts[f"{BUCKET}{'+Inf' if bound is None else bound}"] += 1
        self._seconds += seconds

    async def write(self) -> None:
        """Add them to the house's. Raises Unavailable: they are added the next time."""
        if not self._counts:
            return
        counts, seconds = self._counts, self._seconds
        self._counts, self._seconds = Counter(), 0.0
        try:
            await self._core.store.system.delivery_figures.add({**counts, SECONDS: seconds})
        except BaseException:
            self._counts += counts
            self._seconds += seconds
            raise
