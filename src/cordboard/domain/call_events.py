"""What subscribers hear of a call, in the past tense. Dialects render them; the call itself sends nothing."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEvent:
    """Something a subscriber may want to know."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CallDialled(CallEvent):
    """The first leg was sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallConnected(CallEvent):
    """Both parties hear each other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEnded(CallEvent):
    """The last leg is gone; the record is final."""
