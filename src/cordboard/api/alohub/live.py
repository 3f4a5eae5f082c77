"""Live calls among the ended ones: one list, newest first, its pages exact."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from cordboard.domain.call_facts import CallFacts, facts_of
from cordboard.domain.cdr import CdrFilter
from cordboard.store import TenantRows


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which calls of the tenant: those that meet ``criteria``, of the kinds that are asked for."""

    criteria: CdrFilter
    has_ended: bool = True
    has_ringing: bool = True
    has_connected: bool = True


async def find_calls(rows: TenantRows, wanted: Wanted) -> tuple[list[CallFacts], int]:
    """The page that is asked for, and how many calls there are in all.

    Live calls are read before ended ones: a call that ends in between is seen twice and shown once, never missed.
    """
    live = await _live_calls(rows, wanted)
    if not wanted.has_ended:
        return _page(live, 0, wanted.criteria), len(live)
    if not live:
        found = await rows.cdrs.find(wanted.criteria)
        return found.rows, found.total
    # An ended call at place p of the whole list is at p, or up to len(live) places before, among the ended ones.
    first = max(0, wanted.criteria.offset - len(live))
    reach = wanted.criteria.offset - first
    found = await rows.cdrs.find(replace(wanted.criteria, offset=first, limit=wanted.criteria.limit + reach))
    return merge(live, found.rows, first, wanted.criteria), len(live) + found.total


def merge(live: list[CallFacts], ended: list[CallFacts], first: int, criteria: CdrFilter) -> list[CallFacts]:
    """The page of the whole list, from all live calls and the ended ones from place ``first`` on."""
    known = {facts.id for facts in ended}
    live = [facts for facts in live if facts.id not in known]
    both = sorted([*live, *ended], key=_newest_first, reverse=True)
    if first == 0 or not ended:
        return _page(both, first, criteria)
    newer = sum(_newest_first(facts) > _newest_first(ended[0]) for facts in live)
    return _page(both[newer:], first + newer, criteria)


def _page(calls: list[CallFacts], first: int, criteria: CdrFilter) -> list[CallFacts]:
    """The page, out of a list that begins at place ``first`` of the whole."""
    start = criteria.offset - first
    return calls[start : start + criteria.limit] if start >= 0 else []


def _newest_first(facts: CallFacts) -> tuple[datetime, UUID]:
    return facts.requested_at, facts.id


async def _live_calls(rows: TenantRows, wanted: Wanted) -> list[CallFacts]:
    if not wanted.has_ringing and not wanted.has_connected:
        return []
    every = [facts_of(call) for call in await rows.calls.live()]
    found = [facts for facts in every if _is_kind(facts, wanted) and meets(facts, wanted.criteria)]
    return sorted(found, key=_newest_first, reverse=True)


def _is_kind(facts: CallFacts, wanted: Wanted) -> bool:
    return wanted.has_ringing if facts.connected_at is None else wanted.has_connected


def meets(facts: CallFacts, criteria: CdrFilter) -> bool:
    """Whether a call meets the criteria: the same that the store asks of ended ones, outcome aside."""
    return all(
        (
            criteria.started_from is None or facts.requested_at >= criteria.started_from,
            criteria.started_before is None or facts.requested_at < criteria.started_before,
            not criteria.reference or facts.reference == criteria.reference,
            not criteria.number or facts.customer_number in criteria.number,
            not criteria.number_part or _has_part(facts.customer_number, criteria),
            not criteria.directions or facts.direction in criteria.directions,
            not criteria.agent_user_names or facts.agent_user_name in criteria.agent_user_names,
            not criteria.extension or facts.agent_extension == criteria.extension,
            not criteria.request_id or facts.request_id == criteria.request_id,
        )
    )


def _has_part(number: str, criteria: CdrFilter) -> bool:
    if criteria.number_part in number:
        return True
    return bool(criteria.number_beginning) and number.startswith(criteria.number_beginning)
