from dataclasses import replace
from datetime import datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.api.alohub.render import call_rows, call_rows_v1, call_status, parties, shown_times
from cordboard.domain.call_facts import CallFacts, RecordingStatus
from cordboard.domain.call_state import EndedBy
from cordboard.domain.cause import Outcome
from tests.api.alohub.samples import INBOUND, INTERNAL, MISSED, RINGING, SAMPLE, TENANT, same_json

START = SAMPLE.requested_at
# Clocks of two machines, and steps of one, may put any time before any other.
INSTANTS = st.integers(-5_000, 600_000).map(lambda ms: START + timedelta(milliseconds=ms))
ANY_FACTS = st.builds(
    lambda ring, connect, end, held: replace(
        SAMPLE, ringing_at=ring, connected_at=connect, ended_at=end, held_milliseconds=held
    ),
    st.none() | INSTANTS,
    st.none() | INSTANTS,
    st.none() | INSTANTS,
    st.integers(-1_000, 900_000),
)


def test_the_documents_row() -> None:
    same_json(msgspec.json.encode(call_rows(TENANT, [SAMPLE])[0]), "search_row")
    same_json(msgspec.json.encode(call_rows_v1(TENANT, [SAMPLE])[0]), "search_row_v1")
    same_json(msgspec.json.encode(call_rows(TENANT, [RINGING])[0]), "search_row_ringing")


@given(ANY_FACTS)
def test_durations_are_differences_of_what_is_shown_and_never_negative(facts: CallFacts) -> None:
    row = call_rows(TENANT, [facts])[0]
    shown_at = [datetime.fromisoformat(text) for text in (row.starttime, row.answertime, row.endtime) if text]
    assert shown_at == sorted(shown_at)
    assert int(row.holding_duration) >= 0
    if row.endtime:
        assert int(row.total_duration) == (shown_at[-1] - shown_at[0]).total_seconds()
        if row.answertime:
            assert int(row.holding_duration) <= (shown_at[-1] - shown_at[1]).total_seconds()
    else:
        assert (row.total_duration, row.hangup_by) == ("", "")


@given(ANY_FACTS)
def test_how_long_each_part_took_is_never_negative_and_adds_up(facts: CallFacts) -> None:
    times = shown_times(facts)
    parts = (times.waiting_seconds, times.answer_seconds, times.talk_seconds)
    assert min(parts) >= 0
    assert (times.answer_seconds > 0) == (times.connect is not None)
    if times.end is not None:
        before = 0 if times.ring is None else times.ring - times.start
        assert before + times.waiting_seconds + times.talk_seconds == times.total_seconds


@given(ANY_FACTS)
def test_rendering_twice_gives_the_same_bytes(facts: CallFacts) -> None:
    assert msgspec.json.encode(call_rows(TENANT, [facts])[0]) == msgspec.json.encode(call_rows(TENANT, [facts])[0])


def test_times_are_cut_not_rounded() -> None:
    times = shown_times(SAMPLE)
    assert times.total_seconds == 300
    assert times.connect is not None
    assert times.connect - times.start == 5


def test_who_is_who_by_direction() -> None:
    outbound, inbound, internal = (parties(TENANT, facts) for facts in (SAMPLE, INBOUND, INTERNAL))
    assert (outbound.caller_number, outbound.destination_number) == ("0389900123", "888")
    assert (outbound.called, outbound.hotline, outbound.agent) == ("0389900123", "02873000001", "userName66")
    assert (inbound.caller_number, inbound.destination_number) == ("0389900123", "888")
    assert (inbound.called, inbound.hotline, inbound.agent) == ("02873000001", "02873000001", "userName66")
    assert (internal.caller_number, internal.destination_number) == ("889", "888")
    assert (internal.called, internal.hotline, internal.agent) == ("889", "", "userName66")


def test_nobody_answered_an_inbound_call() -> None:
    missed = replace(INBOUND, connected_at=None, outcome=Outcome.MISSED)
    assert parties(TENANT, missed).agent == ""
    assert parties(TENANT, MISSED).agent == "userName66"


def test_foreign_numbers_keep_their_plus_and_short_ones_their_digits() -> None:
    assert parties(TENANT, replace(SAMPLE, customer_number="+393331234567")).caller_number == "+393331234567"
    assert parties(TENANT, replace(SAMPLE, customer_number="113")).caller_number == "113"
    assert parties(replace(TENANT, country="IT"), SAMPLE).caller_number == "+84389900123"


@pytest.mark.parametrize("outcome", list(Outcome))
def test_status_of_an_ended_call_is_its_outcome(outcome: Outcome) -> None:
    assert call_status(replace(MISSED, outcome=outcome)) == outcome.value


def test_status_is_answered_once_connected_whatever_came_after() -> None:
    assert call_status(replace(SAMPLE, outcome=Outcome.FAILED)) == "answered"
    assert call_status(replace(SAMPLE, ended_at=None)) == "answered"
    assert call_status(RINGING) == "ringing"


@pytest.mark.parametrize(
    ("status", "shown_name"),
    [
        (RecordingStatus.READY, "url_file.mp3"),
        (RecordingStatus.EXPIRED, "url_file.mp3"),
        (RecordingStatus.PENDING, ""),
        (RecordingStatus.FAILED, ""),
        (RecordingStatus.NONE, ""),
    ],
)
def test_the_file_name_is_shown_once_there_is_a_file(status: RecordingStatus, shown_name: str) -> None:
    assert call_rows(TENANT, [replace(SAMPLE, recording_status=status)])[0].recording_url == shown_name


@pytest.mark.parametrize("by", list(EndedBy))
def test_who_hung_up(by: EndedBy) -> None:
    assert call_rows(TENANT, [replace(SAMPLE, ended_by=by)])[0].hangup_by == by.value
