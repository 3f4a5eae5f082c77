"""A phone that vanishes in the middle of a call (power, network): nobody is left talking to it for long."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from cordboard.engine.asterisk.sip_objects import SESSION_SECONDS
from cordboard.nodes.ports import UDP, free_port
from tests.support.call_watch import watch
from tests.support.exchange import Account, Exchange, Office, until
from tests.support.programs import Program
from tests.support.sipp import Sipp, SippRun
from tests.support.sipp_phone import SippPhone

pytestmark = pytest.mark.asyncio(loop_scope="session")


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """A call between two phones that are SIPp."""

    office: Office
    caller: SippRun
    called: SippRun
    call_id: str


async def talking(exchange: Exchange, sipp: Sipp, *, session: str = "") -> Talk:
    """A call of a tenant of its own. ``session``: the caller's Session-Expires."""
    office = await exchange.open_office()
    accounts: list[Account] = [await office.open_account() for _ in range(2)]
    called = await sipp.listen("answer_and_agree", port=free_port(UDP))
    await sipp.register(*accounts[1].login, exchange.copy.sip, contact_port=called.port)
    await until(lambda: office.is_callable(accounts[1]))
    calls = await watch(office)
    phone = SippPhone(account=accounts[0], registrar=exchange.copy.sip, sipp=sipp)
    caller = await phone.dial(accounts[1].extension, session=session)
    row = await calls.connected()
    return Talk(office=office, caller=caller, called=called, call_id=row["call_id"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Talks:
    """Calls that began at about the same time; all but the first lost a phone at ``since`` (monotonic)."""

    whole: Talk
    without_caller: Talk
    without_called: Talk
    without_refresher: Talk
    since: float


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def talks(
    exchange: Exchange, sipp_program: Program, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Talks]:
    """All at the same time, as each takes as long as a session lasts."""
    sipp = Sipp(program=sipp_program, folder=tmp_path_factory.mktemp("vanished"))
    try:
        whole, without_caller, without_called, without_refresher = await asyncio.gather(
            talking(exchange, sipp),
            talking(exchange, sipp),
            talking(exchange, sipp),
            talking(exchange, sipp, session=f"{SESSION_SECONDS};refresher=uac"),
        )
        without_caller.caller.freeze()
        without_called.called.freeze()
        without_refresher.caller.freeze()
        yield Talks(
            whole=whole, without_caller=without_caller, without_called=without_called,
            without_refresher=without_refresher, since=time.monotonic(),
        )  # fmt: skip
    finally:
        await sipp.stop()


async def missed_in_time(talks: Talks, talk: Talk, survivor: SippRun) -> None:
    """Whoever is left is released within the time that a session lasts, and the record says so."""
    left_seconds = SESSION_SECONDS - (time.monotonic() - talks.since)
    await survivor.until("BYE", seconds=max(0.1, left_seconds))
    await survivor.finished()
    row = await talk.office.ended(talk.call_id)
    assert (row["call_status"], row["hangup_by"]) == ("answered", "system")
    assert await talk.office.exchange.count_busy(talk.office) == 0
    await talk.office.webhook(talk.call_id)


async def test_a_caller_who_vanishes_is_missed(talks: Talks) -> None:
    await missed_in_time(talks, talks.without_caller, talks.without_caller.called)


async def test_a_callee_who_vanishes_is_missed(talks: Talks) -> None:
    await missed_in_time(talks, talks.without_called, talks.without_called.caller)


async def test_who_should_refresh_the_session_and_vanishes_is_missed(talks: Talks) -> None:
    await missed_in_time(talks, talks.without_refresher, talks.without_refresher.called)


async def test_a_call_goes_on_as_long_as_both_are_there(talks: Talks) -> None:
    """It has been asked for signs of life, and gave them."""
    asked = [*talks.whole.called.received("UPDATE"), *talks.whole.called.received("INVITE")[1:]]
    assert asked
    row = await talks.whole.office.row(talks.whole.call_id)
    assert (row["call_status"], row["endtime"]) == ("answered", "")
    assert await talks.whole.caller.order("HANGUP") == 200
    row = await talks.whole.office.ended(talks.whole.call_id)
    assert row["hangup_by"] == "agent"
    assert int(row["total_duration"]) >= SESSION_SECONDS / 2
