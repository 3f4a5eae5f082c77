"""Starting other programs so that none outlives us, however we end."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from cordboard.nodes import launch
from cordboard.nodes.user import ServiceUser


def launched(
    command: Sequence[str | Path], *, user: ServiceUser | None = None, death_signal: signal.Signals = signal.SIGKILL
) -> list[str]:
    """``command``, as ``user``, sent ``death_signal`` when this process ends.

    To be started from this process's main thread: the tie is to the thread that forks.
    """
    owner = f"{user.uid}:{user.gid}" if user else "-"
    # -I -S: 10 ms instead of 40.
    head = (sys.executable, "-I", "-S", launch.__file__, str(os.getpid()), str(int(death_signal)), owner)
    return [*head, *(str(part) for part in command)]


def run(
    command: Sequence[str | Path],
    *,
    user: ServiceUser | None = None,
    environment: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run to its end and return what it printed, both streams together. It ends when we do."""
    return subprocess.run(
        launched(command, user=user),
        env={**os.environ, "LC_ALL": "C.UTF-8", **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        cwd="/",
        check=False,
    )
