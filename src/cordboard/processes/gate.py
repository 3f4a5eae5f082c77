"""Admission: how fast a node may start calls, so that a flood costs the surplus and not the calls in progress."""

from cordboard.domain.clock import Clock

# A tenth of a second's worth may start at once: a short burst is not a flood.
BURST_SECONDS = 0.1


class Gate:
    """A token bucket of ``rate`` calls per second."""

    def __init__(self, clock: Clock, rate: int) -> None:
        self._clock = clock
        self._rate = rate
        self._room = max(1.0, rate * BURST_SECONDS)
        self._tokens = self._room
        self._filled_at = clock.monotonic()

    def admit(self) -> bool:
        """Take the right to start one call, if there is one now."""
        now = self._clock.monotonic()
        self._tokens = min(self._room, self._tokens + (now - self._filled_at) * self._rate)
        self._filled_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    @property
    def next_seconds(self) -> float:
        """Seconds until the next right."""
        return max(0.0, (1 - self._tokens) / self._rate)
