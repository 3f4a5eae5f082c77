"""Who wants to hear what, and what became of it: subscription → delivery → attempt."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class EventKind(StrEnum):
    """What a subscription can ask for. More kinds come with the dialects they belong to."""

    CALL_CHANGED = "call_changed"
    CALL_RECORDED = "call_recorded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """Who wants to hear of calls. ``authorization`` is the partner's key, in clear only here, in memory.

    ``wants_every_change``: at each change of a call's status, not only when its record is final.
    """

    id: int
    tenant_id: int
    dialect: str
    url: str
    authorization: str = ""
    wants_every_change: bool = False
    is_enabled: bool = True
    failed_count: int = 0
    last_error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One event for one subscription, until the subscriber has it. ``id`` is the ``webhook-id`` of every attempt.

    ``url``, ``host`` (with its port) and ``authorization`` are there once it is claimed.
    """

    id: UUID
    tenant_id: int
    subscription_id: int
    call_id: UUID
    kind: EventKind
    body: bytes
    created_at: datetime
    due_at: datetime
    attempts: int = 0
    url: str = ""
    host: str = ""
    authorization: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One HTTP request of a delivery. ``status`` is None when there was no answer; ``error`` then says why."""

    started_at: datetime
    duration_milliseconds: int
    status: int | None = None
    error: str = ""
    response_body: bytes = b""
    response_headers: dict[str, str] = field(default_factory=dict)
    retry_after_seconds: int | None = None

    @property
    def is_delivered(self) -> bool:
        """True for any 2xx."""
        return self.status is not None and 200 <= self.status < 300
