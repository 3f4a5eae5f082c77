"""Agents as people name them: by any of their extensions."""

from collections.abc import Sequence

from cordboard.domain.agent import Agent
from cordboard.domain.errors import NotFound
from cordboard.store import TenantRows


async def agents_by_extension(rows: TenantRows, extensions: Sequence[str]) -> tuple[Agent, ...]:
    """Each agent once, in the order of ids, which is the order in which agents are locked. Raises NotFound."""
    agents: dict[int, Agent] = {}
    for extension in extensions:
        agent = await rows.agents.by_extension(extension)
        if agent is None:
            raise NotFound("extension", extension)
        agents[agent.id] = agent
    return tuple(agents[key] for key in sorted(agents))
