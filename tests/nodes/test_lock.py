import os
import subprocess
import threading
from pathlib import Path

from cordboard.nodes.lock import locked, take_lock


def test_one_at_a_time(tmp_path: Path) -> None:
    first = take_lock(tmp_path / "lock")
    assert first is not None
    assert take_lock(tmp_path / "lock") is None
    os.close(first)
    second = take_lock(tmp_path / "lock")
    assert second is not None
    os.close(second)


def test_a_child_that_inherits_it_holds_it(tmp_path: Path) -> None:
    lock = take_lock(tmp_path / "lock")
    assert lock is not None
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, pass_fds=(lock,)) as process:
        os.close(lock)
        assert take_lock(tmp_path / "lock") is None
        process.communicate()
    after = take_lock(tmp_path / "lock", wait_seconds=5)
    assert after is not None
    os.close(after)


def test_waits_and_says_so(tmp_path: Path) -> None:
    order: list[str] = []
    has_asked = threading.Event()

    def waiting() -> None:
        order.append("waiting")
        has_asked.set()

    def second() -> None:
        with locked(tmp_path / "lock", waiting):
            order.append("second")

    with locked(tmp_path / "lock", lambda: order.append("never")):
        thread = threading.Thread(target=second)
        thread.start()
        assert has_asked.wait(10)
        order.append("first done")
    thread.join(10)
    assert order == ["waiting", "first done", "second"]
