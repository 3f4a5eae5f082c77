"""Cordboard's own webhooks: what became of a call's recording."""

from datetime import datetime
from typing import Annotated

import msgspec

from cordboard.actions.core import Renderer
from cordboard.api.common.signed_urls import RecordingUrl
from cordboard.api.common.wire_types import among, says
from cordboard.api.management.times import shown_time
from cordboard.domain.tenant import Tenant
from cordboard.domain.webhook import EventKind, Notice

DIALECT = "cordboard"
KINDS = frozenset({EventKind.RECORDING_READY, EventKind.RECORDING_FAILED})


class RecordedCall(msgspec.Struct, kw_only=True):
    """The call whose recording it is."""

    call_id: Annotated[str, says("32 hexadecimal digits.", "9cb33f1b427c4d8983a064f0bd68be95")]
    reference: Annotated[str, says("The identity that people read out.", "20260310095227-ABCXYZKL-3421")]
    direction: Annotated[str, among("outbound", "inbound", "internal"), says("Seen from the tenant.", "outbound")]
    started_at: Annotated[str, says("When it was asked for, or came in.", "2026-03-10T02:52:27.000Z")]
    ended_at: Annotated[str | None, says("When its last leg ended.", "2026-03-10T02:55:01.000Z")]
    recording_name: Annotated[str, says("What the recording is called everywhere.", "9cb33f1b-95905513f1c7.mp3")]
    recording_url: Annotated[
        str | None,
        says(
            "Where it is had, without a key; null when there is none.", "https://calls.example/IPCCMedia/MP3Export.do"
        ),
    ]


class RecordingEvent(msgspec.Struct, kw_only=True):
    """What became of a call's recording."""

    type: Annotated[str, among(*sorted(KINDS)), says("Which event it is.", "recording.ready")]
    timestamp: Annotated[str, says("When it came about.", "2026-03-10T02:55:03.120Z")]
    data: RecordedCall


_encoder = msgspec.json.Encoder()


def build_renderer(url_of: RecordingUrl) -> Renderer:
    """The renderer of our own events. Pure: the same notice gives the same bytes."""

    def render(_tenant: Tenant, notice: Notice) -> bytes:
        facts = notice.facts
        is_ready = notice.kind is EventKind.RECORDING_READY
        call = RecordedCall(
            call_id=facts.id.hex,
            reference=facts.reference,
            direction=facts.direction.value,
            started_at=_shown(facts.requested_at),
            ended_at=shown_time(facts.ended_at),
            recording_name=facts.recording_name,
            recording_url=url_of(facts.tenant_id, facts.recording_name) if is_ready else None,
        )
        return _encoder.encode(RecordingEvent(type=notice.kind.value, timestamp=_shown(notice.at), data=call))

    return Renderer(kinds=KINDS, render=render)


def _shown(at: datetime) -> str:
    return shown_time(at) or ""
