"""All that decides whether a call may be made, read under the locks that keep it true until the commit."""

from dataclasses import dataclass
from datetime import datetime

import msgspec

from cordboard.domain.agent import Agent
from cordboard.domain.registration import Node
from cordboard.domain.trunk import Trunk
from cordboard.store.agents import BY_EXTENSION, agent_of
from cordboard.store.agents import COLUMNS as AGENT_COLUMNS
from cordboard.store.nodes import COLUMNS as NODE_COLUMNS
from cordboard.store.nodes import node_of
from cordboard.store.pool import Door
from cordboard.store.trunks import COLUMNS as TRUNK_COLUMNS

# A node that was not heard of for this long gets no calls.
_NODE_SILENCE = "interval '10 s'"

# The tenant's row first, then the agent's: everybody takes them in this order. NO KEY: a row that refers to one of
# them may be written meanwhile.
_LOCK = f"""
WITH cap AS MATERIALIZED (SELECT id FROM tenants WHERE id = $1 AND max_calls IS NOT NULL FOR NO KEY UPDATE)
SELECT {AGENT_COLUMNS} FROM {BY_EXTENSION} LEFT JOIN cap ON true
WHERE x.tenant_id = $1 AND x.extension = $2
FOR NO KEY UPDATE OF a
"""

# A second statement, so that it sees what others committed while the first one waited for its locks.
_READ = f"""
SELECT
    (SELECT count(*) FROM calls WHERE tenant_id = $1 AND agent_id = $2) AS agent_calls,
    (SELECT count(*) FROM calls WHERE tenant_id = $1) AS tenant_calls,
    COALESCE($3, (SELECT number FROM dids WHERE tenant_id = $1 ORDER BY id LIMIT 1), '') AS did_number,
    (SELECT json_agg(t) FROM (
        SELECT {TRUNK_COLUMNS} FROM trunks WHERE tenant_id = $1 ORDER BY priority, id) t) AS trunks,
    CASE WHEN n.id IS NOT NULL THEN n.has_phone ELSE EXISTS (
        SELECT FROM registrations r WHERE r.tenant_id = $1 AND r.sip_username = $4 AND r.is_registered)
    END AS is_registered,
    EXISTS (SELECT FROM extensions WHERE tenant_id = $1 AND extension = $6) AS is_internal,
    CASE WHEN n.id IS NOT NULL THEN queued_calls_at(n.id) ELSE 0 END AS queued_calls,
    n.*
FROM (SELECT) AS one LEFT JOIN LATERAL (
    SELECT {NODE_COLUMNS}, EXISTS (
        SELECT FROM registrations r
        WHERE r.tenant_id = $1 AND r.sip_username = $4 AND r.node_id = nodes.id AND r.is_registered) AS has_phone
    FROM nodes WHERE is_connected AND heartbeat_at >= COALESCE($5, now()) - {_NODE_SILENCE}
    ORDER BY has_phone DESC, live_calls, id LIMIT 1) AS n ON true
"""

_trunks = msgspec.json.Decoder(tuple[Trunk, ...])


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """What a call would run on, and how much room there is.

    ``node``: a live one, the one where the phone is registered before others, the least loaded before others; None when
    no node is alive, and then ``is_registered`` is what was heard last. ``trunks`` are without passwords, in the order
    in which they are tried. ``is_internal``: an extension is called. ``did_number`` "": the tenant has none.
    ``queued_calls`` of all tenants wait at that node.
    """

    agent: Agent
    is_registered: bool
    node: Node | None
    trunks: tuple[Trunk, ...]
    did_number: str
    is_internal: bool
    agent_calls: int
    tenant_calls: int
    queued_calls: int


class Admissions:
    """Admission of a tenant's calls. Only in a transaction: the locks are the point."""

    def __init__(self, door: Door, tenant_id: int) -> None:
        self._door = door
        self._tenant_id = tenant_id

    async def for_call(self, extension: str, called: str = "", *, now: datetime | None = None) -> Admission | None:
        """What a call of ``extension`` to ``called`` would run on; None when there is no such extension.

        Until the transaction ends nobody else admits a call of this agent, nor of this tenant when it has a cap.
        ``now`` None: the database's own time.
        """
        locked = await self._door.row(_LOCK, self._tenant_id, extension)
        if locked is None:
            return None
        agent = agent_of(locked)
        row = await self._door.row(_READ, self._tenant_id, agent.id, agent.did_number, agent.sip_username, now, called)
        assert row is not None
        return Admission(
            agent=agent,
            is_registered=row["is_registered"],
            node=None if row["id"] is None else node_of(row),
            trunks=_trunks.decode(row["trunks"] or "[]"),
            did_number=row["did_number"],
            is_internal=row["is_internal"],
            agent_calls=row["agent_calls"],
            tenant_calls=row["tenant_calls"],
            queued_calls=row["queued_calls"],
        )
