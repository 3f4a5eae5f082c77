"""Remove what its tenant, or we, no longer keep."""

import asyncio

import structlog

from cordboard.actions.core import Core
from cordboard.domain.call_facts import RecordingStatus
from cordboard.domain.errors import Unavailable
from cordboard.domain.recording import Recording
from cordboard.media.archive import Archive

log = structlog.get_logger()

BATCH = 100
# No encoding takes as long: what is older was left by a worker that was killed.
LEFTOVER_SECONDS = 24 * 3600


async def purge(core: Core, archive: Archive) -> int:
    """Remove expired recordings, old log lines and leftovers; returns how many recordings went.

    Raises:
        Unavailable: the database is away; the next run goes on where this one stopped.
    """
    now = core.clock.now()
    count = 0
    while expired := await core.store.system.recordings.expired(now, BATCH):
        removed = [await _remove(core, archive, recording) for recording in expired]
        count += sum(removed)
        if not all(removed):
            break  # they would come again at once
    await core.store.system.purge(now)
    leftovers = await asyncio.to_thread(archive.remove_leftovers, LEFTOVER_SECONDS)
    log.info("purged", recordings=count, leftovers=leftovers)
    return count


async def _remove(core: Core, archive: Archive, recording: Recording) -> bool:
    """The file first: killed in between, the next run finds the row again, and never a file that no row knows."""
    try:
        await asyncio.to_thread(archive.remove, recording.path)
        async with core.store.for_tenant(recording.tenant_id).transaction() as rows:
            await rows.recordings.settle(recording.name, RecordingStatus.EXPIRED)
            await rows.cdrs.set_recording(recording.call_id, RecordingStatus.EXPIRED)
    except Unavailable:
        raise
    except Exception:
        # One recording that cannot be removed (a file system gone read-only) must not keep the others.
        log.exception("recording_not_removed", name=recording.name)
        return False
    return True
