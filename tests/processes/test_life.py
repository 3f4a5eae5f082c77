import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from cordboard.processes.life import is_dead, name_of


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen((sys.executable, "-c", "input()"), stdin=subprocess.PIPE)
    yield process
    process.kill()
    process.communicate()


def test_who_lives_is_not_dead(child: subprocess.Popen[bytes]) -> None:
    assert not is_dead(name_of(os.getpid()))
    assert not is_dead(name_of(child.pid))
    child.send_signal(signal.SIGSTOP)
    assert not is_dead(name_of(child.pid))


def test_who_was_killed_is_dead(child: subprocess.Popen[bytes]) -> None:
    name = name_of(child.pid)
    child.kill()
    child.wait()
    assert is_dead(name)


def test_another_process_with_the_pid_is_somebody_else(child: subprocess.Popen[bytes]) -> None:
    machine, pid, began = name_of(child.pid).split("/")
    assert is_dead(f"{machine}/{pid}/{int(began) - 1}")


def test_other_machines_processes_are_never_known_to_be_dead() -> None:
    _, pid, began = name_of(os.getpid()).split("/")
    assert not is_dead(f"0123456789abcdef.4026531836/{pid}/{int(began) + 1}")


@pytest.mark.parametrize("error", [PermissionError, FileNotFoundError])
def test_who_is_hidden_is_not_dead(
    monkeypatch: pytest.MonkeyPatch, child: subprocess.Popen[bytes], error: type[OSError]
) -> None:
    name = name_of(child.pid)

    def hidden(_: int) -> str:
        raise error

    monkeypatch.setattr("cordboard.processes.life.name_of", hidden)
    assert not is_dead(name)
