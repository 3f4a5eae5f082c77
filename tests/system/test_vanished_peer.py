"""A phone that vanishes in the middle of a call: nobody is left talking to it for long."""

import pytest

from cordboard.engine.asterisk.sip_objects import SESSION_SECONDS
from tests.support.vanishing import Talk, Talks

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def check_record(talks: Talks, talk: Talk) -> None:
    row = await talks.office.ended(talk.call_id)
    assert (row["call_status"], row["hangup_by"]) == ("answered", "system")
    _, event = await talks.office.webhook(talk.call_id)
    assert event["hangup_by"] == "system"


async def test_a_caller_who_vanishes_is_missed(talks: Talks) -> None:
    await talks.until_missed(talks.without_caller.called)
    await check_record(talks, talks.without_caller)


async def test_a_callee_who_vanishes_is_missed(talks: Talks) -> None:
    await talks.until_missed(talks.without_called.caller)
    await check_record(talks, talks.without_called)


async def test_who_should_refresh_the_session_and_vanishes_is_missed(talks: Talks) -> None:
    await talks.until_missed(talks.without_refresher.called)
    await check_record(talks, talks.without_refresher)


async def test_a_call_goes_on_as_long_as_both_are_there(talks: Talks) -> None:
    """Both were asked for signs of life, and gave them."""
    whole = talks.whole
    assert whole.called.received("UPDATE") or whole.called.received("INVITE")[1:]
    assert whole.caller.received("UPDATE") or whole.caller.received("INVITE")
    row = await talks.office.row(whole.call_id)
    assert (row["call_status"], row["endtime"]) == ("answered", "")
    assert await whole.caller.order("HANGUP") == 200
    row = await talks.office.ended(whole.call_id)
    assert row["hangup_by"] == "agent"
    assert int(row["total_duration"]) >= SESSION_SECONDS / 2
    assert await talks.office.exchange.count_busy(talks.office) == 0
