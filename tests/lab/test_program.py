"""``python -m cordboard.lab``, as ``cordboard up`` starts it."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from cordboard.lab.accounts import DemoAccount, DemoSecrets, write_secrets
from cordboard.nodes.ports import UDP, free_port
from cordboard.settings import Settings
from tests.support.sipp import Sipp, SippRun

pytestmark = pytest.mark.asyncio(loop_scope="session")

PASSWORD = "a long and secret password"
ACCOUNTS = tuple(
    DemoAccount(user_name=name, extension=extension, sip_username=f"{extension}-abcdef", sip_password=PASSWORD)
    for name, extension in (("alice", "6688"), ("bob", "101"))
)
WAIT_SECONDS = 60.0


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home whose demo has been seeded; the lab's Asterisk may run as another user, who has to get there."""
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == os.geteuid() and folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o011)
    (tmp_path / "home" / "run").mkdir(parents=True)
    write_secrets(tmp_path / "home" / "run", DemoSecrets(key="unused", accounts=ACCOUNTS))
    return tmp_path / "home"


async def start_lab(home: Path, registrar: SippRun, sip_port: int) -> asyncio.subprocess.Process:
    settings = Settings.load(with_runtime=False).changed(
        home=home, sip=f"127.0.0.1:{registrar.port}", lab_sip=f"127.0.0.1:{sip_port}"
    )
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cordboard.lab",
        env={**os.environ, **settings.environment(), "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip


async def until_registered(registrar: SippRun) -> set[str]:
    await registrar.until("REGISTER", times=2 * len(ACCOUNTS))
    accepted = [each for each in registrar.received("REGISTER") if "Authorization" in each.headers]
    return {each.headers["To"].partition("@")[0].removeprefix("<sip:") for each in accepted}


async def until_gone(home: Path) -> None:
    """Wait until no Asterisk runs in ``home``."""
    async with asyncio.timeout(WAIT_SECONDS):
        while any(str(home) in line for line in command_lines() if "asterisk.conf" in line):
            await asyncio.sleep(0.05)


def command_lines() -> list[str]:
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdecimal():
            try:
                found.append((process / "cmdline").read_text().replace("\0", " "))
            except OSError:
                continue
    return found


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
async def test_it_registers_the_demos_phones_and_leaves_nothing_behind(
    home: Path, sipp: Sipp, ending: signal.Signals
) -> None:
    registrar = await sipp.listen("registrar", phone_password=PASSWORD)
    sip_port = free_port(UDP)
    program = await start_lab(home, registrar, sip_port)
    try:
        assert await until_registered(registrar) == {account.sip_username for account in ACCOUNTS}
        run = await sipp.call("0987654486", f"127.0.0.2:{sip_port}")
        assert run.codes() == (486,)
    finally:
        assert program.returncode is None, "it ended by itself"
        program.send_signal(ending)
        code = await asyncio.wait_for(program.wait(), WAIT_SECONDS)
    assert code == (-signal.SIGKILL if ending is signal.SIGKILL else 0)
    await until_gone(home)
