"""What can be wrong with a request itself, before or beside what the house refuses. Each dialect puts it into words."""

from enum import StrEnum

from cordboard.domain.errors import CordboardError, NotFound


class UnknownPath(CordboardError):
    """Nothing is served at this path."""


class WrongMethod(CordboardError):
    """The path is served, by other methods: those in ``allowed``."""

    def __init__(self, allowed: tuple[str, ...]) -> None:
        super().__init__(", ".join(allowed))
        self.allowed = allowed


class PayloadTooLarge(CordboardError):
    """The body is over the limit."""


class NotAcceptable(CordboardError):
    """The client accepts nothing that we could send."""


class UnsatisfiableRange(CordboardError):
    """The range that is asked for lies outside of a file of ``size`` bytes."""

    def __init__(self, size: int) -> None:
        super().__init__(f"*/{size}")
        self.size = size


class RecordingExpired(NotFound):
    """The recording was there and is gone, as its tenant's retention wants."""

    def __init__(self, name: str) -> None:
        super().__init__("recording", name)


class Reason(StrEnum):
    """Why a value cannot be used, in English; a dialect may have other words for each."""

    REQUIRED = "is required"
    NOT_TEXT = "must be a string or a number"
    NOT_TEXTS = "must be a string or an array of strings"
    NOT_WHOLE_NUMBER = "must be a whole number"
    OUT_OF_RANGE = "is out of range"
    TOO_LONG = "is too long"
    BAD_CHARACTER = "contains a character that cannot be used"
    NOT_JSON = "is not valid JSON"
    NOT_OBJECT = "must be a JSON object"
    TOO_DEEP = "is nested too deeply"
    INCOMPLETE = "did not arrive in time"
    BAD_TIME = "must be a time like 2026-04-14 00:00:00 or 2026-04-14T00:00:00+07:00"
    BAD_CALL_ID = "must be a call's id like 20260310095227-ABCXYZ-342"
    NOTHING_GIVEN = "must be given, at least one of them"
    UNKNOWN = "names something that does not exist"
    TAKEN = "belongs to somebody else"
    NOT_OFFERED = "is not one of the possible values"
