"""What the tenant's CRM learns of calls that it did not ask for: exactly one record each, on every way the same."""

import json
from dataclasses import dataclass

from tests.support.exchange import Office, Row, until

# As a row of searchCallV2 and the body of the webhook name the same thing.
SAME = (
    "call_id", "call_status", "caller_number", "destination_number", "starttime", "answertime", "endtime", "hangup_by",
    "total_duration", "holding_duration",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class CallWatch:
    """What is new at a tenant since ``known``, the calls that there were."""

    office: Office
    known: frozenset[str]

    async def new(self) -> list[Row]:
        """The new calls, newest first."""
        return [row for row in await self.office.search(limit=1000) if row["call_id"] not in self.known]

    async def live(self, count: int = 1) -> list[Row]:
        """The new calls, as soon as there are ``count``, the latest first. Raises TimeoutError."""

        async def look() -> list[Row] | None:
            rows = await self.new()
            return rows if len(rows) >= count else None

        return await until(look)

    async def connected(self) -> Row:
        """The new call, as soon as both sides are connected. Raises TimeoutError."""

        async def look() -> Row | None:
            return next((row for row in await self.new() if row["call_status"] == "answered"), None)

        return await until(look)

    async def latest_ended(self) -> Row:
        """The newest call's record, while others may go on: its caller knows of the end a moment before the record."""

        async def look() -> Row | None:
            rows = await self.new()
            return rows[0] if rows and rows[0]["endtime"] else None

        return await until(look)

    async def ended(self) -> Row:
        """The record of the one new call, once it has ended: see ``all_ended``."""
        (row,) = await self.all_ended()
        return row

    async def all_ended(self, count: int = 1) -> list[Row]:
        """The records of the ``count`` new calls, once nothing is live: the slots are free, the webhooks agree.

        The latest first. Raises TimeoutError.
        """

        async def look() -> list[Row] | None:
            rows = await self.new()
            return rows if len(rows) >= count and all(row["endtime"] for row in rows) else None

        rows = await until(look)
        assert len(rows) == count, rows
        assert await self.office.exchange.count_busy(self.office) == 0
        for row in rows:
            await self._check_event(row)
        return rows

    async def nothing(self) -> None:
        """There is no new call, neither live nor ended."""
        assert await self.new() == []

    async def _check_event(self, row: Row) -> None:
        """One event, which says the same."""
        call_id = row["call_id"]
        _, event = await self.office.webhook(call_id)
        assert {key: event[key] for key in SAME} == {key: row[key] for key in SAME}
        assert event["userName"] == row["agent"]
        bodies = [json.loads(each.body) for each in self.office.exchange.receiver.requests]
        assert [each["call_id"] for each in bodies].count(call_id) == 1


async def watch(office: Office) -> CallWatch:
    """Look at what is new from now on."""
    return CallWatch(office=office, known=frozenset(row["call_id"] for row in await office.search(limit=1000)))


def facts(row: Row) -> tuple[str, ...]:
    """Who called whom and how it came out: direction, status, caller, destination, agent, who hung up."""
    names = ("direction", "call_status", "caller_number", "destination_number", "agent", "hangup_by")
    return tuple(row[name] for name in names)
