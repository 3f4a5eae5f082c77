"""Calls in which a phone vanishes: power or network gone, nothing said."""

import asyncio
import time
from dataclasses import dataclass

from cordboard.engine.asterisk.sip_objects import SESSION_SECONDS
from tests.support.exchange import Account, Exchange, Office, Row, until
from tests.support.sipp import Sipp, SippRun
from tests.support.sipp_phone import SippPhone


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """A call between two phones that are SIPp."""

    caller: SippRun
    called: SippRun
    call_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Talks:
    """Calls of a tenant of their own that began at the same time; all but the first lost a phone at ``since``."""

    office: Office
    whole: Talk
    without_caller: Talk
    without_called: Talk
    without_refresher: Talk
    since: float

    async def until_missed(self, survivor: SippRun) -> None:
        """Wait until whoever is left is released; it must be within the time that a session lasts."""
        left_seconds = SESSION_SECONDS - (time.monotonic() - self.since)
        await survivor.until("BYE", seconds=max(0.1, left_seconds))


async def vanishing_talks(exchange: Exchange, sipp: Sipp) -> Talks:
    """Four calls; then three phones vanish: a caller's, a callee's, and a caller's who has to refresh the session."""
    office = await exchange.open_office()
    accounts = await asyncio.gather(*(office.open_account() for _ in range(8)))
    sessions = ("", "", "", f"{SESSION_SECONDS};refresher=uac")
    pairs = zip(accounts[::2], accounts[1::2], sessions, strict=True)
    talks = await asyncio.gather(*(_talking(office, sipp, *pair) for pair in pairs))
    whole, without_caller, without_called, without_refresher = talks
    for phone in (without_caller.caller, without_called.called, without_refresher.caller):
        phone.freeze()
    return Talks(
        office=office, whole=whole, without_caller=without_caller, without_called=without_called,
        without_refresher=without_refresher, since=time.monotonic(),
    )  # fmt: skip


async def _talking(office: Office, sipp: Sipp, one: Account, other: Account, session: str) -> Talk:
    sip = office.exchange.copy.sip
    called = await sipp.listen("answer_and_agree")
    await sipp.register(*other.login, sip, contact_port=called.port)
    await until(lambda: office.is_callable(other))
    caller = await SippPhone(account=one, registrar=sip, sipp=sipp).dial(other.extension, session=session)

    async def connected() -> Row | None:
        rows = await office.search(ipPhone=one.extension)
        return next((row for row in rows if row["call_status"] == "answered"), None)

    return Talk(caller=caller, called=called, call_id=(await until(connected))["call_id"])
