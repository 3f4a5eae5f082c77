"""``recording.ready`` and ``recording.failed``, for those who asked for them."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from cordboard.actions.core import Renderer
from cordboard.actions.finish_recording import LEASE_SECONDS, claim_recordings, finish_recording
from cordboard.actions.settle_records import settle_records
from cordboard.domain.call_facts import CallFacts, RecordingStatus
from cordboard.domain.tenant import Tenant
from cordboard.domain.webhook import EventKind, Notice
from cordboard.media.archive import Archive
from cordboard.store import Store
from tests.support.tones import raw_tone
from tests.support.worker import Workshop, open_workshop

OWN = "cordboard"
URL = "http://127.0.0.1:1/hook"
KINDS = frozenset({EventKind.RECORDING_READY, EventKind.RECORDING_FAILED})
TALK = (raw_tone(0.5, 440), raw_tone(0.5, 880))


def render(_: Tenant, notice: Notice) -> bytes:
    return msgspec.json.encode([notice.kind.value, notice.facts.recording_status.value])


@pytest.fixture
async def workshop(store: Store, tmp_path: Path) -> Workshop:
    opened = await open_workshop(store, tmp_path)
    renderers = {**opened.core.renderers, OWN: Renderer(kinds=KINDS, render=render)}
    return replace(opened, core=replace(opened.core, renderers=renderers))


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as pool:
        yield pool


async def finish_all(workshop: Workshop, threads: ThreadPoolExecutor) -> list[RecordingStatus]:
    archive = Archive(workshop.core.settings.recordings)
    claimed = await claim_recordings(workshop.core, 100)
    return [await finish_recording(workshop.core, archive, threads, each) for each in claimed]


async def told(workshop: Workshop, facts: CallFacts) -> list[tuple[str, object]]:
    """Kinds and bodies, first one first."""
    found = [each.delivery for each in await workshop.deliveries(facts.id)]
    found.sort(key=lambda delivery: delivery.id)
    return [(each.kind.value, msgspec.json.decode(each.body)) for each in found]


async def test_whoever_asked_hears_of_a_recording_that_is_ready(
    workshop: Workshop, threads: ThreadPoolExecutor
) -> None:
    await workshop.rows.subscriptions.add(dialect=OWN, url=URL, kinds=KINDS)
    await workshop.subscribe(URL)
    facts = await workshop.end_call(is_recorded=True, raw=TALK)
    assert await finish_all(workshop, threads) == [RecordingStatus.READY]
    assert await told(workshop, facts) == [
        ("call_recorded", {"reference": facts.reference, "recording": "ready"}),
        ("recording.ready", ["recording.ready", "ready"]),
    ]


async def test_late_or_lost_it_is_told_after_the_record(workshop: Workshop, threads: ThreadPoolExecutor) -> None:
    await workshop.rows.subscriptions.add(dialect=OWN, url=URL, kinds=KINDS)
    await workshop.subscribe(URL)
    facts = await workshop.end_call(is_recorded=True)
    workshop.clock.move(31)
    await settle_records(workshop.core, set())
    results = []
    for _ in range(3):
        results += await finish_all(workshop, threads)
        workshop.clock.move(LEASE_SECONDS)
    assert results == [RecordingStatus.PENDING, RecordingStatus.PENDING, RecordingStatus.FAILED]
    assert [kind for kind, _ in await told(workshop, facts)] == ["call_recorded", "recording.failed"]


async def test_nobody_else_hears_of_it(workshop: Workshop, threads: ThreadPoolExecutor) -> None:
    await workshop.rows.subscriptions.add(dialect=OWN, url=URL, kinds={EventKind.RECORDING_FAILED})
    await workshop.subscribe(URL)
    facts = await workshop.end_call(is_recorded=True, raw=TALK)
    await finish_all(workshop, threads)
    assert [kind for kind, _ in await told(workshop, facts)] == ["call_recorded"]


async def test_workers_that_race_tell_it_once(workshop: Workshop, threads: ThreadPoolExecutor) -> None:
    await workshop.rows.subscriptions.add(dialect=OWN, url=URL, kinds=KINDS)
    calls = [await workshop.end_call(is_recorded=True, raw=TALK) for _ in range(5)]
    archive = Archive(workshop.core.settings.recordings)
    claimed = await claim_recordings(workshop.core, 100)
    workshop.clock.move(LEASE_SECONDS)
    claimed += await claim_recordings(workshop.core, 100)
    assert len(claimed) == 10
    jobs = [finish_recording(workshop.core, archive, threads, each) for each in claimed]
    await asyncio.gather(*jobs, return_exceptions=True)
    for facts in calls:
        assert await told(workshop, facts) == [("recording.ready", ["recording.ready", "ready"])]
