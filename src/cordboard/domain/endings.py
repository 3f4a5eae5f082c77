"""How a call came to its end, in one word, and what a caller who was not answered is told of it."""

from collections.abc import Iterable

from cordboard.domain.call_state import EndedBy, Ending, EndReason, Leg, Party
from cordboard.domain.cause import BUSY_CODES, REJECTED_CODES, Cause, sip_code
from cordboard.domain.commands import HangUpReason

OTHER_PARTY = {Party.AGENT: Party.CUSTOMER, Party.CUSTOMER: Party.AGENT}

_WORD_OF_CODE = (
    (BUSY_CODES, "busy"),
    (REJECTED_CODES, "declined"),
    (frozenset({408, 487}), "no_answer"),
    (frozenset({480}), "unreachable"),
)
_OWN_DOING = frozenset({"busy", "declined", "hung_up", "gave_up", "transferred"})
# Of several phones that did not answer: somebody who may have heard it says more than one who was busy.
_TELLING = ("no_answer", "declined", "busy", "unreachable", "failed")

_REASONS = {
    "busy": HangUpReason.BUSY,
    "declined": HangUpReason.DECLINED,
    "no_answer": HangUpReason.NO_ANSWER,
    "unreachable": HangUpReason.UNREACHABLE,
}
_REASON_OF_CODE = {
    403: HangUpReason.FORBIDDEN,
    404: HangUpReason.UNKNOWN_NUMBER,
    410: HangUpReason.UNKNOWN_NUMBER,
    484: HangUpReason.UNKNOWN_NUMBER,
    503: HangUpReason.OVERLOADED,
}


def ending_of(party: Party, word: str, cause: Cause) -> Ending:
    """The ending of a call by what became of one party."""
    by = EndedBy(party.value) if word in _OWN_DOING else EndedBy.SYSTEM
    return Ending(reason=EndReason(f"{party.value}_{word}"), by=by, cause=cause, party=party)


def word_of(cause: Cause) -> str:
    """What it means that a leg ended by ``cause`` before it was answered."""
    code = sip_code(cause)
    return next((word for codes, word in _WORD_OF_CODE if code in codes), "failed")


def most_telling(legs: Iterable[Leg]) -> Cause:
    """The cause, out of those of several legs that were not answered, that says why their party cannot be had."""
    causes = [leg.cause for leg in legs if not leg.is_live]
    return min(causes, key=lambda cause: _TELLING.index(word_of(cause)), default=Cause(sip=480))


def reason_for_caller(ending: Ending) -> HangUpReason:
    """What a caller is told who was never answered."""
    if ending.reason is EndReason.QUEUE_EXPIRED:
        return HangUpReason.OVERLOADED
    if ending.reason is EndReason.SYSTEM_HUNG_UP:
        return HangUpReason.UNREACHABLE
    word = word_of(ending.cause)
    return _REASONS.get(word) or _REASON_OF_CODE.get(sip_code(ending.cause) or 0, HangUpReason.FAILED)
