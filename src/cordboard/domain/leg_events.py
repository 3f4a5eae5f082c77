"""What the engine, the clock and people tell a call. Every event carries the instant it happened, aware, in UTC.

An event that comes late, twice or out of order changes nothing: see ``domain.call.advance``.
"""

from dataclasses import dataclass
from datetime import datetime

from cordboard.domain.call_state import Destination, Leg
from cordboard.domain.cause import Cause
from cordboard.domain.commands import Command


@dataclass(frozen=True, slots=True, kw_only=True)
class CallInput:
    """Something that happened to a call."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LegEvent(CallInput):
    """Something that happened to one leg."""

    leg_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LegRinging(LegEvent):
    """The far end alerts (180)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LegProgressed(LegEvent):
    """The far end sends audio before answering (183 with SDP): an announcement, or its own ringback."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LegAnswered(LegEvent):
    """The far end answered (200)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LegHeld(LegEvent):
    """The far end put us on hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LegResumed(LegEvent):
    """The far end took us off hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LegHungUp(LegEvent):
    """The far end asked to end the leg (BYE, CANCEL). Never sent for a hang-up that we commanded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LegEnded(LegEvent):
    """The leg is gone."""

    cause: Cause


@dataclass(frozen=True, slots=True, kw_only=True)
class CallStarted(CallInput):
    """The node admitted the queued call: dial the first leg."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueExpired(CallInput):
    """The call waited too long to be admitted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HangUpRequested(CallInput):
    """Somebody with the right to do so ends the call from outside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingPauseRequested(CallInput):
    """The recording shall be silent until resumed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingResumeRequested(CallInput):
    """The recording shall go on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldRequested(CallInput):
    """The other party shall wait and hear music, as if the agent's phone had put it on hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeRequested(CallInput):
    """Both parties shall hear each other again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferRequested(CallInput):
    """The party on ``leg_id`` puts somebody else in its place; "": the agent's."""

    leg_id: str
    destination: Destination


@dataclass(frozen=True, slots=True, kw_only=True)
class LegTaken(CallInput):
    """An attended transfer: the party on ``replaced_leg_id`` puts ``leg``, of another call, in its place.

    ``number`` is how that other party was dialled.
    """

    replaced_leg_id: str
    leg: Leg
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LegGiven(CallInput):
    """The other half: ``leg_id`` goes on in another call, and this one ends."""

    leg_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerFired(CallInput):
    """A timer of the call is due."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandFailed(CallInput):
    """The engine refused a command, or did not answer in time.

    ``is_gone`` is true when the engine said that what the command names does not exist (404); ``is_unreachable``
    when there is nobody to dial (no registered contact, no route).
    """

    command: Command
    reason: str
    is_gone: bool = False
    is_unreachable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineLost(CallInput):
    """The engine restarted or died: nothing of the call is left in it. ``at`` is the last sign of life."""
