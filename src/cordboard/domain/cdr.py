"""Looking for call records: what can be asked of them, and a page of answers."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cordboard.domain.call_facts import CallFacts, Direction
from cordboard.domain.cause import Outcome


class CdrOrder(StrEnum):
    """What records are sorted by. NEWEST: by their request, latest first, ties by id; all others have ties by number.

    KIND: click-to-calls before other calls.
    """

    NEWEST = "newest"
    STARTED = "started"
    DURATION = "duration"
    NUMBER = "number"
    DIRECTION = "direction"
    KIND = "kind"


@dataclass(frozen=True, slots=True, kw_only=True)
class CdrFilter:
    """Which records, and which page of them. What is empty or None asks for nothing; conditions add up.

    Times are of the request: ``started_from`` ≤ t < ``started_before``. ``number``: the customer's number is any of
    these, in canonical form. ``number_part``: 3 to 8 digits that the customer's number contains; besides, a number
    that begins with ``number_beginning`` meets it (``domain.number.canonical_beginning``). ``is_number_of_either``: all
    that is also asked of the other party's number: the DID of calls that came in, and of all others the extension that
    made them, which must be equal. ``offset`` and ``limit`` count records. ``is_descending``: the last of ``order``
    first, ties too. ``wants_texts``: with transcription and summary.
    """

    started_from: datetime | None = None
    started_before: datetime | None = None
    reference: str = ""
    number: tuple[str, ...] = ()
    number_part: str = ""
    number_beginning: str = ""
    is_number_of_either: bool = False
    directions: tuple[Direction, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    agent_user_names: tuple[str, ...] = ()
    extension: str = ""
    request_id: str = ""
    order: CdrOrder = CdrOrder.NEWEST
    is_descending: bool = False
    wants_texts: bool = False
    offset: int = 0
    limit: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class CdrPage:
    """A page of records; ``total`` counts all that match."""

    rows: list[CallFacts]
    total: int
