"""A recording: the audio of one call, from what the engine wrote to the file that is played.

The engine writes parts, one for each leg that it recorded from, one after another; of each part two files, one for
each side: 8 kHz, signed 16 bits, little-endian, no header. A side on which nothing was said may be short, or missing.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from cordboard.domain.call_facts import CallFacts, RecordingStatus
from cordboard.domain.commands import Side


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """The audio of one call. ``name`` is what the outside knows it by, unique in the whole house.

    ``parts``: how many the engine may have written. ``path`` is relative to the folder of finished recordings, "" until
    it is READY. ``recorded_from`` is the instant of its first sample. ``attempts``: how
    often a worker took it up. ``expires_at`` is by its tenant's retention as it is now, None: kept for ever.
    """

    tenant_id: int
    call_id: UUID
    name: str
    recorded_from: datetime
    created_at: datetime
    parts: int = 1
    path: str = ""
    status: RecordingStatus = RecordingStatus.PENDING
    duration_seconds: float = 0.0
    size_bytes: int = 0
    sha256: str = ""
    expires_at: datetime | None = None
    attempts: int = 0


def new_recording(facts: CallFacts, *, created_at: datetime) -> Recording:
    """The recording of a call that has just ended, to be settled by a worker. The call must have been connected."""
    if facts.connected_at is None:
        raise ValueError("a call that was never connected has no recording")
    return Recording(
        tenant_id=facts.tenant_id,
        call_id=facts.id,
        name=facts.recording_name,
        parts=facts.recording_parts,
        recorded_from=facts.connected_at,
        created_at=created_at,
    )


def raw_name(name: str, part: int, side: Side) -> str:
    """The file, in the folder that the engine writes to, of one side of a part of the recording ``name``."""
    return f"{name.removesuffix('.mp3')}.{part}.{side.value}.sln"
