"""A step of starting that failed, in words for whoever sits at the terminal."""

from cordboard.domain.errors import CordboardError


class StartFailed(CordboardError):
    """What failed and why; ``remedy`` is what to do about it."""

    def __init__(self, reason: str, remedy: str = "") -> None:
        super().__init__(f"{reason}. {remedy}" if remedy else reason)
        self.reason = reason
        self.remedy = remedy
