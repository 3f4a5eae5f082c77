"""How many call records meet a ``CdrFilter``: sums of what is counted by day and month, and the rest counted live.

Exact in every snapshot: a record and its change of the counts are committed together, and so is what a worker folds.
"""

from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from cordboard.domain.call_facts import Direction
from cordboard.domain.cdr import CdrFilter
from cordboard.store.cdr_search import Numbers, has_part

# From the first instant, before the second; None: without an end.
Span: TypeAlias = tuple[datetime | None, datetime | None]

_EVERY = frozenset(Direction)
_INBOUND = frozenset({Direction.INBOUND})

# Grains of what is counted; of agents and extensions months suffice, since their own days are few rows.
_FOLDED = """
INSERT INTO cdr_counts (tenant_id, counted, value, grain, starts_on, direction, outcome, calls)
SELECT tenant_id, counted, value, grain, date_trunc(grain, day::timestamp)::date AS starts_on, direction, outcome,
    sum(calls)
FROM {taken} CROSS JOIN LATERAL (VALUES
    ('all', '', 'day'), ('all', '', 'month'), ('did', did_number, 'day'), ('did', did_number, 'month'),
    ('agent', agent_user_name, 'month'), ('extension', agent_extension, 'month')) AS of (counted, value, grain)
WHERE counted <> 'did' OR direction = 'inbound'
GROUP BY tenant_id, counted, value, grain, starts_on, direction, outcome
-- Two workers take the rows in one order, and neither waits for ever.
ORDER BY tenant_id, counted, value, grain, starts_on, direction, outcome
ON CONFLICT (tenant_id, counted, value, grain, starts_on, direction, outcome)
DO UPDATE SET calls = cdr_counts.calls + excluded.calls
"""
_CHANGE = "tenant_id, day, direction, outcome, did_number, agent_user_name, agent_extension"

# Moves up to $1 changes into the counts; gives how many those were.
FOLD = f"""
WITH taken AS (
    DELETE FROM cdr_count_changes WHERE (tenant_id, id) IN (
        SELECT tenant_id, id FROM cdr_count_changes LIMIT $1 FOR UPDATE SKIP LOCKED)
    RETURNING {_CHANGE}, calls),
folded AS ({_FOLDED.format(taken="taken")})
SELECT count(*) FROM taken
"""
_ENDED_CALLS = f"""
SELECT {_CHANGE.replace("day", "(requested_at AT TIME ZONE 'UTC')::date AS day")}, count(*) AS calls
FROM cdrs GROUP BY {_CHANGE}
"""
# All records at once, for whoever put them there past the trigger. The counts must be empty.
COUNT_ALL = _FOLDED.format(taken=f"({_ENDED_CALLS}) AS ended_calls")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """What is counted: the column that has its values, its grains from the coarsest, the directions that it has."""

    counted: str
    column: str = ""
    grains: tuple[str, ...] = ("month",)
    directions: frozenset[Direction] = _EVERY


_ALL = _Kind(counted="all", grains=("month", "day"))
_DID = _Kind(counted="did", column="did_number", grains=("month", "day"), directions=_INBOUND)
_AGENT = _Kind(counted="agent", column="agent_user_name")
_EXTENSION = _Kind(counted="extension", column="agent_extension")
_CALLER = _Kind(counted="extension", column="agent_extension", directions=_EVERY - _INBOUND)

# What may be asked besides what is counted, or changes no count.
_BESIDES = frozenset({
    "started_from", "started_before", "directions", "outcomes", "is_number_of_either",
    "number_beginning", "order", "is_descending", "wants_texts", "offset", "limit",
})  # fmt: skip
_DEFAULTS = {one.name: one.default for one in fields(CdrFilter) if one.name not in _BESIDES}


@dataclass(slots=True)
class _Count:
    """A sum in SQL, in the making. ``alike``: the conditions of every term."""

    span: Span
    asked: frozenset[Direction]
    values: list[object]
    alike: list[str] = field(default_factory=list)
    terms: list[str] = field(default_factory=list)

    def place(self, value: object) -> str:
        """Where a value stands."""
        self.values.append(value)
        return f"${len(self.values)}"

    def add_kind(self, kind: _Kind, names: tuple[str, ...] = ()) -> None:
        """Records of a kind, of any of ``names``."""
        directions = self.asked & kind.directions
        if not directions:
            return
        parts = _parts(self.span, kind.grains)
        of_name = [self._any(kind.column, names)] if kind.column else []
        which = [*self.alike, *_of(directions)]
        value = [f"n.value = ANY (${len(self.values)}::text[])"] if kind.column else ["n.value = ''"]
        for grain, span in parts:
            if grain:
                counted = [f"n.counted = '{kind.counted}'", f"n.grain = '{grain}'", *value]
                self._add("sum(calls)", "cdr_counts", [*counted, *which, *self._within(span, "starts_on")])
            else:
                self._add("count(*)", "cdrs", [*of_name, *which, *self._within(span, "requested_at")])
        if whole := [span for grain, span in parts if grain]:
            self._add("sum(calls)", "cdr_count_changes", [*of_name, *which, *self._within(_joined(whole), "day")])

    def add_customers(self, criteria: CdrFilter, numbers: Numbers) -> None:
        """Records of customers' numbers, less those whose other party is meant too.

        In two terms: the first needs nothing but its index (three digits that most of 3 million have: 0.5 s, not 8).
        """
        if numbers.is_partial:
            beginning = self.place(criteria.number_beginning) if criteria.number_beginning else ""
            which = has_part("n.customer_number", self.place(criteria.number_part), beginning)
        else:
            which = self._any("customer_number", numbers.numbers)
        alike = [which, *self.alike, *self._within(self.span, "requested_at")]
        self._add("count(*)", "cdrs", [*alike, *_of(self.asked)])
        if inbound := self.asked & _INBOUND:
            self._add("-count(*)", "cdrs", [*alike, *_of(inbound), self._any("did_number", numbers.numbers)])
        if others := self.asked - _INBOUND:
            self._add("-count(*)", "cdrs", [*alike, *_of(others), self._any("agent_extension", numbers.extensions)])

    def _any(self, column: str, values: tuple[str, ...]) -> str:
        return f"n.{column} = ANY ({self.place(list(values))}::text[])"

    def _add(self, what: str, table: str, conditions: list[str]) -> None:
        self.terms.append(f"(SELECT COALESCE({what}, 0) FROM {table} n WHERE {' AND '.join(conditions)})")

    def _within(self, span: Span, column: str) -> list[str]:
        """``column`` within it: an instant, or the day (UTC) that a day or month begins on."""
        limits = [(sign, instant) for sign, instant in zip((">=", "<"), span, strict=True) if instant is not None]
        return [
            f"n.{column} {sign} {self.place(instant if column == 'requested_at' else instant.date())}"
            for sign, instant in limits
        ]


def count_of(tenant_id: int, criteria: CdrFilter, numbers: Numbers | None) -> tuple[str, list[object]] | None:
    """The statement that counts, with its values; None when only the records themselves can tell.

    ``numbers``: as ``cdr_search`` has them.
    """
    asked = {name for name, default in _DEFAULTS.items() if getattr(criteria, name) != default}
    if len(asked) > 1 or not asked <= {"agent_user_names", "extension", "number", "number_part"}:
        return None
    if asked & {"number", "number_part"} and (numbers is None or not criteria.is_number_of_either):
        return None
    span = (criteria.started_from, criteria.started_before)
    count = _Count(span, frozenset(criteria.directions) or _EVERY, [tenant_id], ["n.tenant_id = $1"])
    if criteria.outcomes:
        place = count.place([outcome.value for outcome in criteria.outcomes])
        count.alike.append(f"n.outcome = ANY ({place}::text[])")
    if criteria.agent_user_names:
        count.add_kind(_AGENT, criteria.agent_user_names)
    elif criteria.extension:
        count.add_kind(_EXTENSION, (criteria.extension,))
    elif numbers is not None:
        count.add_kind(_DID, numbers.numbers)
        if numbers.extensions:
            count.add_kind(_CALLER, numbers.extensions)
        count.add_customers(criteria, numbers)
    else:
        count.add_kind(_ALL)
    return f"SELECT ({' + '.join(count.terms)})::bigint", count.values


def _of(directions: frozenset[Direction]) -> list[str]:
    """Written out, so that the planner knows when an index of some directions will do."""
    if directions == _EVERY:
        return []
    return [f"n.direction IN ({', '.join(sorted(repr(one.value) for one in directions))})"]


def _parts(span: Span, grains: tuple[str, ...]) -> list[tuple[str, Span]]:
    """``span`` in whole months and days as far as ``grains`` has them, and what is left ("")."""
    after, before = span
    if not grains:
        return [("", span)]
    try:
        first = None if after is None else _begin(after, grains[0], is_next=True)
        last = None if before is None else _begin(before, grains[0], is_next=False)
    except OverflowError:
        return [("", span)]  # before the year 1, or after 9999
    if first is not None and last is not None and first >= last:
        return _parts(span, grains[1:])
    parts: list[tuple[str, Span]] = [(grains[0], (first, last))]
    if after != first:
        parts += _parts((after, first), grains[1:])
    if last != before:
        parts += _parts((last, before), grains[1:])
    return parts


def _joined(spans: list[Span]) -> Span:
    """The one span that several are, which lie side by side."""
    first, last = [after for after, _ in spans if after], [before for _, before in spans if before]
    return min(first) if len(first) == len(spans) else None, max(last) if len(last) == len(spans) else None


def _begin(instant: datetime, grain: str, *, is_next: bool) -> datetime:
    """The beginning of the month or day (UTC) that ``instant`` is in; with ``is_next`` the first not before it."""
    utc = instant.astimezone(UTC)
    begin = utc.replace(day=1 if grain == "month" else utc.day, hour=0, minute=0, second=0, microsecond=0)
    if not is_next or begin == utc:
        return begin
    return (begin + timedelta(days=31)).replace(day=1) if grain == "month" else begin + timedelta(days=1)
