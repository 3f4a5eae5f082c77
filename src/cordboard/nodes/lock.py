"""A lock that the kernel gives back when its holder ends, however it ends."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

POLL_SECONDS = 0.05


def take_lock(path: Path, *, wait_seconds: float = 0.0) -> int | None:
    """The descriptor that holds the lock on ``path``, or None when somebody else still has it after ``wait_seconds``.

    The lock belongs to the open file: a child that inherits the descriptor holds it too.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    deadline = time.monotonic() + wait_seconds
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                os.close(descriptor)
                return None
            time.sleep(POLL_SECONDS)
        else:
            return descriptor


@contextmanager
def locked(path: Path, waiting: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Hold the lock on ``path``, however long it takes to get it. ``waiting`` is called once if somebody has it."""
    descriptor = take_lock(path)
    if descriptor is None:
        waiting()
        descriptor = take_lock(path, wait_seconds=float("inf"))
    assert descriptor is not None
    try:
        yield
    finally:
        os.close(descriptor)
