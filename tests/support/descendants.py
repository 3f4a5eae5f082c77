"""The processes below one."""

from pathlib import Path


def descendants(pid: int) -> list[tuple[int, str]]:
    """(pid, command line) of all processes below ``pid``."""
    found, waiting = [], [pid]
    while waiting:
        parent = waiting.pop()
        try:
            children = [int(child) for task in _tasks(parent) for child in task.read_text().split()]
            named = [(child, _command(child)) for child in children]
        except FileNotFoundError:
            continue  # it ended while we looked
        found += named
        waiting += children
    return found


def _tasks(pid: int) -> list[Path]:
    return list(Path(f"/proc/{pid}/task").glob("*/children"))


def _command(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
