"""Groups and their members."""

from cordboard.domain.errors import AlreadyExists, InvalidInput, NotFound
from cordboard.domain.group import Group
from cordboard.store.pool import Door, Row

_COLUMNS = (
    "g.id, g.tenant_id, g.name, g.extension, ARRAY(SELECT m.extension FROM group_members m"
    " WHERE (m.tenant_id, m.group_id) = (g.tenant_id, g.id) ORDER BY m.position) AS members"
)


class Groups:
    """A tenant's groups."""

    def __init__(self, door: Door, tenant_id: int) -> None:
        self._door = door
        self._tenant_id = tenant_id

    async def create(self, *, name: str, extension: str, members: tuple[str, ...] = ()) -> Group:
        """A new group of agents' extensions, each given once.

        Raises AlreadyExists (the name; the extension, also when it is an agent's), NotFound (a member).
        """
        group_id = await self._door.value(
            "WITH g AS (INSERT INTO groups (tenant_id, name, extension) VALUES ($1, $2, $3) RETURNING id),"
            " m AS (INSERT INTO group_members (tenant_id, group_id, extension, position)"
            " SELECT $1, g.id, m.extension, m.ordinality - 1"
            " FROM g, unnest($4::text[]) WITH ORDINALITY AS m (extension, ordinality))"
            " SELECT id FROM g",
            self._tenant_id,
            name,
            extension,
            members,
            refusals={
                "groups_name": AlreadyExists("group", name),
                "groups_extension": AlreadyExists("extension", extension),
                "taken_number": AlreadyExists("extension", extension),
                "group_members_extension": NotFound("extension", ", ".join(members)),
            },
        )
        return Group(id=group_id, tenant_id=self._tenant_id, name=name, extension=extension, members=members)

    async def list(self) -> list[Group]:
        """All groups, oldest first."""
        sql = f"SELECT {_COLUMNS} FROM groups g WHERE g.tenant_id = $1 ORDER BY g.id"
        return [_group_of(row) for row in await self._door.fetch(sql, self._tenant_id)]

    async def by_name(self, name: str) -> Group | None:
        """The group of that name."""
        return await self._one("name", name)

    async def by_extension(self, extension: str) -> Group | None:
        """The group whose number ``extension`` is."""
        return await self._one("extension", extension)

    async def remove(self, name: str) -> None:
        """Remove a group; its members stay. Raises NotFound, InvalidInput (a DID leads to it)."""
        row = await self._door.row(
            "DELETE FROM groups WHERE tenant_id = $1 AND name = $2 RETURNING 1",
            self._tenant_id,
            name,
            refusals={"dids_group_name": InvalidInput("name", f"a DID leads to group '{name}'")},
        )
        if row is None:
            raise NotFound("group", name)

    async def _one(self, column: str, value: str) -> Group | None:
        sql = f"SELECT {_COLUMNS} FROM groups g WHERE g.tenant_id = $1 AND g.{column} = $2"
        row = await self._door.row(sql, self._tenant_id, value)
        return None if row is None else _group_of(row)


def _group_of(row: Row) -> Group:
    return Group(
        id=row["id"],
        tenant_id=row["tenant_id"],
        name=row["name"],
        extension=row["extension"],
        members=tuple(row["members"]),
    )
