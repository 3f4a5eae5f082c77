"""Agents. An agent is seen through one extension: its main one, or the one that was looked for."""

import hashlib
import secrets
import string
from collections.abc import Iterable

from cordboard.domain.agent import Agent
from cordboard.domain.errors import AlreadyExists, NotFound
from cordboard.domain.provisioning import SIP_REALM
from cordboard.store.passwords import hash_password
from cordboard.store.pool import Door, Row

COLUMNS = (
    "a.id, a.tenant_id, a.user_name, x.extension, x.sip_username, a.first_name, a.last_name, a.email, a.is_enabled,"
    " a.is_auto_answered, a.max_calls, a.did_number, a.callout_id"
)
BY_EXTENSION = "extensions x JOIN agents a ON (a.tenant_id, a.id) = (x.tenant_id, x.agent_id)"
_SUFFIX_ALPHABET = string.ascii_lowercase + string.digits


def agent_of(row: Row) -> Agent:
    """The agent in a row that has ``COLUMNS`` first, in their order."""
    return Agent(
        id=row[0],
        tenant_id=row[1],
        user_name=row[2],
        extension=row[3],
        sip_username=row[4],
        first_name=row[5],
        last_name=row[6],
        email=row[7],
        is_enabled=row[8],
        is_auto_answered=row[9],
        max_calls=row[10],
        did_number=row[11],
        callout_id=row[12],
    )


def sip_password_md5(sip_username: str, sip_password: str) -> str:
    """HA1 (RFC 2617 3.2.2.2): all that a registrar needs to know of a password."""
    text = f"{sip_username}:{SIP_REALM}:{sip_password}"
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


class Agents:
    """A tenant's agents."""

    def __init__(self, door: Door, tenant_id: int) -> None:
        self._door = door
        self._tenant_id = tenant_id

    async def create(
        self,
        *,
        user_name: str,
        extension: str,
        sip_password: str,
        sip_username: str = "",
        password: str | None = None,
        first_name: str = "",
        last_name: str = "",
        email: str = "",
        is_auto_answered: bool = False,
        max_calls: int = 1,
        did_number: str | None = None,
    ) -> Agent:
        """A new agent with its main extension. ``sip_username`` "" makes one; ``password`` is for logging in.

        Raises AlreadyExists (user name, extension), NotFound (the DID).
        """
        sip_username = sip_username or _new_sip_username(extension)
        row = await self._door.row(
            "WITH a AS (INSERT INTO agents (tenant_id, user_name, first_name, last_name, email, password_hash,"
            " is_auto_answered, max_calls, did_number) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING *),"
            " x AS (INSERT INTO extensions (tenant_id, extension, agent_id, is_main, sip_username, sip_password_md5)"
            " SELECT $1, $10, a.id, true, $11, $12 FROM a RETURNING *)"
            f" SELECT {COLUMNS} FROM a, x",
            self._tenant_id,
            user_name,
            first_name,
            last_name,
            email,
            None if password is None else await hash_password(password),
            is_auto_answered,
            max_calls,
            did_number,
            extension,
            sip_username,
            sip_password_md5(sip_username, sip_password),
            refusals={
                "agents_user_name": AlreadyExists("agent", user_name),
                "agents_did_number": NotFound("DID", did_number or ""),
                "extensions_pkey": AlreadyExists("extension", extension),
                "taken_number": AlreadyExists("extension", extension),
                "extensions_sip_username": AlreadyExists("SIP user name", sip_username),
            },
        )
        assert row is not None
        return agent_of(row)

    async def list(self) -> list[Agent]:
        """All agents, each with its main extension, oldest first."""
        sql = f"SELECT {COLUMNS} FROM {BY_EXTENSION} WHERE x.tenant_id = $1 AND x.is_main ORDER BY a.id"
        return [agent_of(row) for row in await self._door.fetch(sql, self._tenant_id)]

    async def by_extension(self, extension: str) -> Agent | None:
        """The agent whom ``extension`` belongs to, seen through it."""
        sql = f"SELECT {COLUMNS} FROM {BY_EXTENSION} WHERE x.tenant_id = $1 AND x.extension = $2"
        row = await self._door.row(sql, self._tenant_id, extension)
        return None if row is None else agent_of(row)

    async def by_user_name(self, user_name: str) -> Agent | None:
        """The agent of that name, with its main extension."""
        sql = f"SELECT {COLUMNS} FROM {BY_EXTENSION} WHERE x.tenant_id = $1 AND x.is_main AND a.user_name = $2"
        row = await self._door.row(sql, self._tenant_id, user_name)
        return None if row is None else agent_of(row)

    async def some(self, agent_ids: Iterable[int]) -> dict[int, Agent]:
        """Agents by their ids, each with its main extension; those who are removed are missing."""
        sql = f"SELECT {COLUMNS} FROM {BY_EXTENSION} WHERE x.tenant_id = $1 AND x.is_main AND a.id = ANY ($2::bigint[])"
        rows = await self._door.fetch(sql, self._tenant_id, list(agent_ids))
        return {agent.id: agent for agent in map(agent_of, rows)}

    async def lock(self, user_name: str) -> Agent | None:
        """The agent of that name, and nobody else's to change until the transaction ends."""
        sql = (
            f"SELECT {COLUMNS} FROM {BY_EXTENSION} WHERE x.tenant_id = $1 AND x.is_main AND a.user_name = $2"
            " FOR NO KEY UPDATE OF a"
        )
        row = await self._door.row(sql, self._tenant_id, user_name)
        return None if row is None else agent_of(row)

    async def remove(self, user_name: str) -> None:
        """Remove an agent with its extensions. Its records keep its name. Raises NotFound."""
        sql = "DELETE FROM agents WHERE tenant_id = $1 AND user_name = $2 RETURNING 1"
        if await self._door.value(sql, self._tenant_id, user_name) is None:
            raise NotFound("agent", user_name)


def _new_sip_username(extension: str) -> str:
    """Unique over all tenants: extension numbers repeat among them."""
    suffix = "".join(secrets.choice(_SUFFIX_ALPHABET) for _ in range(6))
    return f"{extension}-{suffix}"
