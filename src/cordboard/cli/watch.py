"""Watch all calls of tenants as they begin, change and end."""

import asyncio
import sys
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from cordboard.actions.core import Core
from cordboard.cli.call_rows import row_of
from cordboard.cli.output import Row, to_json
from cordboard.cli.timeline import Moment, Story
from cordboard.domain.call_facts import CallFacts, Direction, facts_of
from cordboard.domain.call_state import Call
from cordboard.domain.cdr import CdrFilter
from cordboard.domain.tenant import Tenant

# What a person takes for at once; one look reads all live calls of a tenant.
POLL_SECONDS = 0.1
# A call that came and went between two looks is found by its record. No other machine's clock is off by more.
RECENT = timedelta(seconds=10)
MOST_RECENT = 1000

Teller = Callable[[Tenant, Moment, Row], None]


async def watch(core: Core, tenants: Sequence[Tenant], tell: Teller) -> None:
    """Tell of the calls of all ``tenants`` until cancelled. Raises Unavailable."""
    watches = [Watch(core, tenant, tell) for tenant in tenants]
    while True:
        for each in watches:
            await each.look()
        await asyncio.sleep(POLL_SECONDS)


class Watch:
    """Tells every moment of every call once: first of those that live, then as they happen."""

    def __init__(self, core: Core, tenant: Tenant, tell: Teller) -> None:
        self._core = core
        self._tenant = tenant
        self._rows = core.store.for_tenant(tenant.id)
        self._tell = tell
        self._stories: dict[UUID, Story] = {}
        self._ended: dict[UUID, datetime] = {}
        self._trunks: dict[int, str] = {}
        self._news: list[tuple[Moment, Row]] = []
        self._began_at = self._looked_at = core.clock.now()

    async def look(self) -> None:
        """Tell what is new, in order; of calls that are over, only of those that were alive since it was made."""
        now = self._core.clock.now()
        self._trunks = {trunk.id: trunk.name for trunk in await self._rows.trunks.list()}
        live = await self._rows.calls.live()
        for call in reversed(live):
            facts = facts_of(call)
            self._note(self._story(facts, call).live(call, now), facts, call)
        for call_id in self._stories.keys() - {call.id for call in live}:
            record = await self._rows.cdrs.get(call_id)
            if record is not None:
                self._close(record)
        since = max(self._began_at, self._looked_at - RECENT)
        recent = await self._rows.cdrs.find(CdrFilter(started_from=since, limit=MOST_RECENT))
        for record in reversed(recent.rows):
            if record.id not in self._ended:
                self._close(record)
        self._ended = {call_id: at for call_id, at in self._ended.items() if at >= now - RECENT}
        self._looked_at = now
        news, self._news = sorted(self._news, key=lambda each: each[0].at), []
        for moment, row in news:
            self._tell(self._tenant, moment, row)

    def _story(self, facts: CallFacts, call: Call | None = None) -> Story:
        story = self._stories.get(facts.id)
        if story is None:
            story = self._stories[facts.id] = Story(self._trunks)
            self._note([Moment(at=facts.requested_at, event="began", text=_who_calls_whom(facts))], facts, call)
        return story

    def _close(self, record: CallFacts) -> None:
        self._note(self._story(record).ended(record), record)
        del self._stories[record.id]
        self._ended[record.id] = record.requested_at

    def _note(self, moments: list[Moment], facts: CallFacts, call: Call | None = None) -> None:
        self._news += [(moment, row_of(facts, call)) for moment in moments]


def tell_people(tenant: Tenant, moment: Moment, row: Row) -> None:
    """One line: the time in the tenant's zone, whose call and which, and what."""
    clock = moment.at.astimezone(tenant.zone).strftime("%H:%M:%S.%f")[:-3]
    sys.stdout.write(f"{clock}  {tenant.name}  {row['reference']}  {moment.text}\n")
    sys.stdout.flush()


def tell_json(tenant: Tenant, moment: Moment, row: Row) -> None:
    """One JSON object on a line: the moment, and the call as it is now."""
    told = {"tenant": tenant.name, "at": moment.at, "event": moment.event, "text": moment.text, "call": row}
    sys.stdout.write(to_json(told) + "\n")
    sys.stdout.flush()


def _who_calls_whom(facts: CallFacts) -> str:
    inside, outside = facts.agent_extension, facts.customer_number or "a hidden number"
    if facts.direction is Direction.INBOUND:
        return f"inbound call of {outside} to {facts.did_number}"
    return f"{facts.direction} call of {inside} to {outside}"
