from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from cordboard.api.alohub.live import meets, merge
from cordboard.domain.call_facts import CallFacts, Direction
from cordboard.domain.cdr import CdrFilter
from tests.api.alohub.samples import RINGING, SAMPLE


def started(facts: CallFacts, number: int, seconds: int) -> CallFacts:
    return replace(facts, id=UUID(int=number), requested_at=facts.requested_at + timedelta(seconds=seconds))


def newest_first(calls: list[CallFacts]) -> list[CallFacts]:
    return sorted(calls, key=lambda facts: (facts.requested_at, facts.id), reverse=True)


@given(
    st.lists(st.integers(0, 30), max_size=8),
    st.lists(st.integers(0, 30), max_size=30),
    st.integers(0, 45),
    st.integers(1, 12),
)
def test_every_page_is_that_of_one_sorted_list(
    live_at: list[int], ended_at: list[int], offset: int, limit: int
) -> None:
    live = newest_first([started(RINGING, number, at) for number, at in enumerate(live_at, 1)])
    ended = newest_first([started(SAMPLE, number, at) for number, at in enumerate(ended_at, 100)])
    first = max(0, offset - len(live))
    fetched = ended[first : offset + limit]
    whole = newest_first([*live, *ended])
    page = merge(live, fetched, first, CdrFilter(offset=offset, limit=limit))
    assert page == whole[offset : offset + limit]


def test_a_call_that_ends_between_the_two_reads_is_shown_once() -> None:
    ended = started(SAMPLE, 1, 0)
    assert merge([started(RINGING, 1, 0)], [ended], 0, CdrFilter()) == [ended]


def test_live_calls_meet_the_same_criteria_as_ended_ones() -> None:
    start = RINGING.requested_at
    yes = [
        CdrFilter(),
        CdrFilter(started_from=start),
        CdrFilter(started_before=start + timedelta(microseconds=1)),
        CdrFilter(reference=RINGING.reference),
        CdrFilter(number=("+1", "+84389900123")),
        CdrFilter(number_part="8990"),
        CdrFilter(directions=(Direction.OUTBOUND,)),
        CdrFilter(agent_user_names=("x", "userName66")),
        CdrFilter(extension="888", request_id="TRANSID_1111"),
    ]
    no = [
        CdrFilter(started_from=start + timedelta(microseconds=1)),
        CdrFilter(started_before=start),
        CdrFilter(reference="x"),
        CdrFilter(number=("+1",)),
        CdrFilter(number_part="999"),
        CdrFilter(directions=(Direction.INBOUND,)),
        CdrFilter(agent_user_names=("x",)),
        CdrFilter(extension="88"),
        CdrFilter(extension="888", request_id="x"),
    ]
    assert all(meets(RINGING, criteria) for criteria in yes)
    assert not any(meets(RINGING, criteria) for criteria in no)
