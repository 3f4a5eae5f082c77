"""What happens while PostgreSQL is away, and afterwards."""

import asyncio
import os
import shutil
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest

from cordboard.domain.errors import InvalidInput, Unavailable
from cordboard.domain.webhook import EventKind
from cordboard.store import Store
from cordboard.store.migrate import migrate
from tests.store.conftest import NOW, Office, open_office
from tests.support.database import Cluster, as_administrator, make_cluster


@pytest.fixture(scope="module")
def mortal() -> Iterator[Cluster]:
    """A server that may be stopped."""
    made = make_cluster()
    try:
        url = asyncio.run(made.new_database())
        asyncio.run(migrate(url))
        yield made
    finally:
        made.stop()
        shutil.rmtree(made.folder)


@pytest.fixture
async def mortal_office(mortal: Cluster, tmp_path: Path) -> AsyncIterator[Office]:
    name = f"copy{tmp_path.name.replace('-', '_')}"
    (template,) = [row for row in await _databases(mortal) if row.startswith("test")]
    await mortal.run(f'CREATE DATABASE "{name}" TEMPLATE {template} OWNER keeper')
    store = await Store.open(mortal.url(name), key_file=tmp_path / "k", app_connections=2, system_connections=2)
    yield await open_office(store, "acme")
    await store.close()


async def _databases(cluster: Cluster) -> list[str]:
    connection = await asyncpg.connect(cluster.url("postgres"))
    rows = await connection.fetch("SELECT datname FROM pg_database")
    await connection.close()
    return [row[0] for row in rows]


async def test_a_stopped_database_is_unavailable_and_one_that_is_back_is_not(
    mortal: Cluster, mortal_office: Office
) -> None:
    rows, store = mortal_office.rows, mortal_office.store
    async with store.listen("call_queued") as notifications:
        mortal.stop()
        for _ in range(3):
            with pytest.raises(Unavailable):
                await rows.tenants.get()
            with pytest.raises(Unavailable):
                await store.system.nodes.list()
            with pytest.raises(Unavailable):
                async with rows.transaction() as changed:
                    await changed.calls.insert(mortal_office.call())
        mortal.start()
        await mortal.ready()
        # A notification may have been lost: whoever listens is told to look.
        assert await anext(notifications) == ("", "")
        assert await rows.tenants.get() == mortal_office.tenant
        async with rows.transaction() as changed:
            await changed.calls.insert(mortal_office.call())
        assert (await anext(notifications))[0] == "call_queued"


async def test_nothing_is_kept_of_a_transaction_that_the_database_stopped_in(
    mortal: Cluster, mortal_office: Office
) -> None:
    with pytest.raises(Unavailable):
        async with mortal_office.rows.transaction() as rows:
            await rows.calls.insert(mortal_office.call())
            mortal.stop()
            await rows.calls.insert(mortal_office.call())
    mortal.start()
    await mortal.ready()
    assert await mortal_office.rows.calls.live() == []


async def test_a_store_cannot_be_opened_while_the_database_is_away(mortal: Cluster, tmp_path: Path) -> None:
    mortal.stop()
    with pytest.raises(Unavailable):
        await Store.open(mortal.url("test1"), key_file=tmp_path / "k")
    mortal.start()
    await mortal.ready()


async def test_listening_begins_when_the_database_is_back(mortal: Cluster, mortal_office: Office) -> None:
    mortal.stop()
    async with mortal_office.store.listen("configuration") as notifications:
        mortal.start()
        await mortal.ready()
        assert await anext(notifications) == ("", "")
        await mortal_office.store.system.configuration.raise_revision()
        assert await anext(notifications) == ("configuration", "2")


async def test_a_database_that_is_not_migrated_says_so(cluster: Cluster, tmp_path: Path) -> None:
    url = await cluster.new_database()
    store = await Store.open(url, key_file=tmp_path / "k")
    with pytest.raises(asyncpg.UndefinedTableError):
        await store.system.tenants.list()
    await store.close()
    missing = url.replace(f"/{url.partition('@/')[2].partition('?')[0]}?", "/nothing_here?")
    with pytest.raises(Unavailable, match="nothing_here"):
        await Store.open(missing, key_file=tmp_path / "k")


async def test_when_all_connections_are_taken_the_next_is_refused_soon(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cordboard.store.pool.ACQUIRE_SECONDS", 0.05)
    store = await Store.open(database_url, key_file=tmp_path / "k", app_connections=1)
    office = await open_office(store, "acme")
    async with office.rows.transaction():
        with pytest.raises(Unavailable):
            await office.rows.tenants.get()
    assert await office.rows.tenants.get() == office.tenant
    await store.close()


async def test_too_many_connections_at_the_server_is_unavailable(
    cluster: Cluster, database_url: str, office: Office
) -> None:
    name = database_url.partition("@/")[2].partition("?")[0]
    await cluster.run(f"ALTER DATABASE {name} CONNECTION LIMIT 0")
    held = [office.rows.transaction() for _ in range(3)]
    with pytest.raises(Unavailable):
        for transaction in held:
            await transaction.__aenter__()
    for transaction in held[:1]:
        await transaction.__aexit__(None, None, None)


async def test_a_statement_that_takes_too_long_is_unavailable(office: Office) -> None:
    with pytest.raises(Unavailable):
        async with office.rows.transaction() as rows:
            await rows.calls._door.fetch("SET LOCAL statement_timeout = '10ms'")
            await rows.calls._door.fetch("SELECT pg_sleep(60)")
    assert (await office.rows.calls._door.fetch("SHOW statement_timeout"))[0][0] == "10s"


async def test_a_transaction_that_goes_on_after_an_error_is_not_taken_for_committed(office: Office) -> None:
    with pytest.raises(RuntimeError, match="went on after an error"):
        async with office.rows.transaction() as rows:
            with pytest.raises(Exception, match="exists already"):
                await rows.dids.add(number="+842873000001")
    assert len(await office.rows.dids.list()) == 1


async def test_a_cancelled_transaction_leaves_nothing_and_its_connection_is_usable(
    database_url: str, tmp_path: Path
) -> None:
    store = await Store.open(database_url, key_file=tmp_path / "k", app_connections=1)
    office, inside = await open_office(store, "acme"), asyncio.Event()

    async def work() -> None:
        async with office.rows.transaction() as rows:
            await rows.calls.insert(office.call())
            inside.set()
            await rows.calls._door.fetch("SELECT pg_sleep(30)")

    task = asyncio.create_task(work())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await office.rows.calls.live() == []
    await store.close()


async def test_a_killed_connection_is_replaced(database_url: str, office: Office) -> None:
    administrator = await asyncpg.connect(as_administrator(database_url))
    async with office.store.listen("call_queued") as notifications:
        await administrator.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        assert await anext(notifications) == ("", "")
        # Connections that were idle are known to be gone, or found out at their next use.
        for _ in range(20):
            try:
                assert await office.rows.tenants.get() == office.tenant
                break
            except Unavailable:
                await asyncio.sleep(0)
        await office.rows.calls.insert(office.call())
        assert (await anext(notifications))[0] == "call_queued"
    await administrator.close()


@pytest.mark.parametrize("text", ["a\0b", "\ud800"])
async def test_text_that_cannot_be_stored_is_the_callers_mistake(office: Office, text: str) -> None:
    with pytest.raises(InvalidInput):
        await office.rows.calls.by_reference(text)
    with pytest.raises(InvalidInput):
        await office.rows.extensions.exists(text)
    with pytest.raises(InvalidInput):
        await office.rows.keys.revoke(2**63)


async def test_a_lost_ring_costs_nothing(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """The delivery is committed; workers look for themselves."""
    kinds = (EventKind.CALL_CHANGED,)
    subscription = await office.rows.subscriptions.add(dialect="alohub", url="http://127.0.0.1/", kinds=kinds)

    async def away(*_: object) -> None:
        raise Unavailable

    monkeypatch.setattr(office.store._bell._door, "fetch", away)
    async with office.rows.transaction() as rows:
        await rows.deliveries.insert(subscription.id, office.call().id, EventKind.CALL_CHANGED, b"", NOW)
    assert len(await office.rows.deliveries.list()) == 1


async def test_a_database_that_says_nothing_is_unavailable_and_holds_nobody_up(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cordboard.store.pool.SILENCE_SECONDS", 0.2)
    store = await Store.open(database_url, key_file=tmp_path / "k", app_connections=1)
    office = await open_office(store, "acme")
    process = await office.rows.calls._door.value("SELECT pg_backend_pid()")
    os.kill(process, signal.SIGSTOP)
    try:
        with pytest.raises(Unavailable):
            await office.rows.tenants.get()
        # Its connection was given up, not waited for.
        assert await office.rows.tenants.get() == office.tenant
        async with office.rows.transaction() as rows:
            process_in_transaction = await rows.calls._door.value("SELECT pg_backend_pid()")
    finally:
        os.kill(process, signal.SIGCONT)
    with pytest.raises(Unavailable):
        async with office.rows.transaction() as rows:
            os.kill(process_in_transaction, signal.SIGSTOP)
            await rows.calls.insert(office.call())
    os.kill(process_in_transaction, signal.SIGCONT)
    assert await office.rows.calls.live() == []
    await store.close()
