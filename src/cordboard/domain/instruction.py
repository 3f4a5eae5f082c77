"""What people tell a live call from outside."""

from datetime import datetime
from enum import StrEnum

from cordboard.domain.leg_events import (
    CallInput,
    HangUpRequested,
    HoldRequested,
    RecordingPauseRequested,
    RecordingResumeRequested,
    ResumeRequested,
)


class InstructionKind(StrEnum):
    """What a live call can be told."""

    HANG_UP = "hang_up"
    PAUSE_RECORDING = "pause_recording"
    RESUME_RECORDING = "resume_recording"
    HOLD = "hold"
    RESUME = "resume"
    TRANSFER = "transfer"


def event_of(kind: InstructionKind, at: datetime) -> CallInput:
    """The event that an instruction is to the call. A transfer is one only when it is known where it leads."""
    match kind:
        case InstructionKind.HANG_UP:
            return HangUpRequested(at=at)
        case InstructionKind.PAUSE_RECORDING:
            return RecordingPauseRequested(at=at)
        case InstructionKind.RESUME_RECORDING:
            return RecordingResumeRequested(at=at)
        case InstructionKind.HOLD:
            return HoldRequested(at=at)
        case InstructionKind.RESUME:
            return ResumeRequested(at=at)
        case InstructionKind.TRANSFER:
            raise ValueError("a transfer's destination must be found first")
