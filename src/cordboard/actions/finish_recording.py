"""Make of the engine's raw audio the recording that people play, and let the call's record go.

Safe to be killed anywhere, and to be done twice at once: the MP3 appears whole under a name that is always the same,
the raw audio goes only when the MP3 is on disk for good, and the rows change in one transaction.
"""

import asyncio
import os
import time
from collections.abc import Iterable
from concurrent.futures import Executor
from contextlib import suppress
from pathlib import Path

import structlog

from cordboard.actions.core import Core
from cordboard.actions.settle_records import settle_recording
from cordboard.domain.call_facts import RecordingStatus
from cordboard.domain.commands import Side
from cordboard.domain.recording import Recording, raw_name
from cordboard.media.archive import Archive
from cordboard.media.encode import BYTES_A_SAMPLE, EncodedAudio, RawPart, describe_mp3, encode_mp3, opened

log = structlog.get_logger()

# The engine closes its files a moment after the call's last leg is gone, and writes every 20 ms until then.
QUIET_SECONDS = 0.3
# How often files that are missing, empty or growing are looked at in one claim: 3 s.
LOOKS = 10
# A recording without any file at the third claim has failed. Claims are a lease apart: a shared file system may show a
# file late (NFS keeps "there is no such file" for up to 60 s).
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
    folder = core.settings.raw_recordings
    key = Archive.key_for(recording.tenant_id, recording.recorded_from, recording.name)
    is_there = await _await_quiet(folder, recording)
    loop = asyncio.get_running_loop()
    audio = await loop.run_in_executor(threads, _make, archive, key, folder, recording)
    if audio is None and not is_there and recording.attempts < CLAIMS:
        log.warning("recording_without_audio", name=recording.name, attempts=recording.attempts)
        return RecordingStatus.PENDING
    status = RecordingStatus.FAILED if audio is None else RecordingStatus.READY
    await _settle(core, recording, status, key, audio)
    log.info("recording_settled", name=recording.name, status=status.value, size_bytes=audio.size_bytes if audio else 0)
    return status


async def _await_quiet(folder: Path, recording: Recording) -> bool:
    """Wait until nobody writes raw audio any more; False when there is none. Raises NotQuiet."""
    seen: dict[Path, int] = {}
    for look in range(LOOKS):
        if look:
            await asyncio.sleep(QUIET_SECONDS)
        found = _stats(_files(_parts(folder, recording)))
        if not found and recording.attempts > 1:
            return False
        # A file's time is the machine's (and another machine's clock may be ahead: then its size tells).
        is_quiet = all(
            seen.get(path) == each.st_size or time.time() - each.st_mtime >= QUIET_SECONDS
            for path, each in found.items()
        )
        seen = {path: each.st_size for path, each in found.items()}
        if is_quiet and _has_audio(seen.values()):
            return True
    if _has_audio(seen.values()):
        raise NotQuiet(recording.name)
    return bool(seen)


def _has_audio(sizes: Iterable[int]) -> bool:
    return any(size >= BYTES_A_SAMPLE for size in sizes)


def _parts(folder: Path, recording: Recording) -> list[RawPart]:
    """Where the engine records, part by part."""
    return [
        RawPart(
            left=folder / raw_name(recording.name, part, Side.LEFT),
            right=folder / raw_name(recording.name, part, Side.RIGHT),
        )
        for part in range(1, recording.parts + 1)
    ]


def _files(parts: Iterable[RawPart]) -> list[Path]:
    return [path for part in parts for path in (part.left, part.right)]


def _stats(paths: Iterable[Path]) -> dict[Path, os.stat_result]:
    """Of those that there are."""
    found = {}
    for path in paths:
        with suppress(FileNotFoundError):
            found[path] = path.stat()
    return found


def _make(archive: Archive, key: str, folder: Path, recording: Recording) -> EncodedAudio | None:
    """The MP3 of the raw audio: a new one, or the one that a killed worker left. Blocks. None: there is no audio.

    The MP3 is looked for after the raw audio was opened: who deletes raw audio has the MP3, so that while there is none
    all raw audio was still there.
    """
    parts = _parts(folder, recording)
    audio = None
    with opened(parts) as sources:
        if archive.has(key):
            audio = describe_mp3(archive.path_of(key))
        elif _has_audio(os.fstat(file.fileno()).st_size for sides in sources for file in sides if file):
            audio = archive.write(key, lambda file: encode_mp3(sources, file))
    for path in _files(parts):
        path.unlink(missing_ok=True)
    return audio


async def _settle(
    core: Core, recording: Recording, status: RecordingStatus, key: str, audio: EncodedAudio | None
) -> None:
    async with core.store.for_tenant(recording.tenant_id).transaction() as rows:
        if audio is None:
            before = await rows.recordings.settle(recording.name, status)
        else:
            before = await rows.recordings.settle(
                recording.name,
                status,
                path=key,
                duration_seconds=audio.duration_seconds,
                size_bytes=audio.size_bytes,
                sha256=audio.sha256,
            )
        if before is RecordingStatus.PENDING:  # else another worker, that was thought dead, has told of it
            await settle_recording(core, rows, recording.call_id, status)
