"""The engine's port: all that the rest of the house knows of whatever places its calls."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from cordboard.domain.arrival import Arrival, TransferAsked
from cordboard.domain.commands import Command
from cordboard.domain.leg_events import LegEvent
from cordboard.domain.provisioning import NodeConfiguration
from cordboard.domain.registration import Registration, TrunkState
from cordboard.domain.snapshot import EngineSnapshot


class EngineRefused(Exception):
    """The engine refused a command, or did not answer within its time.

    ``is_gone``: what the command names does not exist. ``is_unreachable``: there is nobody to dial (no registered
    contact, no such trunk).
    """

    def __init__(self, reason: str, *, is_gone: bool = False, is_unreachable: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.is_gone = is_gone
        self.is_unreachable = is_unreachable


class EngineAway(Exception):
    """There is no connection to the engine. Nothing was done, or nobody knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineConnected:
    """The engine is there. When ``startup_time`` differs from the last one, it has restarted and forgotten all."""

    at: datetime
    startup_time: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineDisconnected:
    """The connection to the engine broke. Its calls may well go on."""

    at: datetime


EngineEvent = LegEvent | Arrival | TransferAsked | Registration | TrunkState | EngineConnected | EngineDisconnected


class Engine(Protocol):
    """One node that places calls.

    ``run`` keeps the connection up until cancelled, for ever reconnecting; ``events`` yields what happens in the
    order it happened and never makes the engine wait. The first event after each (re)connection is EngineConnected;
    legs' events between two connections are lost, and ``snapshot`` is how to find out.
    """

    async def run(self) -> None:
        """Connect, and stay connected until cancelled."""

    def events(self) -> AsyncIterator[EngineEvent]:
        """All that happens, in order. One reader."""

    async def execute(self, command: Command) -> None:
        """Do one command. A repeated one counts as done.

        Raises:
            EngineRefused: it cannot be done.
            EngineAway: there is no connection.
        """

    async def snapshot(self) -> EngineSnapshot:
        """What the engine has now. Raises EngineAway."""

    async def registrations(self) -> tuple[Registration, ...]:
        """The state of every phone account that the engine knows. Raises EngineAway."""

    async def provision(self, configuration: NodeConfiguration) -> None:
        """Make the engine know exactly this; what it was told before is not sent again. Raises EngineAway."""

    async def forget_provisioning(self) -> None:
        """Assume that the engine knows nothing (it restarted): the next ``provision`` sends everything."""
