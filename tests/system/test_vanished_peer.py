"""A phone that vanishes in the middle of a call: nothing is answered and nothing sent any more, not even a BYE."""

import pytest

from cordboard.engine.asterisk.sip_objects import SESSION_SECONDS
from tests.support.call_watch import facts, watch
from tests.support.exchange import Agent, Office, until
from tests.support.sipp_phone import SippPhone

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_call_whose_phone_has_vanished_ends_within_a_session(
    office: Office, alice: Agent, desk: SippPhone
) -> None:
    """Asterisk asks in the middle of a session whether the phone is there, and gives it 6.4 s more."""
    calls = await watch(office)
    run = await desk.dial(alice.extension)
    row = await calls.connected()
    run.freeze()
    try:

        async def look() -> bool:
            return bool((await office.row(row["call_id"]))["endtime"])

        await until(look, SESSION_SECONDS + 60)  # far more than it takes, on a machine that is busy
    finally:
        run.thaw()
        await run.stop()
    row = await calls.ended()
    who = (alice.extension, desk.account.extension, desk.account.user_name)
    assert facts(row) == ("OUTBOUND", "answered", *who, "system")
    assert int(row["total_duration"]) <= SESSION_SECONDS
    await alice.phone.released()
