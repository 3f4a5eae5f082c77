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


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentEvent(CallEvent):
    """Something that the call meant to one agent. ``at`` is in whole milliseconds, later than every one before it."""

    agent_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentOffered(AgentEvent):
    """The agent's phones ring with a call that comes in, or that a colleague transfers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentStarted(AgentEvent):
    """A call of the agent's to somebody else is under way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentAnswered(AgentEvent):
    """The agent talks with the other party; of a call to the outside: that party has answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentLeft(AgentEvent):
    """The agent's phones ring no more, or the agent is on the call no longer."""
