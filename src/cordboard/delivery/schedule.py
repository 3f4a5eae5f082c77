"""When a webhook that failed is tried again. The schedule is data."""

from datetime import datetime, timedelta

from cordboard.domain.webhook import Attempt

_MINUTE = 60
_HOUR = 60 * _MINUTE

# Seconds after the first, second, … failure. About four days in all; after the last one we give up.
RETRY_SECONDS = (
    5,
    30,
    2 * _MINUTE,
    10 * _MINUTE,
    30 * _MINUTE,
    1 * _HOUR,
    3 * _HOUR,
    6 * _HOUR,
    12 * _HOUR,
    24 * _HOUR,
    24 * _HOUR,
)
# A receiver that comes back is not met by all of its retries at once. Only ever added: nobody is called too early.
LARGEST_JITTER = 0.1
# A receiver's own wish counts up to this much: it may not park its events with us for days.
LONGEST_RETRY_AFTER_SECONDS = 1 * _HOUR

GONE = 410

# A subscription that nothing has arrived for is switched off after this long; its owner is told halfway.
SWITCH_OFF_AFTER = timedelta(days=5)
WARN_AFTER = SWITCH_OFF_AFTER / 2


def next_due_at(
    failed_attempts: int, failed_at: datetime, *, retry_after_seconds: int | None, jitter: float
) -> datetime | None:
    """When to try again after the ``failed_attempts``-th failure; None: never.

    ``jitter`` is a random number from 0 to 1. ``retry_after_seconds`` is what the receiver asked for (RFC 9110
    10.2.3); it can only put an attempt off.
    """
    if failed_attempts > len(RETRY_SECONDS):
        return None
    seconds = RETRY_SECONDS[failed_attempts - 1] * (1 + LARGEST_JITTER * jitter)
    asked = min(retry_after_seconds or 0, LONGEST_RETRY_AFTER_SECONDS)
    return failed_at + timedelta(seconds=max(seconds, asked))


def is_gone(attempt: Attempt) -> bool:
    """True when the receiver says that nobody will ever be there again (410)."""
    return attempt.status == GONE
