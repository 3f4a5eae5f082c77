"""What the lab's parties saw of their calls, from the dialplan's user events."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from urllib.parse import parse_qsl

from cordboard.engine.asterisk.ami import Message

T = TypeVar("T")

WAIT_SECONDS = 20.0


@dataclass(slots=True, kw_only=True)
class LabCall:
    """A call as one party of the lab saw it.

    ``number`` is the user part that was called, ``from_user`` and ``from_name`` what its phone showed, ``headers``
    the INVITE's. Times are seconds since 1970 to the microsecond, by Asterisk. ``cause`` is Q.850, set at the end.
    ``digits`` are the keys that were pressed at the far end.
    """

    id: str
    channel: str
    party: str
    number: str
    from_user: str
    from_name: str
    headers: Mapping[str, str]
    invited_at: float
    answered_at: float | None = None
    ended_at: float | None = None
    cause: int = 0
    digits: str = ""
    heard: Path = field(default=Path())

    @property
    def is_live(self) -> bool:
        """Whether it goes on."""
        return self.ended_at is None

    @property
    def is_answered(self) -> bool:
        """Whether it was ever answered."""
        return self.answered_at is not None


class Ledger:
    """All calls since the last ``forget``, in the order they came. ``heard_folder`` is where what was heard lies."""

    def __init__(self, heard_folder: Path) -> None:
        self._heard_folder = heard_folder
        self._calls: dict[str, LabCall] = {}
        self._change = asyncio.Event()

    @property
    def calls(self) -> tuple[LabCall, ...]:
        """All of them."""
        return tuple(self._calls.values())

    def forget(self) -> None:
        """Forget all calls, those that go on too."""
        self._calls.clear()

    def add(self, call: LabCall) -> LabCall:
        """Note a call."""
        call.heard = self._heard_folder / f"{call.id}.wav"
        self._calls[call.id] = call
        self._changed()
        return call

    def take(self, event: Message) -> None:
        """Note what a user event says, or a key that was pressed."""
        at = float(event.get("Timestamp", "0"))
        call = self._calls.get(event.get("Of") or event.get("Uniqueid", ""))
        match event.get("UserEvent"):
            case "LabInvite":
                self.add(_invited(event, at))
            case "LabAnswer" if call:
                call.answered_at = at
            case "LabEnd" if call:
                call.ended_at = at
                call.cause = int(event.get("Cause") or 0)
            case None if call and event.get("Event") == "DTMFEnd" and event.get("Direction") == "Received":
                call.digits += event["Digit"]
        self._changed()

    async def until(self, find: Callable[[], T | None], seconds: float = WAIT_SECONDS) -> T:
        """Wait until ``find`` finds something, asked again after each event. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while not (found := find()):
                await self._change.wait()
        return found

    def _changed(self) -> None:
        self._change.set()
        self._change = asyncio.Event()


def _invited(event: Message, at: float) -> LabCall:
    return LabCall(
        id=event["Uniqueid"],
        channel=event["Channel"],
        party=event["Party"],
        number=event["Number"],
        from_user=_known(event["CallerIDNum"]),
        from_name=_known(event["CallerIDName"]),
        headers=dict(parse_qsl(event["Headers"].replace("+", "%2B"))),
        invited_at=at,
    )


def _known(text: str) -> str:
    """Asterisk writes ``<unknown>`` for what an INVITE does not say."""
    return "" if text == "<unknown>" else text
