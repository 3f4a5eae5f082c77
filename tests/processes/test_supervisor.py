"""The whole, started as a user starts it: that it comes up, stays up, and leaves nothing behind."""

import asyncio
import os
import signal
import time
import tomllib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from cordboard.lab.private_copy import CopyFailed, PrivateCopy
from cordboard.nodes import ports
from tests.nodes.folders import public_folder

PATIENCE_SECONDS = 60.0
# Of a copy without the demo: what is started, by a part of its command line.
PROGRAMS = {
    "web": "cordboard.processes.web",
    "switch": "cordboard.processes.switch",
    "worker": "cordboard.processes.worker",
    "PostgreSQL": "bin/postgres",
    "Asterisk": "asterisk.conf",
}


@pytest.fixture
def folder() -> Iterator[Path]:
    with public_folder() as path:
        yield path


def processes(home: Path) -> dict[int, str]:
    """Every process that was started for ``home``, by what it was told: arguments, environment."""
    found = {}
    for process in Path("/proc").iterdir():
        if not process.name.isdecimal() or int(process.name) == os.getpid():
            continue
        try:
            command = (process / "cmdline").read_bytes()
            is_ours = os.fsencode(home) in command or os.fsencode(home) in (process / "environ").read_bytes()
        except OSError:
            continue
        if is_ours and command:
            found[int(process.name)] = command.replace(b"\0", b" ").decode(errors="replace")
    return found


async def until(is_so: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await is_so():
            await asyncio.sleep(0.05)


async def until_nothing_is_left(home: Path) -> None:
    async def nothing() -> bool:
        return not processes(home)

    await until(nothing)


def process_of(copy: PrivateCopy, part: str) -> int:
    return next(pid for pid, command in processes(copy.home).items() if part in command)


@asynccontextmanager
async def stopped_after(copy: PrivateCopy) -> AsyncIterator[None]:
    try:
        yield
    finally:
        await copy.stop()


@asynccontextmanager
async def started(copy: PrivateCopy) -> AsyncIterator[PrivateCopy]:
    try:
        yield await copy.start()
    finally:
        await copy.stop()


async def test_comes_up_and_leaves_nothing(folder: Path) -> None:
    copy = PrivateCopy(folder / "home", {})
    async with started(copy):
        found = "\n".join(processes(copy.home).values())
        assert [name for name, part in PROGRAMS.items() if part not in found] == []
        tenant = await copy.run("tenant", "create", "acme")
        assert tenant["name"] == "acme"
    assert copy.process
    assert copy.process.returncode == 0
    await until_nothing_is_left(copy.home)

    first_ports = tomllib.loads((copy.home / "run" / "runtime.toml").read_text())
    assert (copy.home / "run" / "runtime.toml").stat().st_mode & 0o777 == 0o600
    began = time.monotonic()
    async with started(copy):
        print(f"second start: {time.monotonic() - began:.2f} s")  # noqa: T201 - a figure, not a verdict
        assert [each["name"] for each in await copy.run("tenant", "list")] == ["acme"]
        second_ports = tomllib.loads((copy.home / "run" / "runtime.toml").read_text())
    assert {key: first_ports[key] for key in ("ari_url", "ami_address", "rtp")} == {
        key: second_ports[key] for key in ("ari_url", "ami_address", "rtp")
    }
    assert first_ports["ari_password"] != second_ports["ari_password"]


async def test_a_killed_supervisor_leaves_nothing(folder: Path) -> None:
    copy = PrivateCopy(folder / "home", {}, demo=True)
    await copy.start()
    assert copy.process
    copy.process.kill()
    await copy.process.wait()
    await until_nothing_is_left(copy.home)
    async with started(copy):
        assert await copy.is_healthy()


async def test_sigterm_stops_it_in_order(folder: Path) -> None:
    copy = PrivateCopy(folder / "home", {})
    await copy.start()
    assert copy.process
    copy.process.terminate()
    assert await copy.process.wait() == 0
    assert not processes(copy.home)
    said = [line for line in copy.log.splitlines() if line.startswith("stopping")]
    assert said == ["stopping web", "stopping switch, worker, worker-2", "stopping Asterisk", "stopping PostgreSQL"]


async def test_a_closed_terminal_stops_it_unless_nohup_says_otherwise(folder: Path) -> None:
    copy = PrivateCopy(folder / "home", {})
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        await copy.start()
        async with stopped_after(copy):
            assert copy.process
            copy.process.send_signal(signal.SIGHUP)
            await copy.run("tenant", "list")
            assert copy.process.returncode is None
        # Not what it was before: these tests may run under nohup themselves.
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        async with started(copy):
            copy.process.send_signal(signal.SIGHUP)
            assert await copy.process.wait() == 0
    finally:
        signal.signal(signal.SIGHUP, before)
    assert not processes(copy.home)


async def test_what_is_killed_is_started_again(folder: Path) -> None:
    async with started(PrivateCopy(folder / "home", {"worker_processes": "1"})) as copy:
        for name, part in PROGRAMS.items():
            killed = process_of(copy, part)
            os.kill(killed, signal.SIGKILL)

            async def another(part: str = part, killed: int = killed) -> bool:
                found = [pid for pid, command in processes(copy.home).items() if part in command]
                return killed not in found and bool(found) and await copy.is_healthy()

            try:
                await until(another)
            except TimeoutError:
                pytest.fail(f"{name}: {copy.log}\n{processes(copy.home)}")
            assert f"{name} ended (SIGKILL); starting it again" in copy.log
    await until_nothing_is_left(copy.home)


async def test_no_connection_is_refused_while_web_starts_again(folder: Path) -> None:
    async with started(PrivateCopy(folder / "home", {})) as copy:
        killed = process_of(copy, PROGRAMS["web"])
        os.kill(killed, signal.SIGKILL)

        async def is_gone() -> bool:
            return killed not in processes(copy.home)

        await until(is_gone)
        host, port = ports.split_address(copy.http, "CORDBOARD_HTTP")
        async with asyncio.timeout(PATIENCE_SECONDS):
            reader, writer = await asyncio.open_connection(host, port)
            writer.write(b"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            assert (await reader.readline()).split()[1] == b"200"
            writer.close()


async def test_several_web_processes_share_the_port(folder: Path) -> None:
    async with started(PrivateCopy(folder / "home", {"web_processes": "2"})) as copy:
        webs = [command for command in processes(copy.home).values() if PROGRAMS["web"] in command]
        assert len(webs) == 2


async def test_two_copies_side_by_side(folder: Path) -> None:
    first, second = PrivateCopy(folder / "first", {}), PrivateCopy(folder / "second", {})
    async with started(first), started(second):
        await first.run("tenant", "create", "one")
        assert await second.run("tenant", "list") == []
        runtimes = [tomllib.loads((each.home / "run" / "runtime.toml").read_text()) for each in (first, second)]
        ranges = [set(range(*ports.parse_range(each["rtp"]))) for each in runtimes]
        assert not ranges[0] & ranges[1]


async def test_a_second_one_with_the_same_home_is_refused(folder: Path) -> None:
    async with started(PrivateCopy(folder / "home", {})) as copy:
        with pytest.raises(CopyFailed, match="runs already with the home"):
            await PrivateCopy(folder / "home", {}).start()
        assert await copy.is_healthy()


async def failure_of(copy: PrivateCopy) -> str:
    with pytest.raises(CopyFailed) as failed:
        async with started(copy):
            pass
    assert copy.process
    assert copy.process.returncode == 1
    assert not processes(copy.home)
    return str(failed.value)


async def test_a_taken_http_port_is_named(folder: Path) -> None:
    copy = PrivateCopy(folder / "home", {})
    host, port = ports.split_address(copy.http, "")

    async def refuse(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with await asyncio.start_server(refuse, host, port):
        said = await failure_of(copy)
    assert f"TCP port {port} is taken" in said
    assert "CORDBOARD_HTTP=host:port" in said


async def test_a_taken_sip_port_is_named(folder: Path) -> None:
    copy = PrivateCopy(folder / "home", {})
    with ports.bind(ports.UDP, "127.0.0.1", copy.sip_port):
        said = await failure_of(copy)
    assert f"UDP port {copy.sip_port} is taken" in said
    assert "CORDBOARD_SIP=host:port" in said


async def test_a_database_that_is_away_is_a_reason(folder: Path) -> None:
    said = await failure_of(PrivateCopy(folder / "home", {"database_url": "postgresql://x@127.0.0.1:9/x"}))
    assert "the database of CORDBOARD_DATABASE_URL cannot be reached" in said


async def test_a_home_of_another_version_is_a_reason(folder: Path) -> None:
    (folder / "home" / "database").mkdir(parents=True)
    (folder / "home" / "database" / "PG_VERSION").write_text("9\n")
    assert "was made by PostgreSQL 9" in await failure_of(PrivateCopy(folder / "home", {}))


async def test_a_wrong_setting_is_a_reason(folder: Path) -> None:
    (folder / "home").mkdir()
    (folder / "home" / "cordboard.toml").write_text("htpp = '127.0.0.1:80'\n")
    assert "unknown setting 'htpp'" in await failure_of(PrivateCopy(folder / "home", {}))


async def test_doctor_knows_whether_it_runs(folder: Path) -> None:
    copy = PrivateCopy(folder / "home", {})
    async with started(copy):
        report = await copy.run("doctor")
        assert report["ok"]
        found = {check["name"]: check for check in report["checks"]}
        assert found["programs"]["text"].startswith("running: ")
        assert found["key file"]["state"] == "ok"
        (copy.home / "secret.key").chmod(0o644)
        with pytest.raises(CopyFailed):
            await copy.run("doctor")
        (copy.home / "secret.key").chmod(0o600)
    found = {check["name"]: check for check in (await copy.run("doctor"))["checks"]}
    assert found["programs"]["text"] == "not running"
    assert found["http port"]["text"].endswith("is free")
