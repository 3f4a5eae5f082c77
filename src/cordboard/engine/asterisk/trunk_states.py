"""Whether our registrations with carriers stand.

Asked every few seconds: AMI's Registry events name an account, not a registration, and two trunks may share an account.
"""

import asyncio
from collections.abc import Callable

from cordboard.domain.clock import Clock
from cordboard.domain.registration import TrunkState
from cordboard.engine.asterisk.ami import Ami
from cordboard.engine.asterisk.sip_objects import is_trunk, trunk_of
from cordboard.engine.port import EngineAway, EngineRefused

POLL_SECONDS = 2.0


class TrunkStates:
    """Tells ``on_change`` each registration's state: first when it is first seen, then when it changes."""

    def __init__(self, ami: Ami, clock: Clock, on_change: Callable[[TrunkState], None]) -> None:
        self._ami = ami
        self._clock = clock
        self._on_change = on_change
        self._wake = asyncio.Event()

    def watch(self, *, is_needed: bool) -> None:
        """Whether any trunk registers: none, and nobody is asked."""
        if is_needed:
            self._wake.set()
        else:
            self._wake.clear()

    async def run(self) -> None:
        """Ask until cancelled. Begins by telling every state, known or not."""
        seen: dict[int, str] = {}
        while True:
            await self._wake.wait()
            try:
                rows = await self._ami.rows("PJSIPShowRegistrationsOutbound")
            except (EngineAway, EngineRefused):
                rows = []  # the next round asks again
            for row in rows:
                name, status = row.get("ObjectName", ""), row.get("Status", "")
                if row.get("Event") != "OutboundRegistrationDetail" or not is_trunk(name):
                    continue
                if seen.get(trunk_of(name)) != status:
                    seen[trunk_of(name)] = status
                    self._tell(trunk_of(name), status)
            await asyncio.sleep(POLL_SECONDS)

    def _tell(self, trunk_id: int, status: str) -> None:
        is_registered = status == "Registered"
        at = self._clock.now()
        self._on_change(TrunkState(trunk_id=trunk_id, is_registered=is_registered, detail=status, at=at))
