import asyncio
import io
from pathlib import Path

import pytest

from cordboard.nodes.ports import TCP, bind
from cordboard.processes.supervisor import logs
from cordboard.processes.supervisor.checkup import State, check_all
from cordboard.processes.supervisor.health import health
from cordboard.processes.supervisor.programs import meaning
from cordboard.processes.supervisor.runtime import port_of, read_runtime, write_runtime
from cordboard.processes.supervisor.terminal import CLEAR_LINE, Terminal
from cordboard.settings import Settings


def test_what_is_written_is_read(tmp_path: Path) -> None:
    values = {"database_url": 'postgresql://"quoted"\\ghi chú', "rtp": "20000-20997"}
    write_runtime(tmp_path / "runtime.toml", values)
    write_runtime(tmp_path / "runtime.toml", values)
    assert read_runtime(tmp_path / "runtime.toml") == values
    assert (tmp_path / "runtime.toml").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["runtime.toml"]


@pytest.mark.parametrize("text", ["", "not toml", "rtp = 5"])
def test_what_cannot_be_read_is_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "runtime.toml").write_text(text)
    assert read_runtime(tmp_path / "runtime.toml") == {}
    assert read_runtime(tmp_path / "absent.toml") == {}


def test_ports_of_addresses() -> None:
    assert port_of("http://127.0.0.1:8088/ari") == 8088
    assert port_of("127.0.0.1:5038") == 5038
    assert port_of("") == 0


async def test_a_large_log_is_copied_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "LARGEST_BYTES", 10)
    monkeypatch.setattr(logs, "LOOK_SECONDS", 0.01)
    log = tmp_path / "web.log"
    with log.open("ab", buffering=0) as writer:
        writer.write(b"long ago and far away\n")
        (tmp_path / "worker.log").write_bytes(b"short\n")
        keeping = asyncio.create_task(logs.keep_small(tmp_path))
        async with asyncio.timeout(10):
            while log.stat().st_size:
                await asyncio.sleep(0.01)
        writer.write(b"now\n")
        keeping.cancel()
    assert log.read_bytes() == b"now\n"
    assert (tmp_path / "web.log.1").read_bytes() == b"long ago and far away\n"
    assert (tmp_path / "worker.log").read_bytes() == b"short\n"


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_on_a_terminal_is_one_line() -> None:
    screen = Screen()
    terminal = Terminal(screen)
    terminal.say("fetching")
    terminal.say("x" * 500)
    terminal.settle()
    shown = screen.getvalue().split(CLEAR_LINE)
    assert shown[1] == "· fetching"
    assert len(shown[2]) < 100 or shown[2].endswith("…")
    assert shown[3] == ""


def test_progress_elsewhere_is_plain_and_not_endless() -> None:
    plain = io.StringIO()
    terminal = Terminal(plain)
    for megabytes in range(50):
        terminal.say(f"Asterisk: {megabytes} of 50 MB")
    terminal.say("unpacking 160 packages")
    assert plain.getvalue() == "Asterisk: 0 of 50 MB\nunpacking 160 packages\n"


async def test_health_of_something_else() -> None:
    assert await health("127.0.0.1:9") == {"status": "away"}

    async def strange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b"220 mail.example.com ESMTP\r\n")
        writer.close()

    async with await asyncio.start_server(strange, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        assert await health(f"{host}:{port}") == {"status": "strange"}


def test_exit_codes_in_words() -> None:
    assert meaning(3) == "exit code 3"
    assert meaning(-9) == "SIGKILL"


def test_doctor_names_what_is_wrong(tmp_path: Path) -> None:
    with bind(TCP, "127.0.0.1", 0) as holder:
        found = check_all(
            Settings.load(
                {
                    "CORDBOARD_HOME": str(tmp_path),
                    "CORDBOARD_HTTP": f"127.0.0.1:{holder.getsockname()[1]}",
                    "CORDBOARD_DATABASE_URL": "postgresql://x@127.0.0.1:9/x",
                    "CORDBOARD_ASTERISK_PREFIX": str(tmp_path / "absent"),
                }
            )
        )
    states = {check.name: check.state for check in found}
    wrong = {name for name, state in states.items() if state is State.FAILED}
    assert {"http port", "postgres", "asterisk"} <= wrong
    assert states["programs"] is State.NOTE
    assert all(check.remedy for check in found if check.state is State.FAILED)
    assert list(tmp_path.iterdir()) == [], "looking changes nothing"
