"""Queues: inbound ones, where callers wait for an agent; and callouts, the outbound ones."""

from dataclasses import dataclass
from enum import StrEnum

# What every tenant has to play to those who wait.
WAITING_MUSIC = "waiting.wav"
MUSIC = (WAITING_MUSIC,)
# A day: nobody waits longer, and whoever means "for ever" leaves it unsaid.
MOST_WAIT_SECONDS = 86_400


class Strategy(StrEnum):
    """What becomes of a queue's callers.

    NORMAL: first come, first served. VIP: before the callers of normal queues, at agents who serve both.
    BLACKLIST: refused. DIVERT: sent elsewhere. LOCKED: told that nobody is there.
    """

    NORMAL = "normal"
    VIP = "vip"
    BLACKLIST = "blacklist"
    DIVERT = "divert"
    LOCKED = "locked"


class Selection(StrEnum):
    """Which of a queue's free agents are rung."""

    ALL = "all"
    IN_TURN = "in_turn"
    LONGEST_IDLE = "longest_idle"
    FEWEST_CALLS = "fewest_calls"
    RANDOM = "random"


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """An inbound queue. ``number`` is canonical: its own, else that of the first DID that leads to it.

    None is "never said": no limit of waiting, ``LONGEST_IDLE``, the position is not announced. ``agents`` are the
    main extensions of those who serve it, longest employed first.
    """

    id: int
    tenant_id: int
    name: str
    strategy: Strategy = Strategy.NORMAL
    music: str | None = None
    max_wait_seconds: int | None = None
    selection: Selection | None = None
    does_announce_position: bool | None = None
    number: str | None = None
    agents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuePage:
    """Some of a tenant's queues, oldest first; ``total`` counts all."""

    rows: list[Queue]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Callout:
    """An outbound queue: its agents call out with its DID, canonical. ``agents`` as in ``Queue``."""

    id: int
    tenant_id: int
    name: str
    did_number: str
    agents: tuple[str, ...] = ()
