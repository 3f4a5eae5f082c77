"""Times in filters: ISO 8601 with or without an offset; without one they are in the tenant's zone."""

import re
from datetime import UTC, datetime, timedelta, tzinfo

from cordboard.api.common.errors import Reason
from cordboard.domain.errors import InvalidInput

_FORM = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:?[0-5]\d)?", re.ASCII)


def read_time(text: str, field: str, zone: tzinfo) -> datetime | None:
    """The instant, in UTC; None when nothing is given, or when it lies outside of the calendar (so it bounds nothing).

    Raises InvalidInput for any other form, date only included.
    """
    text = text.strip()
    if not text:
        return None
    if not _FORM.fullmatch(text):
        raise InvalidInput(field, Reason.BAD_TIME)
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput(field, Reason.BAD_TIME) from error
    try:
        return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
    except OverflowError:
        return None


def after(at: datetime | None, seconds: float) -> datetime | None:
    """``seconds`` later; None stays None, and beyond the calendar there is None."""
    try:
        return None if at is None else at + timedelta(seconds=seconds)
    except OverflowError:
        return None
