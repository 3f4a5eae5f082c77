"""The home: its folders, whose they are, and the room on its disk."""

import os
import shutil
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from cordboard.nodes.failure import StartFailed
from cordboard.nodes.lock import take_lock
from cordboard.nodes.runtime_folder import runtime_folder
from cordboard.nodes.user import PASSABLE_MODE, ServiceUser, can_run_us, done_as, make_folders, service_user
from cordboard.settings import Settings

# A start, its logs and an hour of calls.
LOWEST_FREE_BYTES = 200_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenure:
    """Who runs what.

    ``owner``: the user that we become before anything is started, None when we stay who we are. ``user``: whom
    PostgreSQL and Asterisk are to run as, None when that is the same. Both None: we are an ordinary user.
    """

    user: ServiceUser | None
    owner: ServiceUser | None

    @property
    def is_split(self) -> bool:
        """True when our programs have to stay root, since the user cannot reach them."""
        return self.user is not None and self.owner is None

    @property
    def mode(self) -> int:
        """The home's. In a split tenure the user passes through our folders to its own."""
        return PASSABLE_MODE if self.is_split else 0o700

    @property
    def dropped(self) -> ServiceUser | None:
        """Whom PostgreSQL and Asterisk have to be started as once we are ``owner``."""
        return self.user if self.is_split else None


def find_tenure() -> Tenure:
    """As root, make the user if missing and see what it can reach. Raises StartFailed."""
    user = service_user()
    return Tenure(user=user, owner=user if user and can_run_us(user) else None)


def open_home(settings: Settings, tenure: Tenure) -> None:
    """Make the home and the cache. Raises StartFailed when they cannot be used, or when the home is in use."""
    if tenure.owner:
        _hand_over(settings.home, tenure.owner)
    make_folders((settings.home,), tenure.owner, mode=tenure.mode)
    check_room(settings.home)
    make_folders((settings.cache,), None, mode=0o755)
    if tenure.user:
        _check_reach(settings.cache, tenure.user)
    # Root writes nothing into another user's folders: what that user has put there may lead anywhere.
    done_as(tenure.owner, partial(_check_unused, settings))


def furnish_home(settings: Settings, tenure: Tenure) -> Path:
    """Make the folders inside, as whoever owns them; return the one for sockets. Raises StartFailed."""
    make_folders((settings.run, settings.home / "log", settings.recordings), None, mode=tenure.mode)
    own = [folder / name for folder in (settings.run, settings.home / "log") for name in ("asterisk", "lab")]
    sockets = runtime_folder(settings.home)
    make_folders(
        (settings.raw_recordings, *own, *(sockets / name for name in ("postgres", "asterisk", "lab"))), tenure.dropped
    )
    return sockets


def hold_home(settings: Settings) -> int:
    """The lock that says that ``cordboard up`` runs with this home. Raises StartFailed when somebody has it."""
    settings.run.mkdir(mode=0o700, exist_ok=True)
    lock = take_lock(settings.run / "up.lock")
    if lock is None:
        raise StartFailed(f"'cordboard up' runs already with the home {settings.home}", "Set another CORDBOARD_HOME")
    return lock


def _check_unused(settings: Settings) -> None:
    os.close(hold_home(settings))


def check_room(folder: Path) -> None:
    """Raise StartFailed when the disk is as good as full."""
    free = shutil.disk_usage(folder).free
    if free < LOWEST_FREE_BYTES:
        raise StartFailed(
            f"the disk is full: {folder} has {free / 1e6:.0f} MB left", "Make room, or choose another CORDBOARD_HOME"
        )


def _look_into(folder: Path) -> None:
    list(folder.iterdir())


def _check_reach(folder: Path, user: ServiceUser) -> None:
    try:
        done_as(user, partial(_look_into, folder))
    except OSError as error:
        reason = f"the user '{user.name}' cannot use the cache {folder}: {error.strerror}"
        raise StartFailed(reason, "Choose another CORDBOARD_CACHE") from error


def _hand_over(home: Path, owner: ServiceUser) -> None:
    """Give what an earlier start left as root's (it could not run as ``owner`` then) to ``owner``."""
    if not home.exists() or home.stat().st_uid == owner.uid:
        return
    for folder, names, files in os.walk(home):
        # The database is its user's in any case, and large.
        names[:] = [name for name in names if name != "database"]
        for path in (folder, *(os.path.join(folder, name) for name in files)):  # noqa: PTH118 - os.walk gives texts
            if os.lstat(path).st_uid == 0:
                os.chown(path, owner.uid, owner.gid, follow_symlinks=False)
