"""Whoever calls the engine, real or simulated, and may be told what to do."""

import asyncio
import re
from typing import Protocol

from cordboard.domain.commands import TransferState
from cordboard.engine.fake_legs import FakeLeg
from cordboard.engine.fake_network import FakeNetwork
from tests.support.sipp import SippRun

WAIT_SECONDS = 20.0
UNAUTHORIZED = 401
ACCEPTED = 202

# What the NOTIFYs of a transfer say (RFC 3515 2.4.5); the first is always 100.
_REPORTS = {TransferState.RINGING: 100, TransferState.ANSWERED: 200, TransferState.FAILED: 503}


class Caller(Protocol):
    """A phone that called. ``leg_id`` is its leg."""

    leg_id: str

    def codes(self) -> tuple[int, ...]:
        """What its INVITE was answered, without 100, each once."""

    async def until_told(self, code: int) -> None:
        """Wait until it was. Raises TimeoutError."""

    async def give_up(self) -> None:
        """CANCEL."""

    async def hang_up(self) -> None:
        """BYE."""

    async def hold(self, *, is_held: bool = True) -> None:
        """Put us on hold, or come back."""

    async def ask_transfer(self, number: str, other: "Caller | None" = None) -> None:
        """REFER: to ``number``, or to whom its call ``other`` is with. It was accepted when this returns."""

    def reports(self) -> tuple[int, ...]:
        """The codes that it was told of the transfer."""

    async def until_reported(self, *codes: int) -> None:
        """Wait until exactly these were. Raises TimeoutError."""


class SippCaller:
    """SIPp as a phone."""

    def __init__(self, run: SippRun, leg_id: str) -> None:
        self.run = run
        self.leg_id = leg_id

    def codes(self) -> tuple[int, ...]:
        return tuple(code for code in self.run.codes() if code != UNAUTHORIZED)

    async def until_told(self, code: int) -> None:
        await self.run.until_told(code)

    async def give_up(self) -> None:
        await self.run.order("GIVEUP")

    async def hang_up(self) -> None:
        await self.run.order("HANGUP")

    async def hold(self, *, is_held: bool = True) -> None:
        await self.run.order("HOLD" if is_held else "RESUME")

    async def ask_transfer(self, number: str, other: "Caller | None" = None) -> None:
        assert other is None or isinstance(other, SippCaller)
        replaces = f"?Replaces={other.run.replaces()}" if other else ""
        assert await self.run.order("TRANSFER", Refer_To=f"<sip:{number}@127.0.0.1{replaces}>") == ACCEPTED

    def reports(self) -> tuple[int, ...]:
        found = (re.match(r"SIP/2.0 (\d+)", each.body) for each in self.run.received("NOTIFY"))
        return tuple(dict.fromkeys(int(each[1]) for each in found if each))

    async def until_reported(self, *codes: int) -> None:
        async with asyncio.timeout(WAIT_SECONDS):
            while self.reports() != codes:
                await asyncio.sleep(0.02)


class FakeCaller:
    """A simulated phone."""

    def __init__(self, network: FakeNetwork, leg: FakeLeg) -> None:
        self.leg_id = leg.id
        self._network = network
        self._leg = leg

    def codes(self) -> tuple[int, ...]:
        return tuple(self._leg.codes)

    async def until_told(self, code: int) -> None:
        assert code in self._leg.codes

    async def give_up(self) -> None:
        self._network.hang_up(self.leg_id)

    async def hang_up(self) -> None:
        self._network.hang_up(self.leg_id)

    async def hold(self, *, is_held: bool = True) -> None:
        self._network.hold(self.leg_id, is_held=is_held)

    async def ask_transfer(self, number: str, other: "Caller | None" = None) -> None:
        self._network.ask_transfer(self.leg_id, number, other.leg_id if other else "")

    def reports(self) -> tuple[int, ...]:
        codes = (100, *(_REPORTS[each] for each in self._leg.reports))
        return tuple(dict.fromkeys(codes)) if self._leg.reports else ()

    async def until_reported(self, *codes: int) -> None:
        assert self.reports() == codes
