import asyncio
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import msgspec
import pytest

from cordboard.actions.finish_recording import LEASE_SECONDS, NotQuiet, claim_recordings, finish_recording
from cordboard.actions.settle_records import settle_records
from cordboard.domain.call_facts import CallFacts, RecordingStatus
from cordboard.domain.webhook import EventKind
from cordboard.media.archive import Archive
from cordboard.media.encode import RawPart, encode_mp3, opened
from cordboard.store import Store
from tests.support.tones import decode_mp3, raw_tone
from tests.support.worker import NOW, Raw, Workshop, open_workshop

TALK = raw_tone(3, 1000), raw_tone(3, 440)


@pytest.fixture
async def workshop(store: Store, tmp_path: Path) -> Workshop:
    workshop = await open_workshop(store, tmp_path)
    await workshop.subscribe("http://127.0.0.1:1/hook")
    return workshop


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as each:
        yield each


async def finish_all(workshop: Workshop, threads: ThreadPoolExecutor) -> list[RecordingStatus]:
    """Claim what is due and finish it."""
    archive = Archive(workshop.core.settings.recordings)
    claimed = await claim_recordings(workshop.core, 100)
    return [await finish_recording(workshop.core, archive, threads, each) for each in claimed]


async def told(workshop: Workshop, facts: CallFacts) -> list[str]:
    """What subscribers were told of the call's recording."""
    return [msgspec.json.decode(each.delivery.body)["recording"] for each in await workshop.deliveries(facts.id)]


def path_of(workshop: Workshop, facts: CallFacts) -> Path:
    recordings = workshop.core.settings.recordings
    return recordings / str(facts.tenant_id) / "2026" / "03" / "10" / facts.recording_name


async def test_agent_left_customer_right(workshop: Workshop, threads: ThreadPoolExecutor) -> None:
    facts = await workshop.end_call(is_recorded=True, raw=TALK)
    assert await finish_all(workshop, threads) == [RecordingStatus.READY]
    recording = await workshop.recording(facts)
    path = workshop.core.settings.recordings / recording.path
    assert path == path_of(workshop, facts)
    left, right = decode_mp3(path.read_bytes())
    assert left.part(1, 2).is_tone(1000)
    assert right.part(1, 2).is_tone(440)
    assert (recording.status, recording.duration_seconds) == (RecordingStatus.READY, 3)
    assert (recording.size_bytes, len(recording.sha256)) == (path.stat().st_size, 64)
    assert recording.expires_at is None
    assert not any(path.exists() for path in workshop.raw_paths(facts))


async def test_the_record_is_released_with_its_recording_once(workshop: Workshop, threads: ThreadPoolExecutor) -> None:
    facts = await workshop.end_call(is_recorded=True, raw=TALK)
    assert await told(workshop, facts) == []
    await finish_all(workshop, threads)
    assert await workshop.recording_status(facts) is RecordingStatus.READY
    assert await told(workshop, facts) == ["ready"]
    workshop.clock.move(3600)
    assert await finish_all(workshop, threads) == []
    assert await settle_records(workshop.core, set()) == 0
    assert await told(workshop, facts) == ["ready"]


async def test_waits_until_the_engine_is_done_writing(workshop: Workshop, threads: ThreadPoolExecutor) -> None:
    facts = await workshop.end_call(is_recorded=True)

    async def write() -> None:
        for _ in range(8):
            await asyncio.sleep(0.1)  # the engine's own pace
            for raw in workshop.raw_paths(facts):
                with raw.open("ab") as file:
                    file.write(raw_tone(0.25, 440))

    writing = asyncio.ensure_future(write())
    assert await finish_all(workshop, threads) == [RecordingStatus.READY]
    assert writing.done()
    assert (await workshop.recording(facts)).duration_seconds == 2


async def test_one_that_never_gets_quiet_is_left_alone(workshop: Workshop, threads: ThreadPoolExecutor) -> None:
    facts = await workshop.end_call(is_recorded=True, raw=TALK)
    raw, is_over = workshop.raw_paths(facts)[1], asyncio.Event()

    async def write() -> None:
        while not is_over.is_set():
            with raw.open("ab") as file:
                file.write(TALK[1][:320])
            await asyncio.sleep(0.05)

    writing = asyncio.ensure_future(write())
    with pytest.raises(NotQuiet):
        await finish_all(workshop, threads)
    is_over.set()
    await writing
    assert raw.exists()
    workshop.clock.move(LEASE_SECONDS)
    assert await finish_all(workshop, threads) == [RecordingStatus.READY]


async def test_missing_audio_fails_at_the_third_claim(workshop: Workshop, threads: ThreadPoolExecutor) -> None:
    facts = await workshop.end_call(is_recorded=True)
    seen = []
    for _ in range(3):
        seen += await finish_all(workshop, threads)
        assert await finish_all(workshop, threads) == []
        workshop.clock.move(LEASE_SECONDS)
    assert seen == [RecordingStatus.PENDING, RecordingStatus.PENDING, RecordingStatus.FAILED]
    assert await workshop.recording_status(facts) is RecordingStatus.FAILED
    assert (await workshop.recording(facts)).status is RecordingStatus.FAILED
    assert await told(workshop, facts) == ["failed"]


async def test_audio_that_appears_late_is_finished(workshop: Workshop, threads: ThreadPoolExecutor) -> None:
    facts = await workshop.end_call(is_recorded=True)
    assert await finish_all(workshop, threads) == [RecordingStatus.PENDING]
    workshop.write_raw(facts, TALK)
    workshop.clock.move(LEASE_SECONDS)
    assert await finish_all(workshop, threads) == [RecordingStatus.READY]


@pytest.mark.parametrize("raw", [(b"", b""), (b"\x00", None)])
async def test_empty_audio_fails_at_once(workshop: Workshop, threads: ThreadPoolExecutor, raw: Raw) -> None:
    facts = await workshop.end_call(is_recorded=True, raw=raw)
    assert await finish_all(workshop, threads) == [RecordingStatus.FAILED]
    assert await told(workshop, facts) == ["failed"]
    assert not any(path.exists() for path in workshop.raw_paths(facts))


async def test_the_record_does_not_wait_beyond_its_deadline(workshop: Workshop, threads: ThreadPoolExecutor) -> None:
    facts = await workshop.end_call(is_recorded=True)
    workshop.clock.move(29)
    assert await settle_records(workshop.core, set()) == 0
    workshop.clock.move(1)
    assert await settle_records(workshop.core, set()) == 1
    assert await told(workshop, facts) == ["pending"]
    assert await settle_records(workshop.core, set()) == 0
    workshop.write_raw(facts, TALK)
    assert await finish_all(workshop, threads) == [RecordingStatus.READY]
    assert await workshop.recording_status(facts) is RecordingStatus.READY
    assert await told(workshop, facts) == ["pending"]


async def test_a_record_that_cannot_be_rendered_holds_up_no_other(workshop: Workshop) -> None:
    await workshop.end_call(is_recorded=True)
    other = await open_workshop(workshop.core.store, workshop.core.settings.home, tenant="globex")
    await other.subscribe("http://127.0.0.1:1/hook")
    await workshop.rows.subscriptions.add(
        dialect="unknown", url="http://127.0.0.1:1/hook", kinds=(EventKind.CALL_RECORDED,)
    )
    facts = await other.end_call(is_recorded=True)
    workshop.clock.move(30)
    reported: set[UUID] = set()
    assert [await settle_records(workshop.core, reported) for _ in range(2)] == [2, 1]
    assert len(reported) == 1
    assert await told(other, facts) == ["pending"]


async def test_workers_that_race_release_a_record_once(workshop: Workshop, threads: ThreadPoolExecutor) -> None:
    calls = [await workshop.end_call(is_recorded=True, raw=TALK) for _ in range(5)]
    archive = Archive(workshop.core.settings.recordings)
    claimed = await claim_recordings(workshop.core, 100)
    workshop.clock.move(LEASE_SECONDS)
    claimed += await claim_recordings(workshop.core, 100)
    assert len(claimed) == 10
    jobs = [finish_recording(workshop.core, archive, threads, each) for each in claimed]
    # The raw audio may go under a slower one's hands; its lease would bring it back.
    results = await asyncio.gather(*jobs, settle_records(workshop.core, set()), return_exceptions=True)
    assert not [each for each in results if isinstance(each, Exception) and not isinstance(each, FileNotFoundError)]
    for facts in calls:
        assert await workshop.recording_status(facts) is RecordingStatus.READY
        assert len(await told(workshop, facts)) == 1
        assert not decode_mp3(path_of(workshop, facts).read_bytes())[0].is_silent


async def test_killed_while_encoding(workshop: Workshop, threads: ThreadPoolExecutor) -> None:
    facts = await workshop.end_call(is_recorded=True, raw=TALK)
    await claim_recordings(workshop.core, 100)
    incoming = workshop.core.settings.recordings / "incoming"
    incoming.mkdir()
    (incoming / f"{facts.recording_name}.abc").write_bytes(b"half an MP3")
    workshop.clock.move(LEASE_SECONDS)
    assert await finish_all(workshop, threads) == [RecordingStatus.READY]
    assert not decode_mp3(path_of(workshop, facts).read_bytes())[0].is_silent


@pytest.mark.parametrize("left_over", [2, 1, 0])
async def test_killed_when_the_mp3_was_safe(workshop: Workshop, threads: ThreadPoolExecutor, left_over: int) -> None:
    """Whatever of the raw audio had gone by then: what is left must not be taken for all."""
    facts = await workshop.end_call(is_recorded=True, raw=TALK, parts=2)
    workshop.write_raw(facts, TALK, part=2)
    [claimed] = await claim_recordings(workshop.core, 100)
    archive = Archive(workshop.core.settings.recordings)
    key = Archive.key_for(claimed.tenant_id, claimed.recorded_from, claimed.name)
    parts = [RawPart(left=left, right=right) for left, right in (workshop.raw_paths(facts, part) for part in (1, 2))]
    with opened(parts) as sources:
        archive.write(key, lambda file: encode_mp3(sources, file))
    for part in parts[: 2 - left_over]:
        part.left.unlink()
        part.right.unlink()
    workshop.clock.move(LEASE_SECONDS)
    assert await finish_all(workshop, threads) == [RecordingStatus.READY]
    recording = await workshop.recording(facts)
    assert recording.duration_seconds == pytest.approx(6, abs=0.25)
    assert recording.size_bytes == path_of(workshop, facts).stat().st_size
    assert decode_mp3(path_of(workshop, facts).read_bytes())[0].seconds == pytest.approx(6, abs=0.25)
    assert await told(workshop, facts) == ["ready"]
    assert not any(path.exists() for part in parts for path in (part.left, part.right))


async def test_all_parts_are_joined_in_order(workshop: Workshop, threads: ThreadPoolExecutor) -> None:
    """Ten and more, too: they are numbers, not names."""
    facts = await workshop.end_call(is_recorded=True, raw=TALK, parts=11)
    workshop.write_raw(facts, (raw_tone(2, 600), None), part=2)
    workshop.write_raw(facts, (raw_tone(2), raw_tone(1, 1400)), part=11)
    assert await finish_all(workshop, threads) == [RecordingStatus.READY]
    left, right = decode_mp3(path_of(workshop, facts).read_bytes())
    assert (await workshop.recording(facts)).duration_seconds == 7
    assert left.part(1, 2).is_tone(1000)
    assert right.part(1, 2).is_tone(440)
    assert left.part(3.5, 4.5).is_tone(600)
    assert right.part(3.5, 4.5).is_silent
    assert left.part(5.5, 6.5).is_silent
    assert right.part(5.3, 5.8).is_tone(1400)
    assert not list(workshop.core.settings.raw_recordings.iterdir())


async def test_parts_that_vanished_do_not_lose_the_others(workshop: Workshop, threads: ThreadPoolExecutor) -> None:
    facts = await workshop.end_call(is_recorded=True, parts=3)
    workshop.write_raw(facts, TALK, part=2)
    assert await finish_all(workshop, threads) == [RecordingStatus.READY]
    assert (await workshop.recording(facts)).duration_seconds == 3


async def test_a_part_that_is_still_written_is_waited_for(workshop: Workshop, threads: ThreadPoolExecutor) -> None:
    facts = await workshop.end_call(is_recorded=True, raw=TALK, parts=2)
    left, _ = workshop.raw_paths(facts, 2)

    async def write() -> None:
        for _ in range(8):
            await asyncio.sleep(0.1)  # the engine's own pace
            with left.open("ab") as file:
                file.write(raw_tone(0.25, 600))

    left.touch()
    writing = asyncio.ensure_future(write())
    assert await finish_all(workshop, threads) == [RecordingStatus.READY]
    assert writing.done()
    assert (await workshop.recording(facts)).duration_seconds == 5


async def test_no_room_keeps_the_raw_audio_and_tries_again(workshop: Workshop, threads: ThreadPoolExecutor) -> None:
    facts = await workshop.end_call(is_recorded=True, raw=TALK)
    blocker = workshop.core.settings.recordings / str(facts.tenant_id)
    blocker.write_bytes(b"a file where a folder should be")
    with pytest.raises(OSError, match=r"exists|directory"):
        await finish_all(workshop, threads)
    assert all(path.exists() for path in workshop.raw_paths(facts))
    assert await workshop.recording_status(facts) is RecordingStatus.PENDING
    blocker.unlink()
    workshop.clock.move(LEASE_SECONDS)
    assert await finish_all(workshop, threads) == [RecordingStatus.READY]
    assert os.listdir(workshop.core.settings.recordings / "incoming") == []  # noqa: PTH208 - names are enough


async def test_retention_counts_from_the_call(workshop: Workshop, threads: ThreadPoolExecutor) -> None:
    await workshop.rows.tenants.change(recording_days=30)
    facts = await workshop.end_call(is_recorded=True, raw=TALK)
    await finish_all(workshop, threads)
    assert (await workshop.recording(facts)).expires_at == NOW - timedelta(seconds=5) + timedelta(days=30)
