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

    PHONE: ``address`` is the SIP username that the extension's phones register with, ``contact`` the SIP URI of one
    of several phones ("": the only one). TRUNK: ``address`` is the number as that carrier wants it, ``trunk_id`` the
    trunk. Of a leg that came in: where it came from, as far as it is known.
    """

    kind: TargetKind
    address: str
    trunk_id: int | None = None
    contact: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerId:
    """What the called party's phone shows: the user of the From header, and its display name ("" = none)."""

    number: str
    name: str = ""


class Tone(StrEnum):
    """Something that the engine plays to one leg."""

    RINGBACK = "ringback"
    BUSY = "busy"
    UNAVAILABLE = "unavailable"
    MUSIC = "music"


class HangUpReason(StrEnum):
    """What the released party is told: a SIP code where its call was not answered, else a Q.850 cause (RFC 3326)."""

    NORMAL = "normal"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    ANSWERED_ELSEWHERE = "answered_elsewhere"
    UNREACHABLE = "unreachable"
    DECLINED = "declined"
    FORBIDDEN = "forbidden"
    UNKNOWN_NUMBER = "unknown_number"
    OVERLOADED = "overloaded"
    FAILED = "failed"


class Side(StrEnum):
    """A channel of a recording: agents are on the left, customers on the right."""

    LEFT = "left"
    RIGHT = "right"


class TransferState(StrEnum):
    """How far a transfer is, as the phone that asked for it is told (RFC 3515 2.4.5)."""

    RINGING = "ringing"
    ANSWERED = "answered"
    FAILED = "failed"


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
class Alert(Command):
    """Tell a caller that the called party's phone rings (180)."""

    leg_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAudio(Command):
    """Let a caller whose call is not answered yet hear what is in the bridge (183 with SDP)."""

    leg_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer(Command):
    """Answer a caller (200)."""

    leg_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateBridge(Command):
    """Make the bridge that joins a call's legs."""

    bridge_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinBridge(Command):
    """Put a leg in a bridge, out of the one that it was in."""

    bridge_id: str
    leg_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveBridge(Command):
    """Take a leg out of a bridge; it stays up."""

    bridge_id: str
    leg_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DestroyBridge(Command):
    """Take a bridge down. Legs in it stay up."""

    bridge_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetAudio(Command):
    """Somebody else talks to a leg from now on: forget what was known of the audio that it was sent so far.

    Else a new sender's packets, whose numbers begin anywhere (RFC 3550 5.1), may be taken for late ones and dropped.
    """

    leg_id: str


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
    """Record a leg and whom it talks to.

    ``name`` is the recording's; ``part`` counts, from 1, the legs that it was taken from, one after another. ``side``
    is the leg's own.
    """

    leg_id: str
    name: str
    part: int
    side: Side


@dataclass(frozen=True, slots=True, kw_only=True)
class StopRecording(Command):
    """Record a leg no longer. One that is not recorded counts as done."""

    leg_id: str


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportTransfer(Command):
    """Tell the phone that asked for a transfer how far it is (NOTIFY, RFC 3515). A leg that is gone counts as done."""

    leg_id: str
    state: TransferState
