import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cordboard.nodes import child
from cordboard.nodes.failure import StartFailed
from cordboard.nodes.user import service_user
from tests.nodes import starter

STUBBORN = "trap '' TERM; sleep 600 & while :; do wait; done"


async def until_gone(pid: int) -> None:
    async with asyncio.timeout(10):
        while Path(f"/proc/{pid}").exists():
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("as_user", ["same", "dropped"])
async def test_ends_with_a_starter_that_is_killed(as_user: str) -> None:
    service_user()
    root = Path(starter.__file__).parents[2]
    killed = await asyncio.create_subprocess_exec(
        sys.executable, "-m", starter.__name__, as_user, "/bin/sleep", "600",
        stdout=asyncio.subprocess.PIPE, cwd=root, env={**os.environ, "PYTHONPATH": f"{root / 'src'}:{root}"},
    )  # fmt: skip
    assert killed.stdout
    pid = int(await killed.stdout.readline())
    async with asyncio.timeout(10):
        while Path(f"/proc/{pid}/comm").read_text().strip() != "sleep":
            await asyncio.sleep(0.01)
    killed.kill()
    await until_gone(pid)
    await killed.wait()


async def test_drops_to_the_user(tmp_path: Path) -> None:
    user = service_user()
    process = await child.start(["id", "-u"], log=tmp_path / "id.log", user=user)
    assert await process.wait() == 0
    assert (tmp_path / "id.log").read_text().strip() == str(user.uid if user else os.geteuid())


def test_does_not_start_for_a_parent_that_is_gone(tmp_path: Path) -> None:
    command = child.launched(["touch", str(tmp_path / "started")])
    command[command.index(str(os.getpid()))] = "1"
    assert subprocess.run(command, check=False).returncode == 125
    assert not (tmp_path / "started").exists()


async def test_stop_ends_what_does_not_want_to(tmp_path: Path) -> None:
    process = await child.start(["sh", "-c", STUBBORN], log=tmp_path / "log")
    async with asyncio.timeout(10):
        while not (children := Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()):
            await asyncio.sleep(0.01)
    await child.stop(process, signal.SIGTERM, 0.2)
    assert process.returncode == -signal.SIGKILL
    await until_gone(int(children[0]))


async def test_stop_asks_again(tmp_path: Path) -> None:
    """As Asterisk does with a signal that comes while it starts: the first is lost."""
    script = "n=0; trap 'n=$((n+1)); [ $n = 2 ] && exit 0' TERM; echo ready; while :; do sleep 0.01; done"
    process = await child.start(["sh", "-c", script], log=tmp_path / "log")
    async with asyncio.timeout(10):
        while child.last_words(tmp_path / "log") != "ready":
            await asyncio.sleep(0.01)
    await child.stop(process, signal.SIGTERM, 20, again_seconds=0.1)
    assert process.returncode == 0


async def test_a_program_that_ends_as_it_starts_is_a_reason(tmp_path: Path) -> None:
    async def never() -> bool:
        return False

    log = tmp_path / "thing.log"
    process = await child.start(["sh", "-c", "echo it has no licence; exit 3"], log=log)
    with pytest.raises(StartFailed, match="thing ended as it started: it has no licence"):
        await child.until_ready(process, never, log=log, within_seconds=10)
