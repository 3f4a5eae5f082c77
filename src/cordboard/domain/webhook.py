"""Who wants to hear what, and what became of it: subscription → delivery → attempt."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from cordboard.domain.agent import Agent
from cordboard.domain.call_facts import CallFacts
from cordboard.domain.call_state import FlowName
from cordboard.domain.signing_secret import SigningSecret


class EventKind(StrEnum):
    """What a subscription can ask for; each dialect sends some of them.

    CALL_CHANGED: a live call's status. OFFERED to LEFT: what a call means to one agent (``domain.call_events``). The
    others: a record is final, of a call of any sort or of that one. RECORDING_*: what became of a call's recording.
    """

    CALL_CHANGED = "call_changed"
    CALL_OFFERED = "call_offered"
    CALL_STARTED = "call_started"
    CALL_ANSWERED = "call_answered"
    CALL_LEFT = "call_left"
    CALL_RECORDED = "call_recorded"
    PHONE_CALL_RECORDED = "phone_call_recorded"
    CLICK_TO_CALL_RECORDED = "click_to_call_recorded"
    FAX_RECORDED = "fax_recorded"
    RECORDING_READY = "recording.ready"
    RECORDING_FAILED = "recording.failed"


def record_kinds(facts: CallFacts) -> tuple[EventKind, EventKind]:
    """What a call's final record is told as."""
    is_click_to_call = facts.flow is FlowName.CLICK_TO_CALL
    own = EventKind.CLICK_TO_CALL_RECORDED if is_click_to_call else EventKind.PHONE_CALL_RECORDED
    return EventKind.CALL_RECORDED, own


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What there is to tell of a call, once. ``at`` is when it came about; ``agent`` whom it concerns, if just one."""

    kind: EventKind
    at: datetime
    facts: CallFacts
    agent: Agent | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """Who wants to hear what of calls. ``authorization`` is the partner's key, in clear only here, in memory.

    ``uuid`` is unique over all copies of this software; ``notification_email`` is told when it is switched off.
    ``failing_since`` is the first failure since something arrived.
    """

    id: int
    uuid: UUID
    tenant_id: int
    dialect: str
    url: str
    kinds: frozenset[EventKind]
    authorization: str = ""
    notification_email: str = ""
    is_enabled: bool = True
    failed_count: int = 0
    last_error: str | None = None
    failing_since: datetime | None = None
    created_at: datetime | None = None


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
    secrets: tuple[SigningSecret, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One HTTP request of a delivery. ``status`` is None when there was no answer; ``error`` then says why.

    ``url`` is where it went, known once it is in the log.
    """

    started_at: datetime
    duration_milliseconds: int
    status: int | None = None
    error: str = ""
    response_body: bytes = b""
    response_headers: dict[str, str] = field(default_factory=dict)
    retry_after_seconds: int | None = None
    url: str = ""

    @property
    def is_delivered(self) -> bool:
        """True for any 2xx."""
        return self.status is not None and 200 <= self.status < 300
