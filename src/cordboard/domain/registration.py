"""Which phone is where, and which node is alive."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """Which phones of a SIP username are reachable at a node: ``contacts`` are their SIP URIs, in a stable order."""

    sip_username: str
    contacts: tuple[str, ...]
    at: datetime

    @property
    def is_registered(self) -> bool:
        """Whether any is."""
        return bool(self.contacts)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrunkState:
    """Whether a trunk that registers is registered. ``detail`` is the engine's word for it."""

    trunk_id: int
    is_registered: bool
    detail: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """An Asterisk and the ``switch`` that owns it."""

    id: int
    name: str
    heartbeat_at: datetime | None
    startup_time: str
    is_connected: bool
    live_calls: int
    applied_revision: int
