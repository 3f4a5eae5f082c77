"""The home: its folders, whose they are, and the room on its disk."""

import os
import shutil
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from cordboard.nodes.failure import StartFailed
from cordboard.nodes.runtime_folder import runtime_folder
from cordboard.nodes.user import ServiceUser, can_run_us, done_as, make_folders, service_user
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
    def dropped(self) -> ServiceUser | None:
        """Whom PostgreSQL and Asterisk have to be started as once we are ``owner``."""
        return self.user if self.is_split else None


def find_tenure() -> Tenure:
    """As root, make the user if missing and see what it can reach. Raises StartFailed."""
    user = service_user()
    return Tenure(user=user, owner=user if user and can_run_us(user) else None)


def make_home(settings: Settings, tenure: Tenure) -> Path:
    """Make the home's folders and the cache; return the folder for sockets. Raises StartFailed."""
    if tenure.owner:
        _hand_over(settings.home, tenure.owner)
    # 0711: in a split tenure the user passes through ours to what is its own.
    make_folders((settings.home,), tenure.owner, mode=0o711)
    check_room(settings.home)
    make_folders((settings.run, settings.home / "log", settings.recordings), tenure.owner, mode=0o711)
    own = [folder / name for folder in (settings.run, settings.home / "log") for name in ("asterisk", "lab")]
    make_folders((settings.raw_recordings, *own), tenure.user)
    make_folders((settings.cache,), None, mode=0o755)
    if tenure.user:
        _check_reach(settings.cache, tenure.user)
    sockets = runtime_folder(settings.home, tenure.owner)
    make_folders((sockets / name for name in ("postgres", "asterisk", "lab")), tenure.user)
    return sockets


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
