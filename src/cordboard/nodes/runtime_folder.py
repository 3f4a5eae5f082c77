"""A folder for unix sockets. A socket's path has room for 107 characters (unix(7)), and homes may be deep."""

import hashlib
import os
import shutil
import stat
from pathlib import Path

from cordboard.nodes.failure import StartFailed
from cordboard.nodes.user import PASSABLE_MODE, make_folders

LONGEST_PATH = 107
# What is appended: /postgres/.s.PGSQL.5432.lock, /lab/asterisk.ctl
ROOM = 40


def runtime_folder(home: Path) -> Path:
    """The folder for ``home``'s sockets, ours: in it where the path is short enough, else in /tmp.

    Raises:
        StartFailed: somebody else made a folder of that name.
    """
    folder = _place(home)
    if folder.is_relative_to(home):
        make_folders((folder,), None, mode=PASSABLE_MODE)
        return folder
    folder.mkdir(mode=PASSABLE_MODE, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise StartFailed(f"{folder} belongs to somebody else", "Choose a shorter CORDBOARD_HOME, or remove that")
    folder.chmod(PASSABLE_MODE)
    return folder


def remove_runtime_folder(home: Path) -> None:
    """Leave nothing in /tmp. To be called when what used the sockets has ended."""
    folder = _place(home)
    if not folder.is_relative_to(home):
        shutil.rmtree(folder, ignore_errors=True)


def _place(home: Path) -> Path:
    folder = home / "run" / "sockets"
    if len(os.fsencode(folder)) + ROOM <= LONGEST_PATH:
        return folder
    # The user is in the name: another user's folder there is no use to us.
    name = hashlib.sha256(f"{os.geteuid()}:{home}".encode()).hexdigest()[:16]
    return Path(f"/tmp/cordboard-{name}")  # noqa: S108 - its owner is looked at
