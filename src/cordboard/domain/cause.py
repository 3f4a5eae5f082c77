"""Why a leg ended: Q.850 causes and SIP codes, and what they mean for a call.

Sources: ITU-T Q.850 table 1; RFC 3261 section 21; RFC 3398 section 8.2.6 (SIP to Q.850); RFC 8197 (607), 8688 (608).
"""

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """How a call came out."""

    ANSWERED = "answered"
    BUSY = "busy"
    REJECTED = "rejected"
    MISSED = "missed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a leg ended.

    ``q850`` is the ISDN cause (0 = the engine gave none); ``sip`` the SIP status code the far end answered, or
    None when it sent none.
    """

    q850: int = 0
    sip: int | None = None


NORMAL_CLEARING = 16
USER_BUSY = 17
NO_USER_RESPONDING = 18
NO_ANSWER = 19
CALL_REJECTED = 21
ANSWERED_ELSEWHERE = 26

BUSY_CODES = frozenset({486, 600})
REJECTED_CODES = frozenset({603, 607, 608})
MISSED_CODES = frozenset({408, 480, 487})

# The other way round from RFC 3398: for legs that ended without a SIP answer of their own.
_SIP_OF_Q850 = {
    1: 404, 2: 404, 3: 404, 17: 486, 18: 408, 19: 480, 20: 480, 21: 603, 22: 410, 23: 410, 26: 487, 27: 502,
    28: 484, 29: 501, 31: 480, 34: 503, 38: 503, 41: 503, 42: 503, 44: 503, 47: 503, 55: 403, 57: 403, 58: 503,
    65: 488, 70: 488, 79: 501, 87: 403, 88: 503, 102: 504, 111: 500, 127: 500,
}  # fmt: skip


def sip_code(cause: Cause) -> int | None:
    """The SIP status code of a leg that failed: its own, else the one that stands for its Q.850 cause."""
    if cause.sip is not None and cause.sip >= 300:
        return cause.sip
    return _SIP_OF_Q850.get(cause.q850)


def outcome_of(cause: Cause) -> Outcome:
    """The outcome of a call whose decisive leg ended unconnected by ``cause``."""
    code = sip_code(cause)
    if code in BUSY_CODES:
        return Outcome.BUSY
    if code in REJECTED_CODES:
        return Outcome.REJECTED
    if code in MISSED_CODES:
        return Outcome.MISSED
    return Outcome.FAILED


def is_trunk_failure(cause: Cause, *, has_progressed: bool) -> bool:
    """True when another trunk may still carry the call: this one answered 503, or nothing at all.

    Nothing at all shows as a 408 of our own stack (RFC 3261 17.1.1.2, Timer B) before any provisional answer; a
    refusal to dial (no route, name that does not resolve) as 502 or 503 of the same kind.
    """
    if has_progressed:
        return False
    return sip_code(cause) in {408, 502, 503}
