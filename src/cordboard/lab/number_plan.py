"""The lab carrier's numbers: the last four digits say what happens. Dialplan, demo, docs and tests read it here.

Any number is taken, as ``09…``, ``84…`` or ``+84…``. ``nnn`` below are the last three digits.
"""

from dataclasses import dataclass, field

from cordboard.lab.behaviour import (
    DEFAULT_TONE_HZ,
    SPEECH,
    Behaviour,
)

# A mobile number's first digits, so that all of the plan's numbers are possible ones in Viet Nam.
NATIONAL_PREFIX = "098765"
INTERNATIONAL_PREFIX = "+8498765"

# The demo tenant's own number: no party's of the lab. Its carrier brings calls to it to Cordboard.
DEMO_DID = "+842873000001"

# Put in place of one of a Behaviour's numbers: the number's last three digits.
DIGITS = "nnn"
TEN_TIMES_DIGITS = "nnn * 10"
SIP_CODE = "nnn, 404 when it is no final SIP code"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanEntry:
    """What numbers of one kind do.

    ``kind`` is the fourth digit from the end. ``behaviour`` is what all of them share; ``varied`` names the field of
    it that comes from the digits, and how.
    """

    kind: str
    text: str
    behaviour: Behaviour
    varied: dict[str, str] = field(default_factory=dict)

    @property
    def ending(self) -> str:
        """The last four digits, as in a table."""
        return self.kind + ("nnn" if self.varied else "000")


PLAN: tuple[PlanEntry, ...] = (
    PlanEntry(
        kind="1",
        text=f"answers at once and plays a tone of nnn × 10 Hz (000: {DEFAULT_TONE_HZ} Hz)",
        behaviour=Behaviour(),
        varied={"tone_hz": TEN_TIMES_DIGITS},
    ),
    PlanEntry(
        kind="2",
        text="rings nnn seconds, answers, speaks for 6 seconds and hangs up",
        behaviour=Behaviour(speech=SPEECH, tone_hz=0, talk_seconds=0.5),
        varied={"ring_seconds": DIGITS},
    ),
    PlanEntry(
        kind="3",
        text="rings a second, answers, plays a tone and hangs up after nnn seconds",
        behaviour=Behaviour(ring_seconds=1),
        varied={"talk_seconds": DIGITS},
    ),
    PlanEntry(
        kind="4",
        text="refuses at once with SIP code nnn (404 no such number, 486 busy, 480, 503, …)",
        behaviour=Behaviour(sip_code=480),
        varied={"sip_code": SIP_CODE},
    ),
    PlanEntry(
        kind="5",
        text="announces (early media), then gives SIP code nnn (200: answers)",
        behaviour=Behaviour(is_announced=True),
        varied={"sip_code": SIP_CODE},
    ),
    PlanEntry(
        kind="6",
        text="rings a second, then refuses with SIP code nnn (603: declined)",
        behaviour=Behaviour(sip_code=603, ring_seconds=1),
        varied={"sip_code": SIP_CODE},
    ),
    PlanEntry(kind="7", text="rings until the caller gives up", behaviour=Behaviour.ringing_out()),
    PlanEntry(kind="8", text="answers at once and is silent", behaviour=Behaviour(tone_hz=0)),
)
OTHERWISE = Behaviour.answering()
OTHERWISE_TEXT = f"any other number rings a second, answers and plays a tone of {DEFAULT_TONE_HZ} Hz"


def number(ending: str, *, is_international: bool = False) -> str:
    """A number of the plan by its last four digits: ``number("4486")`` is busy."""
    return (INTERNATIONAL_PREFIX if is_international else NATIONAL_PREFIX) + ending


def tone_number(hz: int) -> str:
    """The ending of a number that answers at once and plays ``hz``, a multiple of 10."""
    return f"1{hz // 10:03d}"


# For people: one number of each kind, and what it does.
EXAMPLES: tuple[tuple[str, str], ...] = (
    (number("1044"), "answers at once and plays 440 Hz"),
    (number("2002"), "rings 2 seconds, answers, speaks and hangs up"),
    (number("3010"), "rings, answers, hangs up after 10 seconds"),
    (number("4486"), "is busy"),
    (number("4404"), "does not exist"),
    (number("4503"), "cannot be reached: 503"),
    (number("5404"), "is announced not to exist (early media)"),
    (number("5200"), "is announced, then answers"),
    (number("6603"), "rings and declines"),
    (number("7000"), "rings and is not answered"),
)


def table() -> str:
    """The plan as lines of text, for people."""
    rows = [(NATIONAL_PREFIX + entry.ending, entry.text) for entry in PLAN]
    return "\n".join(f"{digits:<10}  {text}" for digits, text in (*rows, ("", OTHERWISE_TEXT)))
