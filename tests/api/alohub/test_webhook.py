from dataclasses import replace
from datetime import UTC, datetime

from cordboard.api.alohub.recording_urls import RecordingUrls, read_wanted
from cordboard.api.alohub.webhooks import build_renderer
from cordboard.api.common.signed_urls import UrlSigner
from cordboard.domain.call_facts import CallFacts, RecordingStatus
from cordboard.domain.webhook import EventKind, Notice
from tests.api.alohub.samples import INTERNAL, MISSED, RINGING, SAMPLE, TENANT, same_json

NOW = datetime(2024, 1, 13, 8, 5, tzinfo=UTC)
SIGNER = UrlSigner(b"a secret of the house")
URLS = RecordingUrls(public_url="https://pbx.example/", signer=SIGNER)
RENDERER = build_renderer(URLS)


def render(facts: CallFacts) -> bytes:
    return RENDERER.render(TENANT, Notice(kind=EventKind.CALL_RECORDED, at=NOW, facts=facts))


def test_the_event_of_an_answered_call() -> None:
    body = render(SAMPLE)
    same_json(body.replace(SIGNER.sign(1, "url_file.mp3").encode(), b"SIGNATURE"), "webhook_answered")


def test_the_event_of_a_missed_call_has_every_key() -> None:
    same_json(render(MISSED), "webhook_missed")


def test_a_live_call_has_no_end() -> None:
    body = render(RINGING)
    assert b'"call_status":"ringing"' in body
    assert b'"endtime":"","hangup_by":"",' in body
    assert b'"total_duration":"",' in body


def test_internal_calls_are_outbound_without_a_hotline() -> None:
    body = render(INTERNAL)
    assert b'"direction":"outbound"' in body
    assert b'"hotline":""' in body


def test_the_same_facts_give_the_same_bytes() -> None:
    assert render(SAMPLE) == render(SAMPLE)


def test_a_recording_that_is_late_is_not_named() -> None:
    late = replace(SAMPLE, recording_status=RecordingStatus.PENDING)
    assert b'"recording_url":""' in render(late)


def test_the_url_that_is_sent_can_be_read_again() -> None:
    wanted = read_wanted(URLS.url_of(1, "url_file.mp3"), "", frozenset({"pbx.example"}))
    assert wanted.name == "url_file.mp3"
    assert SIGNER.tenant_of(wanted.signature, "url_file.mp3") == 1
