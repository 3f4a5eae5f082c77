"""Time, handed in. Nothing in the house asks the machine for the time by itself."""

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Where the time comes from."""

    def now(self) -> datetime:
        """The instant, aware, in UTC."""

    def monotonic(self) -> float:
        """Seconds that only ever grow: for time-outs."""


class ManualClock:
    """A clock that stands still until told to move. For tests and simulations."""

    def __init__(self, at: datetime | None = None) -> None:
        self._at = at or datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
        self._elapsed = 0.0

    def now(self) -> datetime:
        """The instant it was set to."""
        return self._at

    def monotonic(self) -> float:
        """Seconds moved so far."""
        return self._elapsed

    def move(self, seconds: float) -> datetime:
        """Go on by ``seconds`` and return the new instant."""
        self._at += timedelta(seconds=seconds)
        self._elapsed += seconds
        return self._at
