"""The user that PostgreSQL and Asterisk run as when we are root; neither should be root, and PostgreSQL refuses."""

import ctypes
import os
import pickle
import pwd
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from cordboard.domain.errors import CordboardError
from cordboard.nodes import launch
from cordboard.nodes.failure import StartFailed

USER_NAME = "cordboard"
PR_GET_PDEATHSIG = 2
# To be passed through, not to be looked into.
PASSABLE_MODE = 0o711


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceUser:
    """A system user without a shell or a password."""

    name: str
    uid: int
    gid: int


def service_user() -> ServiceUser | None:
    """The user ``cordboard``, made if missing, when we are root; None otherwise: programs run as whoever we are."""
    if os.geteuid() != 0:
        return None
    return find_user() or _make_user()


def find_user() -> ServiceUser | None:
    """The user ``cordboard`` if there is one."""
    try:
        entry = pwd.getpwnam(USER_NAME)
    except KeyError:
        return None
    return ServiceUser(name=USER_NAME, uid=entry.pw_uid, gid=entry.pw_gid)


def _make_user() -> ServiceUser:
    tool = shutil.which("useradd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if tool is None:
        raise StartFailed(f"there is no user '{USER_NAME}' and no useradd", f"Make a system user '{USER_NAME}'")
    command = [tool, "--system", "--user-group", "--no-create-home", "--home-dir", "/var/lib/cordboard"]
    made = subprocess.run(
        [*command, "--shell", "/usr/sbin/nologin", USER_NAME], capture_output=True, text=True, check=False
    )
    user = find_user()
    if user is None:
        raise StartFailed(f"useradd could not make the user '{USER_NAME}': {made.stderr.strip()}")
    return user


def can_run_us(user: ServiceUser) -> bool:
    """Whether ``user`` can reach this interpreter, its packages and our own. Tried for real, from outside."""
    # Looked up, not imported: the packages' folders tell it as well, ten times faster.
    code = (
        "import cordboard.settings; from importlib.util import find_spec as f; assert f('asyncpg') and f('starlette')"
    )
    package_root = Path(__file__).parents[2]
    try:
        tried = subprocess.run(
            [sys.executable, "-c", code],
            user=user.uid,
            group=user.gid,
            extra_groups=[],
            cwd="/",
            env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(package_root), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            check=False,
        )
    except OSError:
        return False
    return tried.returncode == 0


def become(user: ServiceUser) -> None:
    """Be ``user`` from now on.

    The signal that we asked to get when our parent ends survives: a change of uid clears it (prctl(2)).
    """
    death_signal = ctypes.c_int()
    libc = ctypes.CDLL(None)
    libc.prctl(PR_GET_PDEATHSIG, ctypes.byref(death_signal))
    os.setgroups([user.gid])
    os.setgid(user.gid)
    os.setuid(user.uid)
    libc.prctl(launch.PR_SET_PDEATHSIG, death_signal.value)


def done_as(user: ServiceUser | None, work: Callable[[], None]) -> None:
    """Do ``work`` with the rights of ``user`` (None: with ours), in a forked process, and raise what it raises.

    Root must not write into folders of another user: a symbolic link there would lead it anywhere. Only for the time
    before threads are started: a fork copies none of them.
    """
    if user is None:
        work()
        return
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        _do_and_leave(user, work, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        report = pipe.read()
    os.waitpid(child, 0)
    # Written by our own code a moment ago, in our own process.
    failure: Exception | None = pickle.loads(report) if report else OSError("a step ended without a word")  # noqa: S301
    if failure is not None:
        raise failure


def _do_and_leave(user: ServiceUser, work: Callable[[], None], writing: int) -> None:
    """The forked process: nothing of the parent's may run here, so it leaves without cleaning up."""
    failure: Exception | None = None
    try:
        become(user)
        work()
    except (OSError, CordboardError) as error:
        failure = error
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the parent that has to say it
        failure = RuntimeError(f"{type(error).__name__}: {error}")
    os.write(writing, pickle.dumps(failure))
    os._exit(0)


def _look_into(folder: Path) -> None:
    list(folder.iterdir())


def make_folders(folders: Iterable[Path], user: ServiceUser | None, mode: int = 0o700) -> None:
    """Make ``folders`` (and what is above them) and give them, but not what is in them, to ``user`` (None: to us).

    ``mode`` is the least that each allows.

    Raises:
        StartFailed: one cannot be made, or ``user`` cannot reach it.
    """
    for folder in folders:
        try:
            for above in reversed(folder.parents):
                if not above.exists():
                    above.mkdir(exist_ok=True)
                    above.chmod(PASSABLE_MODE)
            folder.mkdir(exist_ok=True, mode=mode)
            if mode & ~(found := folder.stat().st_mode & 0o777):
                folder.chmod(found | mode)
            if os.geteuid() == 0:
                uid, gid = (user.uid, user.gid) if user else (0, 0)
                os.chown(folder, uid, gid, follow_symlinks=False)
            done_as(user, partial(_look_into, folder))
        except OSError as error:
            who = f"user '{user.name}'" if user and os.geteuid() == 0 else "we"
            raise StartFailed(
                f"{who} cannot use {folder}: {error.strerror or error}",
                "Choose another CORDBOARD_HOME or CORDBOARD_CACHE, or open the folders above it",
            ) from error
