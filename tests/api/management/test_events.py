import json
from dataclasses import replace
from datetime import UTC, datetime

from cordboard.api.management.events import KINDS, build_renderer
from cordboard.domain.call_facts import RecordingStatus
from cordboard.domain.webhook import EventKind, Notice
from tests.api.alohub.samples import SAMPLE, TENANT

AT = datetime(2024, 1, 13, 8, 2, 3, 120_999, tzinfo=UTC)
RENDERER = build_renderer(lambda tenant_id, name: f"https://calls.example/{tenant_id}/{name}")
RECORDED = replace(SAMPLE, recording_name="abc.mp3", recording_status=RecordingStatus.READY)


def test_a_recording_that_is_ready() -> None:
    assert RENDERER.kinds == KINDS
    assert not RENDERER.has_single_kind
    notice = Notice(kind=EventKind.RECORDING_READY, at=AT, facts=RECORDED)
    body = RENDERER.render(TENANT, notice)
    assert json.loads(body) == {
        "type": "recording.ready",
        "timestamp": "2024-01-13T08:02:03.120Z",
        "data": {
            "call_id": RECORDED.id.hex,
            "reference": RECORDED.reference,
            "direction": RECORDED.direction.value,
            "started_at": _shown(RECORDED.requested_at),
            "ended_at": _shown(RECORDED.ended_at),
            "recording_name": "abc.mp3",
            "recording_url": f"https://calls.example/{RECORDED.tenant_id}/abc.mp3",
        },
    }
    assert RENDERER.render(TENANT, notice) == body


def test_one_that_is_lost_has_no_address() -> None:
    lost = replace(RECORDED, recording_status=RecordingStatus.FAILED)
    body = json.loads(RENDERER.render(TENANT, Notice(kind=EventKind.RECORDING_FAILED, at=AT, facts=lost)))
    assert (body["type"], body["data"]["recording_url"]) == ("recording.failed", None)
    assert body["data"]["recording_name"] == "abc.mp3"


def _shown(at: datetime | None) -> str:
    assert at is not None
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"
