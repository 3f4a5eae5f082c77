import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest

from cordboard.domain.login import ATTEMPTS_WITHIN, LIFETIME, MOST_ATTEMPTS, Login
from cordboard.store import passwords
from cordboard.store.logins import Credential
from cordboard.store.passwords import hash_password, is_password
from tests.store.conftest import NOW, Office
from tests.support.database import as_administrator


async def hire(office: Office) -> Credential:
    await office.rows.agents.create(user_name="lan", extension="7001", sip_password="x", password="a password")
    credential = await office.rows.logins.credential("lan")
    assert credential is not None
    return credential


def login_of(office: Office, credential: Credential) -> Login:
    return Login(id=uuid4(), tenant_id=office.tenant.id, agent_id=credential.agent_id, expires_at=NOW + LIFETIME)


async def test_a_login_holds_until_it_expires_or_is_closed(office: Office, other_office: Office) -> None:
    credential = await hire(office)
    first, second = login_of(office, credential), login_of(office, credential)
    for login in (first, second):
        assert await office.rows.logins.open(login, credential)
        assert await office.rows.logins.is_open(login.id, NOW)
        assert not await office.rows.logins.is_open(login.id, NOW + LIFETIME)
        assert not await other_office.rows.logins.is_open(login.id, NOW)
    await other_office.rows.logins.close(first.id)
    assert await office.rows.logins.is_open(first.id, NOW)
    await office.rows.logins.close(first.id)
    assert not await office.rows.logins.is_open(first.id, NOW)
    assert await office.rows.logins.is_open(second.id, NOW)


async def test_nobody_logs_in_who_was_disabled_at_that_moment(office: Office, database_url: str) -> None:
    """The agent is disabled by a transaction that has not ended: the login waits for it, and is refused."""
    credential = await hire(office)
    connection = await asyncpg.connect(as_administrator(database_url))
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute("UPDATE agents SET is_enabled = false WHERE id = $1", credential.agent_id)
    opening = asyncio.create_task(office.rows.logins.open(login_of(office, credential), credential))
    while not await office.store.system._door.value("SELECT count(*) FROM pg_locks WHERE NOT granted"):
        await asyncio.sleep(0.01)
    await transaction.commit()
    assert not await opening
    await connection.close()
    assert await office.rows.logins.credential("lan") is None


async def test_an_old_password_opens_nothing(office: Office) -> None:
    credential = await hire(office)
    old = replace(credential, password_hash="what it was before")
    assert not await office.rows.logins.open(login_of(office, old), old)


async def test_tries_at_once_are_counted_one_by_one_and_begin_anew(office: Office, other_office: Office) -> None:
    logins = office.rows.logins
    waits = await asyncio.gather(*(logins.count_attempt("lan", NOW) for _ in range(30)))
    assert sorted(waits) == [0] * MOST_ATTEMPTS + [60] * (30 - MOST_ATTEMPTS)
    assert await logins.count_attempt("lan", NOW + timedelta(seconds=59.5)) == 1
    assert await logins.count_attempt("mai", NOW) == 0
    assert await other_office.rows.logins.count_attempt("lan", NOW) == 0
    assert await logins.count_attempt("lan", NOW + ATTEMPTS_WITHIN) == 0
    await asyncio.gather(*(logins.count_attempt("lan", NOW + ATTEMPTS_WITHIN) for _ in range(MOST_ATTEMPTS)))
    # A clock that was set back keeps nobody out.
    assert await logins.count_attempt("lan", NOW) == 0
    await asyncio.gather(*(logins.count_attempt("lan", NOW) for _ in range(MOST_ATTEMPTS)))
    assert await logins.count_attempt("lan", NOW) > 0
    await logins.forget_attempts("lan")
    assert await logins.count_attempt("lan", NOW) == 0


async def test_a_password_that_nobody_has_takes_as_much_work(monkeypatch: pytest.MonkeyPatch) -> None:
    hashed = await hash_password("right")
    work: list[str] = []

    class Watching:
        def verify(self, password_hash: str, password: str) -> bool:
            work.append(password_hash.rpartition("$")[0].rpartition("$")[0])  # its kind and parameters
            return real.verify(password_hash, password)

        hash = staticmethod(passwords._hasher.hash)

    real = passwords._hasher
    monkeypatch.setattr(passwords, "_hasher", Watching())
    assert await is_password(hashed, "right")
    assert not await is_password(hashed, "wrong")
    assert not await is_password(None, "right")
    assert not await is_password("", "right")
    assert len(work) == 4
    assert len(set(work)) == 1
    assert work[0].startswith("$argon2id$")
