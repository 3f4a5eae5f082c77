"""Finding an Asterisk to run, or getting one: configured, installed, the distribution's own, Debian's."""

import os
import re
import shutil
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cordboard.nodes import child, debian
from cordboard.nodes.failure import StartFailed
from cordboard.nodes.progress import Progress, silent

# Major version → the least minor one: requests over ARI's websocket came with these. Later majors have them all.
LEAST = {20: 14, 21: 9, 22: 4}
LEAST_WORDS = "20.14, 21.9, 22.4 or later"
# Debian removed Asterisk from bookworm and trixie; sid has it, a long-term release and later ones in turn.
DEBIAN_SUITE = "sid"
PACKAGES = ("asterisk", "asterisk-core-sounds-en-wav", "asterisk-moh-opsound-wav")
OWN_NAME = "asterisk-own"
DEBIAN_NAME = "asterisk-sid"
# Debian's sounds/en is a link that the package's postinst would make.
ENGLISH = ("en_US_f_Allison", "en")


@dataclass(frozen=True, slots=True, kw_only=True)
class AsteriskInstallation:
    """An Asterisk that runs on this machine. ``command`` starts it; arguments follow."""

    command: tuple[str, ...]
    version: str
    modules: Path
    data: Path
    prefix: Path

    @property
    def binary(self) -> Path:
        """The program itself."""
        return Path(self.command[-1])

    @property
    def has_sounds(self) -> bool:
        """Whether prompts can be played."""
        return (self.data / "sounds" / "en").is_dir()


def find_asterisk(configured: str, cache: Path) -> AsteriskInstallation | None:
    """What is there without downloading anything, or None. Raises StartFailed when ``configured`` is of no use."""
    if configured:
        return _configured(Path(configured))
    if (installed := _installed()) is not None:
        return installed
    for name, suite in ((OWN_NAME, None), (DEBIAN_NAME, DEBIAN_SUITE)):
        prefix = debian.fetched(PACKAGES, suite=suite, cache=cache, name=name)
        if prefix and (found := _in_prefix(prefix.path)) and is_recent(found.version):
            return found
    return None


def get_asterisk(configured: str, cache: Path, progress: Progress = silent) -> AsteriskInstallation:
    """An Asterisk that is recent enough: ``configured`` (a prefix), installed, in the cache, or fetched into it.

    Raises:
        StartFailed: the configured one is of no use, or none can be fetched.
    """
    if found := find_asterisk(configured, cache):
        return found
    progress("Asterisk: looking for the distribution's own")
    version = debian.candidate("asterisk", suite=None, cache=cache, name=OWN_NAME)
    name, suite = (OWN_NAME, None) if is_recent(version) else (DEBIAN_NAME, DEBIAN_SUITE)
    prefix = debian.fetch(
        PACKAGES,
        suite=suite,
        cache=cache,
        name=name,
        progress=lambda text: progress(f"Asterisk: {text}"),
        finish=link_sounds,
    )
    installation = _in_prefix(prefix.path)
    if installation is None:
        raise StartFailed(f"the Asterisk in {prefix.path} does not run", "Delete that folder and start again")
    return installation


def is_recent(version: str) -> bool:
    """Whether ``Asterisk 22.10.1`` or ``1:22.10.1~dfsg-1`` is a version that we can drive."""
    found = re.search(r"(?:^|\s|:)(\d+)\.(\d+)", version)
    if found is None:
        return False
    major, minor = int(found[1]), int(found[2])
    return major > max(LEAST) or minor >= LEAST.get(major, sys.maxsize)


def link_sounds(prefix: Path) -> None:
    """Make the link that the language ``en`` is found by."""
    source, link = ENGLISH
    sounds = prefix / "usr/share/asterisk/sounds"
    if (sounds / source).is_dir() and not (sounds / link).exists():
        (sounds / link).symlink_to(source)


def _configured(prefix: Path) -> AsteriskInstallation:
    found = _in_prefix(prefix)
    if found is None:
        remedy = "It is the folder above sbin/asterisk or usr/sbin/asterisk and its modules"
        raise StartFailed(f"CORDBOARD_ASTERISK_PREFIX is '{prefix}', where no Asterisk runs", remedy)
    if not is_recent(found.version):
        raise StartFailed(f"{found.binary} is {found.version}; {LEAST_WORDS} is needed")
    return found


def _installed() -> AsteriskInstallation | None:
    path = shutil.which("asterisk", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if path is None:
        return None
    root = Path(path).parents[1]
    found = _tried((path,), Path("/") if root == Path("/usr") else root)
    return found if found and is_recent(found.version) else None


def _in_prefix(prefix: Path) -> AsteriskInstallation | None:
    """The Asterisk in a folder: as it is, or by the folder's own dynamic loader when it has one."""
    for program in ("usr/sbin/asterisk", "sbin/asterisk"):
        if not (prefix / program).is_file():
            continue
        ways: list[Sequence[str]] = [(str(prefix / program),)]
        if debian.Prefix(path=prefix).loader():
            ways.insert(0, debian.Prefix(path=prefix).command(program))
        for way in ways:
            if found := _tried(way, prefix):
                return found
    return None


def _tried(command: Sequence[str], prefix: Path) -> AsteriskInstallation | None:
    try:
        done = child.run([*command, "-V"])
    except OSError:
        return None
    modules = _first_folder(prefix / part for part in _module_folders())
    data = _first_folder(prefix / part for part in ("usr/share/asterisk", "share/asterisk", "var/lib/asterisk"))
    if done.returncode != 0 or not done.stdout.startswith("Asterisk ") or modules is None or data is None:
        return None
    return AsteriskInstallation(
        command=tuple(command), version=done.stdout.strip(), modules=modules, data=data, prefix=prefix
    )


def _module_folders() -> list[str]:
    triplet, _ = debian.architecture()
    return [f"usr/lib/{triplet}/asterisk/modules", "usr/lib/asterisk/modules", "lib/asterisk/modules"]


def _first_folder(folders: Iterable[Path]) -> Path | None:
    return next((folder for folder in folders if folder.is_dir()), None)
