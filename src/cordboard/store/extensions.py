"""Extensions: agents' internal numbers."""

from collections.abc import Sequence

from cordboard.domain.errors import AlreadyExists, NotFound
from cordboard.store.pool import Door


class Extensions:
    """A tenant's extensions."""

    def __init__(self, door: Door, tenant_id: int) -> None:
        self._door = door
        self._tenant_id = tenant_id

    async def exists(self, extension: str) -> bool:
        """Whether ``extension`` is one of the tenant's agents'."""
        sql = "SELECT EXISTS (SELECT FROM extensions WHERE tenant_id = $1 AND extension = $2 AND agent_id IS NOT NULL)"
        return bool(await self._door.value(sql, self._tenant_id, extension))

    async def of_agent(self, agent_id: int) -> tuple[str, ...]:
        """An agent's extensions, the main one first."""
        sql = "SELECT extension FROM extensions WHERE tenant_id = $1 AND agent_id = $2 ORDER BY is_main DESC, extension"
        return tuple(row[0] for row in await self._door.fetch(sql, self._tenant_id, agent_id))

    async def assign(self, agent_id: int, extensions: Sequence[str]) -> bool:
        """Let an agent have exactly these, at least one; False when it was so before. Only in a transaction.

        The main one stays the main one, or is the first of ``extensions``. What the agent no longer has is nobody's,
        and may be assigned again. Raises NotFound, AlreadyExists (another agent's).
        """
        wanted = list(dict.fromkeys(extensions))
        rows = await self._door.fetch(
            "SELECT extension, agent_id, is_main FROM extensions"
            " WHERE tenant_id = $1 AND (extension = ANY ($2::text[]) OR agent_id = $3) ORDER BY extension FOR UPDATE",
            self._tenant_id,
            wanted,
            agent_id,
        )
        owners = {row["extension"]: row["agent_id"] for row in rows}
        for extension in wanted:
            if extension not in owners:
                raise NotFound("extension", extension)
            if owners[extension] not in (None, agent_id):
                raise AlreadyExists("extension", extension)
        own = {extension for extension, owner in owners.items() if owner == agent_id}
        if own == set(wanted):
            return False
        main = next((row["extension"] for row in rows if row["is_main"] and row["extension"] in wanted), wanted[0])
        await self._move(sorted(own - set(wanted)), None, "")
        await self._move(wanted, agent_id, main)
        return True

    async def remove_unassigned(self, extension: str) -> None:
        """Forget an extension that is nobody's, so that it can be given with a new SIP account."""
        sql = "DELETE FROM extensions WHERE tenant_id = $1 AND extension = $2 AND agent_id IS NULL"
        await self._door.fetch(sql, self._tenant_id, extension)

    async def _move(self, extensions: Sequence[str], agent_id: int | None, main: str) -> None:
        await self._door.fetch(
            "UPDATE extensions SET agent_id = $3, is_main = extension = $4"
            " WHERE tenant_id = $1 AND extension = ANY ($2::text[])",
            self._tenant_id,
            list(extensions),
            agent_id,
            main,
        )
