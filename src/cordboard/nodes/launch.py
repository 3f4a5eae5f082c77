"""Becomes another program: under another user when told so, and gone when its parent is gone.

Run by path, with the standard library only: ``launch.py PARENT_PID DEATH_SIGNAL UID:GID|- COMMAND...``
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1
# Whoever starts us sees its own error, so any number that programs do not use will do.
PARENT_GONE = 125


def launch(parent: int, death_signal: int, owner: str, command: list[str]) -> None:
    """Drop privileges, tie to the parent, and become ``command``.

    A change of uid clears the tie (prctl(2), PR_SET_PDEATHSIG), so it comes after; and a parent that died before it
    sends no signal, so we look.
    """
    os.umask(0o077)
    if owner != "-":
        uid, gid = (int(part) for part in owner.split(":"))
        os.setgroups([gid])
        os.setgid(gid)
        os.setuid(uid)
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, death_signal)
    if os.getppid() != parent:
        sys.exit(PARENT_GONE)
    os.execv(command[0], command)  # noqa: S606 - there is no shell, on purpose


if __name__ == "__main__":
    launch(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4:])
