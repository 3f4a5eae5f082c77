"""A recording: the audio of one call, from what the engine wrote to the file that is played."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath
from uuid import UUID

from cordboard.domain.call_facts import CallFacts, RecordingStatus
from cordboard.domain.call_state import Party


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """The audio of one call. ``name`` is what the outside knows it by, unique in the whole house.

    ``raw_path`` is relative to the folder that the engine writes to; ``path`` to the folder of finished recordings, ""
    until it is READY. ``left_party`` is whose voice the engine puts in the raw file's left channel. ``recorded_from``
    is the instant of its first sample. ``expires_at`` None: kept for ever. ``attempts``: how often a worker took it up.
    """

    tenant_id: int
    call_id: UUID
    name: str
    raw_path: str
    left_party: Party
    recorded_from: datetime
    created_at: datetime
    path: str = ""
    status: RecordingStatus = RecordingStatus.PENDING
    duration_seconds: float = 0.0
    size_bytes: int = 0
    sha256: str = ""
    expires_at: datetime | None = None
    attempts: int = 0


def new_recording(facts: CallFacts, *, created_at: datetime, expires_at: datetime | None) -> Recording:
    """The recording of a call that has just ended, to be settled by a worker. The call must have been connected.

    The engine's recorder sits on the customer's leg, so that a transfer keeps the file: the customer is on its left.
    """
    if facts.connected_at is None:
        raise ValueError("a call that was never connected has no recording")
    return Recording(
        tenant_id=facts.tenant_id,
        call_id=facts.id,
        name=facts.recording_name,
        raw_path=PurePath(facts.recording_name).with_suffix(".raw").name,
        left_party=Party.CUSTOMER,
        recorded_from=facts.connected_at,
        created_at=created_at,
        expires_at=expires_at,
    )
