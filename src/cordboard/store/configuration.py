"""What nodes are provisioned with, and its revision."""

from cordboard.domain.provisioning import NodeConfiguration, Phone
from cordboard.store.pool import Door
from cordboard.store.trunks import COLUMNS as TRUNK_COLUMNS
from cordboard.store.trunks import trunk_of
from cordboard.store.vault import Vault

CHANNEL = "configuration"


class Revision:
    """The number that every change of the configuration raises."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def revision(self) -> int:
        """The latest revision, 1 first."""
        return int(await self._door.value("SELECT revision FROM configuration"))

    async def raise_revision(self) -> int:
        """The next revision, for a change in the same transaction: later ones wait for its commit. Nodes are woken."""
        sql = (
            "WITH raised AS (UPDATE configuration SET revision = revision + 1 RETURNING revision)"
            " SELECT revision, pg_notify($1, revision::text) FROM raised"
        )
        return int(await self._door.value(sql, CHANNEL))


class Configuration(Revision):
    """Every enabled tenant's phones and trunks."""

    def __init__(self, door: Door, vault: Vault) -> None:
        super().__init__(door)
        self._vault = vault

    async def load(self) -> NodeConfiguration:
        """All of it, with clear trunk passwords.

        The revision is read first: what is read after it may be newer than it says, never older.
        """
        async with self._door.held() as door:
            revision = await Revision(door).revision()
            phones = await door.fetch(
                "SELECT x.sip_username, x.sip_password_md5, x.tenant_id, x.extension,"
                " COALESCE(NULLIF(concat_ws(' ', NULLIF(a.first_name, ''), NULLIF(a.last_name, '')), ''), a.user_name)"
                " FROM extensions x JOIN agents a ON (a.tenant_id, a.id) = (x.tenant_id, x.agent_id)"
                " JOIN tenants t ON t.id = x.tenant_id"
                " WHERE a.is_enabled AND t.is_enabled ORDER BY x.tenant_id, x.extension"
            )
            trunks = await door.fetch(
                f"SELECT {TRUNK_COLUMNS}, password_sealed FROM trunks"
                " WHERE tenant_id IN (SELECT id FROM tenants WHERE is_enabled) ORDER BY id"
            )
        return NodeConfiguration(
            revision=revision,
            phones=tuple(
                Phone(sip_username=row[0], password_md5=row[1], tenant_id=row[2], extension=row[3], display_name=row[4])
                for row in phones
            ),
            trunks=tuple(trunk_of(row, self._vault.open(row["tenant_id"], row["password_sealed"])) for row in trunks),
        )
