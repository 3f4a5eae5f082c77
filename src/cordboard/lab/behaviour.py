"""What a party of the lab does with a call: data that the lab's dialplan carries out."""

from dataclasses import dataclass, replace
from typing import Self

ANSWERS = 200
RINGS_OUT = 0
FOREVER_SECONDS = 3600
DEFAULT_TONE_HZ = 425
SPEECH = "demo-thanks"  # 5.5 s
ANNOUNCEMENT = "cannot-complete-as-dialed"

# Its first tones make an announcement measurable: ITU-T E.180 "special information", 330 ms each.
ANNOUNCEMENT_HZ = (950, 1400, 1800)


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """What happens to a call, in this order.

    It rings for ``ring_seconds`` (180; 0 = no 180), is announced as early media when ``is_announced`` (183), and then
    gets ``sip_code``: ``ANSWERS``, ``RINGS_OUT`` (nothing until the caller gives up) or a refusal (400-699). Answered:
    ``speech`` (a prompt's name) is played once, then ``tone_hz`` (0 = silence), and after ``talk_seconds`` it hangs up.
    ``is_automatic``: it answers at once when the INVITE asks for it (Call-Info, Alert-Info or Answer-Mode), and
    otherwise rings out. ``is_recorded``: what it hears is kept.
    """

    sip_code: int = ANSWERS
    ring_seconds: float = 0
    is_announced: bool = False
    tone_hz: int = DEFAULT_TONE_HZ
    speech: str = ""
    talk_seconds: float = FOREVER_SECONDS
    is_automatic: bool = False
    is_recorded: bool = False

    def __post_init__(self) -> None:
        if self.sip_code not in {ANSWERS, RINGS_OUT} and not 400 <= self.sip_code <= 699:
            raise ValueError(f"{self.sip_code} is no refusal")

    @classmethod
    def answering(
        cls, *, after_seconds: float = 1, tone_hz: int = DEFAULT_TONE_HZ, talk_seconds: float = FOREVER_SECONDS
    ) -> Self:
        """Rings, answers, plays a tone."""
        return cls(ring_seconds=after_seconds, tone_hz=tone_hz, talk_seconds=talk_seconds)

    @classmethod
    def ringing_out(cls) -> Self:
        """Rings until the caller gives up."""
        return cls(sip_code=RINGS_OUT, ring_seconds=1)

    @classmethod
    def rejecting(cls, sip_code: int, *, after_seconds: float = 0) -> Self:
        """Refuses with ``sip_code``."""
        return cls(sip_code=sip_code, ring_seconds=after_seconds)

    @classmethod
    def busy(cls) -> Self:
        """486 at once."""
        return cls.rejecting(486)

    @classmethod
    def declining(cls, *, after_seconds: float = 1) -> Self:
        """Rings, then 603: somebody pressed the red button."""
        return cls.rejecting(603, after_seconds=after_seconds)

    @classmethod
    def automatic(cls, *, tone_hz: int = DEFAULT_TONE_HZ) -> Self:
        """Answers when asked to by the INVITE, else rings out."""
        return cls(is_automatic=True, tone_hz=tone_hz)

    def recorded(self) -> Self:
        """The same, and what it hears is kept."""
        return replace(self, is_recorded=True)

    def encoded(self) -> str:
        """As the dialplan reads it; see ``dialplan.VARIABLES``."""
        values = (
            self.sip_code, self.ring_seconds, int(self.is_announced), self.tone_hz, self.speech, self.talk_seconds,
            int(self.is_automatic), int(self.is_recorded),
        )  # fmt: skip
        return ",".join(str(value) for value in values)
