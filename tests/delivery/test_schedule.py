from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from cordboard.delivery.schedule import RETRY_SECONDS, is_gone, next_due_at
from cordboard.domain.webhook import Attempt

AT = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)


def due_in(failures: int, *, asked: int | None = None, jitter: float = 0) -> float | None:
    due_at = next_due_at(failures, AT, retry_after_seconds=asked, jitter=jitter)
    return None if due_at is None else (due_at - AT).total_seconds()


def test_waits_as_promised_and_gives_up_after_the_last() -> None:
    hour = 3600
    assert [due_in(failures) for failures in range(1, 13)] == [
        *(5, 30, 120, 600, 1800),
        *(hour, 3 * hour, 6 * hour, 12 * hour, 24 * hour, 24 * hour),
        None,
    ]


def test_never_shrinks() -> None:
    assert all(earlier <= later for earlier, later in pairwise(RETRY_SECONDS))


@pytest.mark.parametrize("failures", range(1, 12))
def test_jitter_is_only_added(failures: int) -> None:
    waits = [due_in(failures, jitter=jitter) for jitter in (0, 0.5, 0.999)]
    assert waits[0] == RETRY_SECONDS[failures - 1]
    assert waits == sorted(set(waits), key=lambda wait: wait or 0)


@pytest.mark.parametrize(
    ("failures", "asked", "seconds"),
    [(1, 60, 60), (1, 1, 5), (1, 0, 5), (1, 3600, 3600), (1, 86_400, 3600), (8, 60, 6 * 3600)],
)
def test_a_receiver_may_put_us_off_for_an_hour_at_most(failures: int, asked: int, seconds: int) -> None:
    assert due_in(failures, asked=asked) == seconds


def test_only_410_means_gone() -> None:
    gone = [
        status
        for status in (None, 200, 404, 410, 500)
        if is_gone(Attempt(started_at=AT, duration_milliseconds=1, status=status))
    ]
    assert gone == [410]
    assert next_due_at(1, AT, retry_after_seconds=None, jitter=0) == AT + timedelta(seconds=5)
