"""Make of the engine's raw audio the recording that people play, and let the call's record go.

Safe to be killed anywhere, and to be done twice at once: the MP3 appears whole under a name that is always the same,
the raw audio goes only when the MP3 is on disk for good, and the rows change in one transaction.
"""

import asyncio
import time
from concurrent.futures import Executor
from datetime import timedelta
from pathlib import Path

import structlog

from cordboard.actions.core import Core
from cordboard.actions.settle_records import settle_recording
from cordboard.domain.call_facts import RecordingStatus
from cordboard.domain.call_state import Party
from cordboard.domain.recording import Recording
from cordboard.media.archive import Archive
from cordboard.media.encode import BYTES_A_FRAME, EncodedAudio, describe_mp3, encode_mp3

log = structlog.get_logger()

# The engine closes its file a moment after the call's last leg is gone, and writes every 20 ms until then.
QUIET_SECONDS = 0.3
# How often a file that is missing, empty or growing is looked at in one claim: 3 s.
LOOKS = 10
# A recording whose file is still missing at the third claim has failed. Claims are a lease apart: a shared file system
# may show a file late (NFS keeps "there is no such file" for up to 60 s).
CLAIMS = 3
LEASE_SECONDS = 30


class NotQuiet(Exception):
    """The engine still writes the raw audio."""


async def claim_recordings(core: Core, limit: int) -> list[Recording]:
    """Up to ``limit`` recordings to finish, of all tenants. Raises Unavailable."""
    return await core.store.system.recordings.claim(limit, core.clock.now(), LEASE_SECONDS)


async def finish_recording(core: Core, archive: Archive, threads: Executor, recording: Recording) -> RecordingStatus:
    """Finish a claimed recording; returns what became of it, PENDING when its next claim shall decide.

    Raises:
        NotQuiet: the engine still writes it.
        OSError: it cannot be read or kept (no room).
        Unavailable: the database is away.
    """
    raw = core.settings.raw_recordings / recording.raw_path
    key = Archive.key_for(recording.tenant_id, recording.recorded_from, recording.name)
    size_bytes = await _quiet_bytes(raw, is_first_claim=recording.attempts <= 1)
    loop = asyncio.get_running_loop()
    audio = await loop.run_in_executor(threads, _make, archive, key, raw, size_bytes, recording)
    if audio is None and size_bytes is None and recording.attempts < CLAIMS:
        log.warning("recording_without_audio", name=recording.name, attempts=recording.attempts)
        return RecordingStatus.PENDING
    status = RecordingStatus.FAILED if audio is None else RecordingStatus.READY
    await _settle(core, recording, status, key, audio)
    log.info("recording_settled", name=recording.name, status=status.value, size_bytes=audio.size_bytes if audio else 0)
    return status


async def _quiet_bytes(raw: Path, *, is_first_claim: bool) -> int | None:
    """The size of a file that nobody writes to any more; None when there is none. Raises NotQuiet."""
    seen: int | None = None
    for look in range(LOOKS):
        if look:
            await asyncio.sleep(QUIET_SECONDS)
        try:
            found = raw.stat()
        except FileNotFoundError:
            if not is_first_claim:
                return None
            continue
        # A file's time is the machine's (and another machine's clock may be ahead: then its size tells).
        is_quiet = found.st_size == seen or time.time() - found.st_mtime >= QUIET_SECONDS
        if is_quiet and found.st_size >= BYTES_A_FRAME:
            return found.st_size
        seen = found.st_size
    if seen is not None and seen >= BYTES_A_FRAME:
        raise NotQuiet(str(raw))
    return seen


def _make(archive: Archive, key: str, raw: Path, size_bytes: int | None, recording: Recording) -> EncodedAudio | None:
    """The MP3 of a raw file: a new one, or the one that a killed worker left. Blocks. None: there is no audio."""
    audio = None
    if size_bytes is not None and size_bytes >= BYTES_A_FRAME:
        is_swapped = recording.left_party is Party.CUSTOMER  # agent left, customer right (WIRE, facts of a call)
        audio = archive.write(key, lambda file: encode_mp3(raw, file, is_swapped=is_swapped))
    elif archive.has(key):
        audio = describe_mp3(archive.path_of(key))
    if audio is not None or size_bytes is not None:
        raw.unlink(missing_ok=True)
    return audio


async def _settle(
    core: Core, recording: Recording, status: RecordingStatus, key: str, audio: EncodedAudio | None
) -> None:
    async with core.store.for_tenant(recording.tenant_id).transaction() as rows:
        if audio is None:
            await rows.recordings.settle(recording.name, status)
        else:
            tenant = await rows.tenants.get()
            kept = None if tenant.recording_days is None else timedelta(days=tenant.recording_days)
            await rows.recordings.settle(
                recording.name,
                status,
                path=key,
                duration_seconds=audio.duration_seconds,
                size_bytes=audio.size_bytes,
                sha256=audio.sha256,
                expires_at=None if kept is None else recording.recorded_from + kept,
            )
        await settle_recording(core, rows, recording.call_id, status)
