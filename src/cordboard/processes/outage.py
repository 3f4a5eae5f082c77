"""Saying once that a part is away, and once that it is back: loops that try four times a second would drown a log."""

import structlog

log = structlog.get_logger()


class Outage:
    """Whether a piece of work can be done at the moment."""

    def __init__(self, work: str) -> None:
        self._work = work
        self._is_on = False

    def begin(self, reason: Exception) -> None:
        """It cannot."""
        if not self._is_on:
            log.warning("part_away", work=self._work, reason=str(reason) or type(reason).__name__)
        self._is_on = True

    def end(self) -> None:
        """It can."""
        if self._is_on:
            log.warning("part_back", work=self._work)
        self._is_on = False
