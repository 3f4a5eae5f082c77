"""What became of deliveries, as somebody looks it up: which ones, and a page of them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from cordboard.domain.webhook import Delivery, EventKind


class DeliveryResult(StrEnum):
    """What became of a delivery.

    GIVEN_UP: after the last attempt of the schedule. GONE: the subscriber said that nobody is there any more (410).
    KEPT: its subscription is, or was, switched off.
    """

    PENDING = "pending"
    DELIVERED = "delivered"
    GIVEN_UP = "given_up"
    GONE = "gone"
    KEPT = "kept"


# What never arrived: what a replay sends again unless told otherwise.
FAILED_RESULTS = frozenset({DeliveryResult.GIVEN_UP, DeliveryResult.GONE, DeliveryResult.KEPT})


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryFilter:
    """Which deliveries: what is None or empty does not matter. ``since`` ≤ created < ``until``."""

    subscription_id: int | None = None
    call_id: UUID | None = None
    kinds: frozenset[EventKind] = frozenset()
    results: frozenset[DeliveryResult] = frozenset()
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryPlace:
    """Where a delivery stands in lists, which are newest first."""

    created_at: datetime
    id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryEntry:
    """A delivery in the log. ``delivery`` has the URL of its subscription, as it is now; ``attempts`` counts them all.

    ``subscription_uuid`` None: the subscription was removed. ``finished_at`` None: it is PENDING, and
    ``next_attempt_at`` is when it is tried next.
    """

    delivery: Delivery
    result: DeliveryResult
    attempts: int
    subscription_uuid: UUID | None = None
    finished_at: datetime | None = None
    next_attempt_at: datetime | None = None

    @property
    def place(self) -> DeliveryPlace:
        """Where the next page begins after this one."""
        return DeliveryPlace(created_at=self.delivery.created_at, id=self.delivery.id)
