import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cordboard.actions.finish_recording import claim_recordings, finish_recording
from cordboard.actions.purge import purge
from cordboard.domain.call_facts import CallFacts, RecordingStatus
from cordboard.media.archive import Archive
from cordboard.store import Store
from tests.support.tones import raw_tone
from tests.support.worker import Workshop, open_workshop

DAY = 86_400


@pytest.fixture
async def workshop(store: Store, tmp_path: Path) -> Workshop:
    return await open_workshop(store, tmp_path)


@pytest.fixture
def archive(workshop: Workshop) -> Archive:
    return Archive(workshop.core.settings.recordings)


async def record(workshop: Workshop, archive: Archive, *, days: int | None) -> tuple[CallFacts, Path]:
    """A finished recording of a tenant that keeps them so many days."""
    await workshop.rows.tenants.change(recording_days=days)
    facts = await workshop.end_call(is_recorded=True, raw=(raw_tone(0.5, 440), None))
    with ThreadPoolExecutor(1) as threads:
        for claimed in await claim_recordings(workshop.core, 10):
            await finish_recording(workshop.core, archive, threads, claimed)
    return facts, archive.path_of((await workshop.recording(facts)).path)


async def test_recordings_go_when_their_time_is_over(workshop: Workshop, archive: Archive) -> None:
    old, old_path = await record(workshop, archive, days=3)
    workshop.clock.move(2 * DAY)
    new, new_path = await record(workshop, archive, days=3)
    assert await purge(workshop.core, archive) == 0
    workshop.clock.move(DAY)
    assert await purge(workshop.core, archive) == 1
    assert [path.exists() for path in (old_path, new_path)] == [False, True]
    assert (await workshop.recording(old)).status is RecordingStatus.EXPIRED
    assert await workshop.recording_status(old) is RecordingStatus.EXPIRED
    assert await workshop.recording_status(new) is RecordingStatus.READY
    workshop.clock.move(1000 * DAY)
    assert await purge(workshop.core, archive) == 1
    assert await purge(workshop.core, archive) == 0
    assert await workshop.recording_status(new) is RecordingStatus.EXPIRED


async def test_who_changes_the_retention_changes_it_for_what_is_there(workshop: Workshop, archive: Archive) -> None:
    facts, path = await record(workshop, archive, days=None)
    workshop.clock.move(1000 * DAY)
    assert await purge(workshop.core, archive) == 0
    for days, count in ((1001, 0), (1000, 1), (None, 0)):
        await workshop.rows.tenants.change(recording_days=days)
        assert await purge(workshop.core, archive) == count
    # What is gone stays gone.
    assert not path.exists()
    assert await workshop.recording_status(facts) is RecordingStatus.EXPIRED


async def test_a_file_that_is_gone_already_counts_as_removed(workshop: Workshop, archive: Archive) -> None:
    facts, path = await record(workshop, archive, days=1)
    path.unlink()
    workshop.clock.move(2 * DAY)
    assert await purge(workshop.core, archive) == 1
    assert await workshop.recording_status(facts) is RecordingStatus.EXPIRED


async def test_one_that_cannot_be_removed_keeps_no_other(workshop: Workshop, archive: Archive) -> None:
    stuck, stuck_path = await record(workshop, archive, days=1)
    other, other_path = await record(workshop, archive, days=1)
    stuck_path.unlink()
    stuck_path.mkdir()
    workshop.clock.move(2 * DAY)
    assert await purge(workshop.core, archive) == 1
    assert await workshop.recording_status(stuck) is RecordingStatus.READY
    assert await workshop.recording_status(other) is RecordingStatus.EXPIRED
    assert not other_path.exists()
    stuck_path.rmdir()
    assert await purge(workshop.core, archive) == 1


async def test_leftovers_of_killed_workers_go(workshop: Workshop, archive: Archive) -> None:
    incoming = workshop.core.settings.recordings / "incoming"
    incoming.mkdir()
    for name, modified_at in (("old", 1), ("new", None)):
        (incoming / name).write_bytes(b"")
        if modified_at:
            os.utime(incoming / name, (modified_at, modified_at))
    await purge(workshop.core, archive)
    assert [path.name for path in incoming.iterdir()] == ["new"]
