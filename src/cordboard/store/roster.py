"""Agents for lists, with what else is theirs."""

from cordboard.domain.roster import RosterEntry, RosterFilter, RosterPage
from cordboard.store.agents import BY_EXTENSION, COLUMNS, agent_of
from cordboard.store.pool import Door

_EXTENSIONS = (
    "ARRAY(SELECT e.extension FROM extensions e WHERE (e.tenant_id, e.agent_id) = (a.tenant_id, a.id)"
    " ORDER BY e.is_main DESC, e.extension) AS extensions"
)
_QUEUES = (
    "ARRAY(SELECT m.queue_id FROM queue_members m WHERE (m.tenant_id, m.agent_id) = (a.tenant_id, a.id)"
    " ORDER BY m.queue_id) AS queue_ids"
)
_DID = (
    "COALESCE((SELECT o.did_number FROM callouts o WHERE (o.tenant_id, o.id) = (a.tenant_id, a.callout_id)),"
    " a.did_number) AS chosen_did_number"
)
_WANTED = """
x.tenant_id = $1 AND x.is_main AND ($2::boolean IS NULL OR a.is_enabled = $2)
AND ($3::bigint IS NULL OR EXISTS (SELECT FROM queue_members m
    WHERE (m.tenant_id, m.agent_id, m.queue_id) = (a.tenant_id, a.id, $3)))
AND ($4::bigint IS NULL OR EXISTS (SELECT FROM group_members g
    JOIN extensions e ON (e.tenant_id, e.extension) = (g.tenant_id, g.extension)
    WHERE (g.tenant_id, g.group_id, e.agent_id) = (a.tenant_id, $4, a.id)))
"""


class Roster:
    """A tenant's agents."""

    def __init__(self, door: Door, tenant_id: int) -> None:
        self._door = door
        self._tenant_id = tenant_id

    async def find(self, criteria: RosterFilter) -> RosterPage:
        """A page of the agents that meet ``criteria``, oldest first, and how many there are."""
        values = (self._tenant_id, criteria.is_enabled, criteria.queue_id, criteria.group_id)
        async with self._door.held() as door:
            rows = await door.fetch(
                f"SELECT {COLUMNS}, {_EXTENSIONS}, {_QUEUES}, {_DID}, a.uuid FROM {BY_EXTENSION} WHERE {_WANTED}"
                " ORDER BY a.id LIMIT $5 OFFSET $6",
                *values,
                criteria.limit,
                criteria.offset,
            )
            total = await door.value(f"SELECT count(*) FROM {BY_EXTENSION} WHERE {_WANTED}", *values)
        entries = [
            RosterEntry(
                agent=agent_of(row),
                uuid=row["uuid"],
                did_number=row["chosen_did_number"],
                extensions=tuple(row["extensions"]),
                queue_ids=tuple(row["queue_ids"]),
            )
            for row in rows
        ]
        return RosterPage(rows=entries, total=int(total))
