import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from cordboard.domain.call_facts import CallFacts, RecordingStatus
from cordboard.domain.errors import NotFound
from cordboard.domain.recording import Recording, new_recording
from tests.store.conftest import NOW, Office


def recorded(office: Office, seconds: float = 0) -> CallFacts:
    facts = office.ended(seconds)
    return replace(facts, connected_at=facts.requested_at, recording_name=f"{facts.id.hex}.mp3")


async def kept(office: Office, seconds: float = 0) -> Recording:
    recording = new_recording(recorded(office, seconds), created_at=NOW + timedelta(seconds=seconds))
    await office.rows.recordings.insert(recording)
    return recording


async def test_a_recording_is_found_by_its_very_name_in_its_tenant(office: Office, other_office: Office) -> None:
    recording = await kept(office)
    assert await office.rows.recordings.by_name(recording.name) == recording
    assert await other_office.rows.recordings.by_name(recording.name) is None
    for name in ("", recording.name.upper(), f"../{recording.name}", "%"):
        assert await office.rows.recordings.by_name(name) is None


async def test_a_call_that_was_never_connected_has_no_recording(office: Office) -> None:
    with pytest.raises(ValueError, match="never connected"):
        new_recording(office.ended(), created_at=NOW)


async def test_workers_at_once_never_claim_one_recording_twice(office: Office, other_office: Office) -> None:
    made = [await kept(one, number) for number in range(10) for one in (office, other_office)]
    claim = office.store.system.recordings.claim
    claims = await asyncio.gather(*(claim(3, NOW + timedelta(seconds=60), 30) for _ in range(10)))
    names = [recording.name for claimed in claims for recording in claimed]
    assert sorted(names) == sorted(recording.name for recording in made)
    assert {recording.attempts for claimed in claims for recording in claimed} == {1}


async def test_a_claim_gives_the_oldest_and_gives_them_again_after_its_lease(office: Office) -> None:
    newer, older = await kept(office, 5), await kept(office, 1)
    claim = office.store.system.recordings.claim
    assert [recording.name for recording in await claim(1, NOW, 30)] == [older.name]
    assert [recording.name for recording in await claim(2, NOW, 30)] == [newer.name]
    assert await claim(2, NOW + timedelta(seconds=29), 30) == []
    again = await claim(2, NOW + timedelta(seconds=30), 30)
    assert [(recording.name, recording.attempts) for recording in again] == [(older.name, 2), (newer.name, 2)]


async def test_a_settled_recording_is_not_claimed_again(office: Office) -> None:
    recording, claim = await kept(office), office.store.system.recordings.claim
    await claim(1, NOW, 30)
    await office.rows.recordings.settle(
        recording.name, RecordingStatus.READY, path="1/a.mp3", duration_seconds=12.5, size_bytes=99, sha256="ab"
    )
    found = await office.rows.recordings.by_name(recording.name)
    assert found is not None
    assert (found.status, found.path, found.duration_seconds) == (RecordingStatus.READY, "1/a.mp3", 12.5)
    assert (found.size_bytes, found.sha256) == (99, "ab")
    assert await claim(1, NOW + timedelta(hours=1), 30) == []
    with pytest.raises(NotFound):
        await office.rows.recordings.settle("unknown.mp3", RecordingStatus.FAILED)


async def test_playable_recordings_expire_as_their_tenant_wants(office: Office, other_office: Office) -> None:
    older, newer, theirs = await kept(office), await kept(office, 10), await kept(other_office, 5)
    pending = await kept(office)
    for one, recording in ((office, older), (office, newer), (other_office, theirs)):
        await one.rows.recordings.settle(recording.name, RecordingStatus.READY, path="x")

    async def expired(seconds: float, limit: int = 10) -> list[str]:
        found = await office.store.system.recordings.expired(NOW + timedelta(days=2, seconds=seconds), limit)
        return [recording.name for recording in found]

    assert await expired(1_000_000) == []
    for one in (office, other_office):
        await one.rows.tenants.change(recording_days=2)
    assert await expired(-1) == []
    assert await expired(0) == [older.name]
    assert await expired(5) == [older.name, theirs.name]
    assert await expired(10, limit=2) == [older.name, theirs.name]
    await office.rows.tenants.change(recording_days=1)
    assert await expired(10) == [older.name, newer.name, theirs.name]
    await office.rows.recordings.settle(older.name, RecordingStatus.EXPIRED)
    assert await expired(10) == [newer.name, theirs.name]
    await other_office.rows.tenants.change(recording_days=None)
    assert await expired(10) == [newer.name]
    assert pending.name not in await expired(1_000_000)


async def test_when_a_recording_expires_is_what_its_tenant_wants_now(office: Office) -> None:
    recording = await kept(office)
    for days in (None, 30, 3):
        await office.rows.tenants.change(recording_days=days)
        found = await office.rows.recordings.by_name(recording.name)
        assert found is not None
        assert found.expires_at == (None if days is None else recording.recorded_from + timedelta(days=days))
