"""Call records by the hundred thousand: as texts, a batch at a time, each batch a short read of its own.

No transaction spans two batches, so that an export holds up nothing, however slowly it is taken. Where a batch begins
is told by the order's key, which no two records share: none is left out, none comes twice.
"""

import asyncio
import re
from collections.abc import AsyncGenerator, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from cordboard.domain.call_facts import CallFacts, Direction, RecordingStatus
from cordboard.domain.call_state import EndReason, FlowName, Party
from cordboard.domain.cause import Outcome
from cordboard.domain.cdr import CdrFilter, CdrOrder
from cordboard.store.cdr_search import Search, numbers_of, search_of
from cordboard.store.pool import Door

BATCH = 4000

# Stands between the items of a list.
_SEPARATOR = "\x1f"
_TEXT = "(SELECT t.{} FROM cdr_texts t WHERE (t.tenant_id, t.id) = (c.tenant_id, c.id))"
_LIST = "array_to_string(c.{}, E'\\x1f')"
_WITH_FILE = f"'{RecordingStatus.READY.value}', '{RecordingStatus.EXPIRED.value}'"
_OWN = (
    "c.number", "c.requested_at", "c.agent_name", "c.agent_extension", "c.customer_number", "c.customer_name",
    "c.did_number", "c.did_label", "c.answerer_name", "c.answerer_number", "c.duration_seconds", "c.answer_seconds",
    "c.id", f"CASE WHEN c.recording_status IN ({_WITH_FILE}) THEN c.recording_name END",
)  # fmt: skip
_SHARED = (
    "c.flow", "c.direction", "c.first", "c.connected_at IS NOT NULL", "c.transferred_to <> ''", "c.end_reason",
    "c.outcome", "c.is_archived", "c.contact_id IS NOT NULL", "c.contact_crm", "c.contact_crm_url", "c.voicemail_name",
    "c.sentiment_score", _LIST.format("labels"), _LIST.format("rule_names"), _TEXT.format("transcription"),
    _TEXT.format("summary"),
)  # fmt: skip
_COLUMNS = ", ".join((*_OWN, *_SHARED))
_NUMBER, _REQUESTED_AT, _DURATION = 0, 1, 10

# A record: its own columns, of those in ``_OWN``, and last, in one text, what many have alike; see ``shared_facts``.
ExportedCall = list[str]
Batch = Iterator[ExportedCall]

# Few different values: one after the other, each by an index.
_PARTS = {
    CdrOrder.DIRECTION: tuple(f"c.direction = '{one}'" for one in sorted(Direction)),
    CdrOrder.KIND: ("c.flow = 'click_to_call'", "c.flow <> 'click_to_call'"),
}

_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_NEVER, _NOBODY = datetime.fromtimestamp(0, UTC), UUID(int=0)


async def export(door: Door, tenant_id: int, criteria: CdrFilter, batch: int) -> AsyncGenerator[Batch, None]:
    """All records that meet ``criteria``, in its order; not in that of ``NEWEST``, whose ties have no key here.

    While a batch is worked on, the next one is read. Raises Unavailable.
    """
    order, is_descending = criteria.order, criteria.is_descending
    parts = _PARTS.get(order)
    if parts is not None:
        criteria = replace(criteria, order=CdrOrder.NUMBER)
    whole = search_of(tenant_id, criteria, await numbers_of(door, criteria))
    searches = [whole.narrowed(part) for part in (parts or ("true",))]
    for search in reversed(searches) if is_descending else searches:
        reading = asyncio.create_task(_read(door, search, batch))
        try:
            while True:
                lines = await reading
                is_last = len(lines) < batch
                if not is_last:
                    after = _key(order, _own_columns(lines[-1]))
                    way = "<" if is_descending else ">"
                    rest = search.narrowed(f"({', '.join(after)}) {way} ({{}})", *after.values())
                    reading = asyncio.create_task(_read(door, rest, batch))
                if lines:
                    yield map(_own_columns, lines)
                if is_last:
                    break
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)


async def _read(door: Door, search: Search, limit: int) -> list[str]:
    async with door.held() as held:
        text = await held.copy(search.page(_COLUMNS), *search.values, limit, 0)
    return text.split("\n")[:-1]


def _key(order: CdrOrder, row: ExportedCall) -> Mapping[str, object]:
    """What comes after ``row`` is beyond these values of these columns."""
    number = {"c.number": int(row[_NUMBER])}
    match order:
        case CdrOrder.STARTED:
            return {"c.requested_at": datetime.fromisoformat(row[_REQUESTED_AT]), **number}
        case CdrOrder.DURATION:
            return {"c.duration_seconds": int(row[_DURATION]), **number}
        case _:
            return number


def _own_columns(line: str) -> ExportedCall:
    """A line of COPY's text, whose tabs and line ends are escaped where they are not its own."""
    row = line.split("\t", len(_OWN))
    if "\\" in line:
        row[:-1] = [_unescaped(text) for text in row[:-1]]
    return row


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda found: _ESCAPES.get(found[1], found[1]), text) if "\\" in text else text


def shared_facts(tenant_id: int, text: str) -> CallFacts:
    """The facts in an exported call's last column; all others are empty, and each time stands for any."""
    (
        flow, direction, first, is_answered, is_transferred, end_reason, outcome, is_archived, has_contact, crm,
        crm_url, voicemail_name, sentiment_score, labels, rule_names, transcription, summary,
    ) = map(_unescaped, text.split("\t"))  # fmt: skip
    return CallFacts(
        tenant_id=tenant_id,
        id=_NOBODY,
        reference="",
        flow=FlowName(flow),
        direction=Direction(direction),
        first=Party(first),
        request_id="",
        agent_id=None,
        agent_user_name="",
        agent_name="",
        agent_extension="",
        customer_number="",
        customer_name="",
        did_number="",
        requested_at=_NEVER,
        ringing_at=None,
        connected_at=_NEVER if is_answered == "t" else None,
        ended_at=_NEVER,
        held_milliseconds=0,
        outcome=Outcome(outcome),
        ended_by=None,
        end_reason=EndReason(end_reason),
        failed_party=None,
        sip_code=None,
        recording_name="",
        recording_status=RecordingStatus.NONE,
        transferred_to="0" if is_transferred == "t" else "",
        contact_id=_NOBODY if has_contact == "t" else None,
        contact_crm=crm,
        contact_crm_url=crm_url,
        is_archived=is_archived == "t",
        labels=tuple(labels.split(_SEPARATOR)) if labels else (),
        rule_names=tuple(rule_names.split(_SEPARATOR)) if rule_names else (),
        voicemail_name=voicemail_name,
        sentiment_score=int(sentiment_score) if sentiment_score else None,
        transcription=transcription,
        summary=summary,
    )
