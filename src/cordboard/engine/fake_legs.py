"""What a simulated network is made of: legs, and an agenda of what is due when."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count

from cordboard.domain.cause import ANSWERED_ELSEWHERE, CALL_REJECTED, NO_ANSWER, NORMAL_CLEARING, USER_BUSY, Cause
from cordboard.domain.clock import Clock
from cordboard.domain.commands import HangUpReason, StartRecording, Tone, TransferState

Act = Callable[[datetime], None]

RINGING, PROGRESS, OK, CANCELLED, DECLINED = 180, 183, 200, 487, 603
_CAUSES = {
    HangUpReason.NORMAL: NORMAL_CLEARING,
    HangUpReason.BUSY: USER_BUSY,
    HangUpReason.NO_ANSWER: NO_ANSWER,
    HangUpReason.ANSWERED_ELSEWHERE: ANSWERED_ELSEWHERE,
    HangUpReason.UNREACHABLE: 20,
    HangUpReason.DECLINED: NORMAL_CLEARING,
    HangUpReason.FORBIDDEN: CALL_REJECTED,
    HangUpReason.UNKNOWN_NUMBER: 1,
    HangUpReason.OVERLOADED: 34,
    HangUpReason.FAILED: 38,
}
_CODES = {
    HangUpReason.NORMAL: DECLINED,
    HangUpReason.BUSY: 486,
    HangUpReason.NO_ANSWER: 480,
    HangUpReason.ANSWERED_ELSEWHERE: DECLINED,
    HangUpReason.UNREACHABLE: 480,
    HangUpReason.DECLINED: DECLINED,
    HangUpReason.FORBIDDEN: 403,
    HangUpReason.UNKNOWN_NUMBER: 404,
    HangUpReason.OVERLOADED: 503,
    HangUpReason.FAILED: 500,
}


@dataclass(slots=True, kw_only=True)
class FakeLeg:
    """A leg. ``recording`` is what it is recorded as, None when it is not.

    ``reason`` is why we hung up, ``reports`` what a phone was told of the transfer that it asked for. ``codes`` are
    the SIP codes that a caller was told, each once.
    """

    id: str
    created_at: datetime
    is_incoming: bool = False
    is_ringing: bool = False
    is_answered: bool = False
    is_gone: bool = False
    tones: set[Tone] = field(default_factory=set)
    recording: StartRecording | None = None
    is_paused: bool = False
    reason: HangUpReason | None = None
    reports: list[TransferState] = field(default_factory=list)
    codes: list[int] = field(default_factory=list)

    def tell(self, code: int) -> None:
        """Tell a caller ``code``. Nothing can be told after an answer, and no answer twice."""
        if self.is_incoming and not self.is_answered and code not in self.codes:
            self.codes.append(code)
            self.is_answered = code == OK

    def release(self, reason: HangUpReason) -> Cause:
        """Hang up with ``reason``, which a caller who was not answered is told as a SIP code; how the leg ends."""
        is_refused = self.is_incoming and not self.is_answered
        self.reason = reason
        self.tell(_CODES[reason])
        is_named = is_refused and _CODES[reason] != DECLINED  # Asterisk's 603 stands for all that it has no code for
        return Cause(q850=_CAUSES[reason], sip=_CODES[reason] if is_named else None)


class Agenda:
    """What is due when, by ``clock``. Things due at one instant happen in the order they were put down."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._acts: list[tuple[datetime, int, Act]] = []
        self._order = count()

    def add(self, due_at: datetime, act: Act) -> None:
        """Do ``act`` at ``due_at``; it is told that instant."""
        heapq.heappush(self._acts, (due_at, next(self._order), act))

    def fire_due(self) -> None:
        """Do all that is due by now, and what comes of it if that is due too."""
        while self._acts and self._acts[0][0] <= self._clock.now():
            due_at, _, act = heapq.heappop(self._acts)
            act(due_at)

    @property
    def next_at(self) -> datetime | None:
        """When the next thing is due."""
        return self._acts[0][0] if self._acts else None
