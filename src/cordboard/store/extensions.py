"""Extensions: an agent's internal numbers."""

from cordboard.store.pool import Door


class Extensions:
    """A tenant's extensions."""

    def __init__(self, door: Door, tenant_id: int) -> None:
        self._door = door
        self._tenant_id = tenant_id

    async def exists(self, extension: str) -> bool:
        """Whether ``extension`` is one of the tenant's."""
        sql = "SELECT EXISTS (SELECT FROM extensions WHERE tenant_id = $1 AND extension = $2)"
        return bool(await self._door.value(sql, self._tenant_id, extension))
