"""The call event webhook (docs/dialects/alohub.md): one body per call and subscription, rendered once and frozen."""

import msgspec

from cordboard.actions.core import Renderer
from cordboard.api.alohub import render
from cordboard.api.alohub.recording_urls import RecordingUrls
from cordboard.api.alohub.schemas import CallEventBody
from cordboard.api.common.clock_faces import clock_faces
from cordboard.domain.call_facts import CallFacts
from cordboard.domain.tenant import Tenant
from cordboard.domain.webhook import EventKind, Notice

_encoder = msgspec.json.Encoder()


# Alike, but that the call is over in the last one.
KINDS = frozenset({EventKind.CALL_CHANGED, EventKind.CALL_RECORDED})


def build_renderer(urls: RecordingUrls) -> Renderer:
    """The renderer of this dialect. Pure: the same facts give the same bytes."""

    def render_call_event(tenant: Tenant, notice: Notice) -> bytes:
        return _encoder.encode(call_event(tenant, notice.facts, urls))

    return Renderer(kinds=KINDS, render=render_call_event)


def call_event(tenant: Tenant, facts: CallFacts, urls: RecordingUrls) -> CallEventBody:
    """The body, every key present, "" for what is not known."""
    who = render.parties(tenant, facts)
    times = render.shown_times(facts)
    faces = clock_faces(tenant.zone)
    name = facts.recorded_name
    return CallEventBody(
        call_id=facts.reference,
        call_status=render.call_status(facts),
        direction=render.direction(facts).lower(),
        caller_number=who.caller_number,
        destination_number=who.destination_number,
        starttime=faces.year_first(times.start),
        answertime=faces.year_first(times.connect),
        endtime=faces.year_first(times.end),
        hangup_by=render.hangup_by(facts),
        hotline=who.hotline,
        total_duration=render.seconds_text(times.total_seconds),
        holding_duration=render.seconds_text(times.held_seconds(facts.held_milliseconds)),
        recording_url=urls.url_of(facts.tenant_id, name) if name else "",
        transaction_id=facts.request_id,
        user_name=who.agent,
    )
