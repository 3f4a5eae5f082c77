import asyncio
import shutil
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import asyncpg
import pytest

from cordboard.domain.cdr import CdrFilter
from cordboard.store import Store
from cordboard.store.failures import MigrationFailed
from cordboard.store.migrate import migrate
from tests.store.conftest import open_office
from tests.support.database import OWNER, Cluster, as_administrator, make_cluster

NAMES = sorted(
    file.name for file in resources.files("cordboard.store.migrations").iterdir() if file.name.endswith(".sql")
)


@pytest.fixture
def fresh() -> Iterator[Cluster]:
    """A server that never saw a migration: its roles are not made yet."""
    made = make_cluster()
    try:
        yield made
    finally:
        made.stop()
        shutil.rmtree(made.folder)


async def test_each_migration_is_applied_once_in_order(cluster: Cluster) -> None:
    url = await cluster.new_database()
    assert await migrate(url) == NAMES
    assert await migrate(url) == []


async def test_several_databases_of_a_new_server_can_be_migrated_at_once_each_by_several_programs(
    fresh: Cluster,
) -> None:
    urls = [await fresh.new_database() for _ in range(4)]
    applied = await asyncio.gather(*(migrate(url) for url in urls for _ in range(3)))
    assert sorted(names for names in applied if names) == [NAMES] * 4


async def test_a_superuser_may_own_the_database(cluster: Cluster, tmp_path: Path) -> None:
    url = as_administrator(await cluster.new_database())
    await migrate(url)
    store = await Store.open(url, key_file=tmp_path / "k")
    office = await open_office(store, "acme")
    await office.rows.cdrs.insert(office.ended(), None)
    assert (await office.rows.cdrs.find(CdrFilter(number_part="91234"))).total == 1
    await store.close()


async def test_a_migration_that_was_changed_after_it_was_applied_is_refused(cluster: Cluster) -> None:
    url = await cluster.new_database()
    await migrate(url)
    connection = await asyncpg.connect(url)
    await connection.execute("UPDATE migrations SET checksum = 'x' WHERE name = $1", NAMES[1])
    await connection.close()
    with pytest.raises(MigrationFailed, match=NAMES[1]):
        await migrate(url)


async def test_a_user_who_may_not_make_the_roles_is_told_what_to_do(fresh: Cluster) -> None:
    await fresh.run("CREATE ROLE poor LOGIN", "CREATE DATABASE small OWNER poor")
    with pytest.raises(
        MigrationFailed, match=r"CREATE ROLE cordboard_app; .* GRANT cordboard_app, cordboard_system TO"
    ):
        await migrate(fresh.url("small", "poor"))
    await fresh.run(
        "CREATE ROLE cordboard_app", "CREATE ROLE cordboard_system", "GRANT cordboard_app, cordboard_system TO poor"
    )
    assert await migrate(fresh.url("small", "poor")) == NAMES


async def test_a_user_who_may_not_make_tables_is_told_so(fresh: Cluster) -> None:
    await fresh.run("CREATE DATABASE theirs")
    with pytest.raises(MigrationFailed, match="permission denied"):
        await migrate(fresh.url("theirs"))


async def test_an_owner_who_may_make_no_extensions_has_all_searches(cluster: Cluster, tmp_path: Path) -> None:
    url = await cluster.new_database()
    name = url.partition("@/")[2].partition("?")[0]
    # The owner may make tables, but no extensions.
    await cluster.run(f"ALTER DATABASE {name} OWNER TO administrator", f"REVOKE CREATE ON DATABASE {name} FROM {OWNER}")
    await cluster.run(f"ALTER SCHEMA public OWNER TO {OWNER}", database=name)
    assert await migrate(url) == NAMES
    store = await Store.open(url, key_file=tmp_path / "k")
    office = await open_office(store, "acme")
    await office.rows.cdrs.insert(office.ended(), None)
    assert (await office.rows.cdrs.find(CdrFilter(number_part="91234"))).total == 1
    assert (await office.rows.cdrs.find(CdrFilter(number_part="91235"))).total == 0
    await store.close()
