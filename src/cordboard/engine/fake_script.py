"""What a party of the simulated network does when it is called: data."""

from dataclasses import dataclass
from typing import Self

from cordboard.domain.cause import (
    CALL_REJECTED,
    NO_ANSWER,
    NO_USER_RESPONDING,
    NORMAL_CLEARING,
    USER_BUSY,
    Cause,
)

ANSWERS = 200
RINGS_OUT = 0
FOREVER_SECONDS = 86_400.0

# How long a node waits for any answer at all (nodes/asterisk_config.py: timer B), and what it makes of it.
SILENCE_SECONDS = 6.4
SILENCE = Cause(q850=NO_USER_RESPONDING, sip=408)
RANG_OUT = Cause(q850=NO_ANSWER, sip=480)
HUNG_UP = Cause(q850=NORMAL_CLEARING)
# A caller gave up before it was answered.
GAVE_UP = Cause(q850=127, sip=487)

# As Asterisk 22 translates refusals of our INVITE; seen in tests/engine.
_Q850_OF_SIP = {
    403: CALL_REJECTED, 404: 1, 408: NO_USER_RESPONDING, 410: 22, 480: NO_ANSWER, 484: 28, 486: USER_BUSY, 488: 58,
    500: 38, 502: 27, 503: 34, 600: USER_BUSY, 603: CALL_REJECTED, 604: 1,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """What a party does when it is called, in this order.

    It rings for ``ring_seconds`` (0: no 180), plays an announcement of ``announce_seconds`` (183; 0: none), and then
    gives ``sip_code``: ``ANSWERS``, ``RINGS_OUT`` (nothing until the caller gives up) or a refusal (400-699). Having
    answered it hangs up after ``talk_seconds``. ``is_silent``: it never sends anything.
    """

    sip_code: int = ANSWERS
    ring_seconds: float = 0
    announce_seconds: float = 0
    talk_seconds: float = FOREVER_SECONDS
    is_silent: bool = False

    @classmethod
    def answering(cls, *, after_seconds: float = 1, talk_seconds: float = FOREVER_SECONDS) -> Self:
        """Rings, answers, and hangs up after a while."""
        return cls(ring_seconds=after_seconds, talk_seconds=talk_seconds)

    @classmethod
    def rejecting(cls, sip_code: int, *, after_seconds: float = 0) -> Self:
        """Refuses: 486 busy, 603 declined, 404 no such number."""
        return cls(sip_code=sip_code, ring_seconds=after_seconds)

    @classmethod
    def ringing_out(cls) -> Self:
        """Rings until the caller gives up."""
        return cls(sip_code=RINGS_OUT, ring_seconds=1)

    @classmethod
    def announcing(cls, sip_code: int = 404, *, for_seconds: float = 1) -> Self:
        """Plays an announcement before it answers or refuses."""
        return cls(sip_code=sip_code, announce_seconds=for_seconds)

    @classmethod
    def silent(cls) -> Self:
        """Answers nothing at all."""
        return cls(is_silent=True)

    @property
    def refusal(self) -> Cause:
        """Why the leg ends when the party refuses."""
        return Cause(q850=_Q850_OF_SIP.get(self.sip_code, 127), sip=self.sip_code)
