"""Times as this API writes them."""

from datetime import UTC, datetime


def shown_time(at: datetime | None) -> str | None:
    """``2026-03-10T02:52:27.000Z``; None stays None."""
    if at is None:
        return None
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
