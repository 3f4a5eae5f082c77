"""What a call tells the engine to do. Repeating a command is harmless: every id was chosen beforehand."""

from dataclasses import dataclass
from enum import StrEnum


class TargetKind(StrEnum):
    """Where a leg is dialled to."""

    PHONE = "phone"
    TRUNK = "trunk"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where a leg is dialled to.

    PHONE: ``address`` is the SIP username that the extension's phones register with. TRUNK: ``address`` is the
    number as that carrier wants it, ``trunk_id`` the trunk.
    """

    kind: TargetKind
    address: str
    trunk_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerId:
    """What the called party's phone shows: the user of the From header, and its display name ("" = none)."""

    number: str
    name: str = ""


class Tone(StrEnum):
    """A tone that the engine makes."""

    RINGBACK = "ringback"
    BUSY = "busy"
    UNAVAILABLE = "unavailable"


class HangUpReason(StrEnum):
    """What the released party is told (Q.850 cause, RFC 3326)."""

    NORMAL = "normal"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    ANSWERED_ELSEWHERE = "answered_elsewhere"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One thing for the engine to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dial(Command):
    """Create a leg and send its INVITE.

    ``bridge_id`` given: the leg is put in that bridge before it is dialled, so that whoever is there hears its early
    media. ``is_auto_answered``: ask the phone to pick up by itself. ``ring_seconds`` is the engine's own limit, a
    backstop a little above the call's timer.
    """

    leg_id: str
    target: Target
    caller: CallerId
    ring_seconds: int
    bridge_id: str | None = None
    is_auto_answered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateBridge(Command):
    """Make the bridge that joins a call's legs."""

    bridge_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinBridge(Command):
    """Put an answered leg in a bridge."""

    bridge_id: str
    leg_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DestroyBridge(Command):
    """Take a bridge down. Legs in it stay up."""

    bridge_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayTone(Command):
    """Play a tone to one leg until it is stopped or the leg ends."""

    leg_id: str
    tone: Tone


@dataclass(frozen=True, slots=True, kw_only=True)
class StopTone(Command):
    """End the tone of a leg."""

    leg_id: str
    tone: Tone


@dataclass(frozen=True, slots=True, kw_only=True)
class StartRecording(Command):
    """Record a leg and whom it talks to, in stereo. ``name`` becomes the raw file's name, less its ``.mp3``."""

    leg_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseRecording(Command):
    """Write silence instead of what is said."""

    leg_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeRecording(Command):
    """Write what is said again."""

    leg_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HangUp(Command):
    """End a leg. One that is gone already counts as done."""

    leg_id: str
    reason: HangUpReason = HangUpReason.NORMAL
