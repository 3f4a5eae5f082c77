"""An agent's login: what a person, not a key, may do for a while."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

LIFETIME = timedelta(minutes=15)
# Tries of one user name, wrong ones and those under way: more than a person needs, and a million guesses take 10 weeks.
MOST_ATTEMPTS = 10
ATTEMPTS_WITHIN = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """A login, until it expires, the agent logs out, is disabled or removed, or gets another password."""

    id: UUID
    tenant_id: int
    agent_id: int
    expires_at: datetime
