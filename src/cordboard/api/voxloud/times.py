"""Times as this dialect writes them: ``2018-05-15T15:47:03.000+0000`` in lists and errors, milliseconds in events."""

from datetime import UTC, datetime


def shown_time(at: datetime) -> str:
    """As in a list of telephony events."""
    at = at.astimezone(UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}+0000"


def milliseconds(at: datetime) -> int:
    """Since 1970, as in webhooks. Cut, not rounded, as ``shown_time`` is."""
    since = at - datetime.fromtimestamp(0, UTC)
    return (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000
