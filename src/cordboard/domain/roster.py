"""A tenant's agents as lists show them: what can be asked of them, and a page of answers."""

from dataclasses import dataclass
from uuid import UUID

from cordboard.domain.agent import Agent


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterFilter:
    """Which agents, and which page of them; None asks for nothing. ``offset`` and ``limit`` count agents.

    ``limit`` None: all that there are.
    """

    group_id: int | None = None
    queue_id: int | None = None
    is_enabled: bool | None = None
    offset: int = 0
    limit: int | None = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterEntry:
    """An agent with all extensions, the main one first, and the ids of the queues that the agent serves.

    ``uuid`` never becomes another agent's, anywhere. ``did_number`` is the number that was chosen for the agent to call
    out with, the callout's before its own; None when none was.
    """

    agent: Agent
    uuid: UUID
    did_number: str | None
    extensions: tuple[str, ...]
    queue_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterPage:
    """A page of agents, oldest first; ``total`` counts all that match."""

    rows: list[RosterEntry]
    total: int
