"""What the engine really has at one instant, to be compared with what we think it has."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LegSnapshot:
    """A leg in the engine."""

    leg_id: str
    is_answered: bool
    is_ringing: bool
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSnapshot:
    """Every leg and bridge of ours that the engine has. ``bridges``: bridge id → ids of the legs in it."""

    taken_at: datetime
    legs: dict[str, LegSnapshot] = field(default_factory=dict)
    bridges: dict[str, frozenset[str]] = field(default_factory=dict)
