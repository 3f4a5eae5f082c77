"""Call records: written once, looked for ever after."""

from collections.abc import AsyncGenerator
from dataclasses import field, fields, make_dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from cordboard.domain.call_facts import CallFacts, Direction, RecordingStatus
from cordboard.domain.call_state import EndedBy, EndReason, FlowName, Party
from cordboard.domain.cause import Outcome
from cordboard.domain.cdr import CdrFilter, CdrPage
from cordboard.store.cdr_counts import FOLD, count_of
from cordboard.store.cdr_export import BATCH, Batch, export
from cordboard.store.cdr_search import Numbers, numbers_of, search_of
from cordboard.store.pool import Door, Row

# How many parts a recording has is for whoever settles it, and gone with it. Texts have a table of their own.
_TEXTS = ("transcription", "summary")
_FIELDS = tuple(field.name for field in fields(CallFacts) if field.name not in ("recording_parts", *_TEXTS))
_WRITTEN = tuple(name for name in _FIELDS if name != "number")
_COLUMNS = ", ".join(f"c.{name}" for name in _FIELDS)
_TEXT = "COALESCE((SELECT t.{} FROM cdr_texts t WHERE (t.tenant_id, t.id) = (c.tenant_id, c.id)), '')"
_WITH_TEXTS = ", ".join((_COLUMNS, *(_TEXT.format(text) for text in _TEXTS)))
_WITHOUT_TEXTS = ", ".join((_COLUMNS, *("''" for _ in _TEXTS)))
_INSERT = f"""
WITH written AS (
    INSERT INTO cdrs ({", ".join(_WRITTEN)})
    VALUES ({", ".join(f"${place}" for place in range(1, len(_WRITTEN) + 1))}) RETURNING tenant_id, id, number),
due AS (
    INSERT INTO cdr_events (tenant_id, id, due_at)
    SELECT tenant_id, id, ${len(_WRITTEN) + 1} FROM written WHERE ${len(_WRITTEN) + 1}::timestamptz IS NOT NULL)
SELECT number FROM written
"""
# From here on the page's ids come from an index alone, and only the page's own rows are read (31 against 9 ms at
# offset 100,000).
_FAR = 1000

# Enum(value) costs 4 times a look-up: 10 of them in each of 50 rows.
_FLOWS = {one.value: one for one in FlowName}
_DIRECTIONS = {one.value: one for one in Direction}
_PARTIES = {None: None} | {one.value: one for one in Party}
_OUTCOMES = {one.value: one for one in Outcome}
_ENDED_BY = {one.value: one for one in EndedBy}
_END_REASONS = {one.value: one for one in EndReason}
_STATUSES = {one.value: one for one in RecordingStatus}
# The same fields without the lock on them, a row's first and in its order: 0.7 µs a row, of which a frozen class's
# keywords would make 7.8.
_Draft: Any = make_dataclass(
    "_Draft",
    [*((name, Any) for name in (*_FIELDS, *_TEXTS)), ("recording_parts", int, field(default=0))],
    slots=True,
)


def facts_of_row(row: Row) -> CallFacts:
    """The facts in a row that has ``_FIELDS``, in their order, and then the texts."""
    draft = _Draft(*row)
    draft.flow = _FLOWS[draft.flow]
    draft.direction = _DIRECTIONS[draft.direction]
    draft.first = _PARTIES[draft.first]
    draft.outcome = _OUTCOMES[draft.outcome]
    draft.ended_by = _ENDED_BY[draft.ended_by]
    draft.end_reason = _END_REASONS[draft.end_reason]
    draft.failed_party = _PARTIES[draft.failed_party]
    draft.recording_status = _STATUSES[draft.recording_status]
    draft.labels = tuple(draft.labels)
    draft.rule_names = tuple(draft.rule_names)
    draft.__class__ = CallFacts
    facts: CallFacts = draft
    return facts


class Cdrs:
    """A tenant's call records."""

    def __init__(self, door: Door, tenant_id: int) -> None:
        self._door = door
        self._tenant_id = tenant_id

    async def insert(self, facts: CallFacts, event_due_at: datetime | None) -> int:
        """The record of a call that is over; returns its number. ``event_due_at``: see ``take_event``."""
        values = [getattr(facts, name) for name in _WRITTEN]
        plain = [value.value if isinstance(value, StrEnum) else value for value in values]
        number = int(await self._door.value(_INSERT, *plain, event_due_at))
        if facts.transcription or facts.summary:
            sql = "INSERT INTO cdr_texts (tenant_id, id, transcription, summary) VALUES ($1, $2, $3, $4)"
            await self._door.fetch(sql, self._tenant_id, facts.id, facts.transcription, facts.summary)
        return number

    async def get(self, call_id: UUID) -> CallFacts | None:
        """The record of a call."""
        sql = f"SELECT {_WITH_TEXTS} FROM cdrs c WHERE c.tenant_id = $1 AND c.id = $2"
        row = await self._door.row(sql, self._tenant_id, call_id)
        return None if row is None else facts_of_row(row)

    async def by_reference(self, reference: str) -> CallFacts | None:
        """The record of the call of that reference."""
        sql = f"SELECT {_WITH_TEXTS} FROM cdrs c WHERE c.tenant_id = $1 AND c.reference = $2"
        row = await self._door.row(sql, self._tenant_id, reference)
        return None if row is None else facts_of_row(row)

    async def by_number(self, number: int) -> CallFacts | None:
        """The record of that number."""
        sql = f"SELECT {_WITH_TEXTS} FROM cdrs c WHERE c.tenant_id = $1 AND c.number = $2"
        row = await self._door.row(sql, self._tenant_id, number)
        return None if row is None else facts_of_row(row)

    async def find(self, criteria: CdrFilter) -> CdrPage:
        """A page of the records that meet ``criteria``, and how many there are."""
        columns = _WITH_TEXTS if criteria.wants_texts else _WITHOUT_TEXTS
        async with self._door.held() as door:
            numbers = await numbers_of(door, criteria)
            search = search_of(self._tenant_id, criteria, numbers)
            total = await self._quick_count(door, criteria, numbers)
            if total is not None and total <= criteria.offset:
                return CdrPage(rows=[], total=total)
            page = search.far_page(columns) if criteria.offset >= _FAR else search.page(columns)
            rows = await door.fetch(page, *search.values, criteria.limit, criteria.offset)
            if len(rows) < criteria.limit and (rows or criteria.offset == 0):
                total = criteria.offset + len(rows)
            elif total is None:
                counted = count_of(self._tenant_id, criteria, numbers) or (search.count(), search.values)
                total = int(await door.value(counted[0], *counted[1]))
        # What ended between the two statements is on the page.
        seen = criteria.offset + len(rows) if rows else 0
        return CdrPage(rows=[facts_of_row(row) for row in rows], total=max(total, seen))

    async def _quick_count(self, door: Door, criteria: CdrFilter, numbers: Numbers | None) -> int | None:
        """How many there are, when that takes less than the page: nothing is then read for a page that is empty."""
        counted = None if numbers else count_of(self._tenant_id, criteria, None)
        return None if counted is None else int(await door.value(counted[0], *counted[1]))

    def export(self, criteria: CdrFilter, *, batch: int = BATCH) -> AsyncGenerator[Batch, None]:
        """All records that meet ``criteria``, ``batch`` at a time, as texts; see ``cdr_export``."""
        return export(self._door, self._tenant_id, criteria, batch)

    async def set_recording(self, call_id: UUID, status: RecordingStatus) -> None:
        """What became of its recording."""
        sql = "UPDATE cdrs SET recording_status = $3 WHERE tenant_id = $1 AND id = $2"
        await self._door.fetch(sql, self._tenant_id, call_id, status.value)

    async def take_event(self, call_id: UUID) -> bool:
        """The right to release the record's event: True exactly once, to whoever commits it."""
        sql = "DELETE FROM cdr_events WHERE tenant_id = $1 AND id = $2 RETURNING 1"
        return await self._door.value(sql, self._tenant_id, call_id) is not None


class AllCdrs:
    """Every tenant's records: whose event is late, and how many there are."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def due_events(self, now: datetime, limit: int) -> list[tuple[int, UUID]]:
        """Tenant and call of records whose event is due, longest due first."""
        sql = "SELECT tenant_id, id FROM cdr_events WHERE due_at <= $1 ORDER BY due_at LIMIT $2"
        return [(row[0], row[1]) for row in await self._door.fetch(sql, now, limit)]

    async def fold_counts(self, limit: int) -> int:
        """Move up to ``limit`` changes of counts into the counts; returns how many those were."""
        return int(await self._door.value(FOLD, limit))
