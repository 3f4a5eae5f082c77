"""Logins of agents, and how often each user name was tried."""

from dataclasses import dataclass, field
from datetime import datetime
from math import ceil
from uuid import UUID

from cordboard.domain.login import ATTEMPTS_WITHIN, MOST_ATTEMPTS, Login
from cordboard.store.pool import Door

# One statement: of tries at once each gets a number of its own. Beyond the most, nothing is counted any more.
_COUNT = """
INSERT INTO login_attempts AS a (tenant_id, user_name, began_at, attempts) VALUES ($1, $2, $3, 1)
ON CONFLICT (tenant_id, user_name) DO UPDATE SET
    attempts = CASE WHEN a.began_at <= $4 OR a.began_at > $3 THEN 1 ELSE least(a.attempts, $5) + 1 END,
    began_at = CASE WHEN a.began_at <= $4 OR a.began_at > $3 THEN $3 ELSE a.began_at END
RETURNING attempts, began_at
"""
# The agent's row is locked: whoever disables the agent at this moment comes before the login, or ends it.
_OPEN = """
WITH agent AS (
    SELECT id FROM agents WHERE tenant_id = $1 AND id = $3 AND is_enabled AND password_hash = $5 FOR SHARE)
INSERT INTO logins (tenant_id, id, agent_id, expires_at) SELECT $1, $2, id, $4 FROM agent RETURNING 1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """What an enabled agent's password is checked against."""

    agent_id: int
    password_hash: str = field(repr=False)


class Logins:
    """A tenant's logins."""

    def __init__(self, door: Door, tenant_id: int) -> None:
        self._door = door
        self._tenant_id = tenant_id

    async def count_attempt(self, user_name: str, now: datetime) -> int:
        """Count a try; returns in how many whole seconds the next one may be made: 0, this one may."""
        since = now - ATTEMPTS_WITHIN
        row = await self._door.row(_COUNT, self._tenant_id, user_name, now, since, MOST_ATTEMPTS)
        assert row is not None
        attempts, began_at = row
        return max(1, ceil((began_at - since).total_seconds())) if attempts > MOST_ATTEMPTS else 0

    async def forget_attempts(self, user_name: str) -> None:
        """Begin to count anew."""
        sql = "DELETE FROM login_attempts WHERE tenant_id = $1 AND user_name = $2"
        await self._door.fetch(sql, self._tenant_id, user_name)

    async def credential(self, user_name: str) -> Credential | None:
        """What the password of that enabled agent is checked against; None when there is none."""
        sql = "SELECT id, password_hash FROM agents WHERE tenant_id = $1 AND user_name = $2 AND is_enabled"
        row = await self._door.row(sql, self._tenant_id, user_name)
        return None if row is None or row[1] is None else Credential(agent_id=row[0], password_hash=row[1])

    async def open(self, login: Login, credential: Credential) -> bool:
        """Write down a login; False when the agent was disabled, removed or given another password meanwhile."""
        values = (login.id, login.agent_id, login.expires_at, credential.password_hash)
        return await self._door.value(_OPEN, self._tenant_id, *values) is not None

    async def is_open(self, login_id: UUID, now: datetime) -> bool:
        """Whether a login still holds."""
        sql = "SELECT EXISTS (SELECT FROM logins WHERE tenant_id = $1 AND id = $2 AND expires_at > $3)"
        return bool(await self._door.value(sql, self._tenant_id, login_id, now))

    async def close(self, login_id: UUID) -> None:
        """End a login."""
        sql = "DELETE FROM logins WHERE tenant_id = $1 AND id = $2"
        await self._door.fetch(sql, self._tenant_id, login_id)
