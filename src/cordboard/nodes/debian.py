"""Debian packages, unpacked with all they need into a folder of the cache and run from there.

Their programs run by their own dynamic loader and C library, so the machine's own may be older.
"""

import hashlib
import json
import platform
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cordboard.nodes import child
from cordboard.nodes.apt import DEBIAN_KEYS, Archive, PrivateApt, debian_sources, fetch_debian_keys, own_sources
from cordboard.nodes.failure import StartFailed
from cordboard.nodes.lock import locked
from cordboard.nodes.progress import Progress, silent

# machine → (multiarch triplet, dynamic loader), as Debian's libc6 ships them.
ARCHITECTURES = {
    "x86_64": ("x86_64-linux-gnu", "ld-linux-x86-64.so.2"),
    "aarch64": ("aarch64-linux-gnu", "ld-linux-aarch64.so.1"),
}
# Unpacked, packages are about 3.5 times as large: 79 MB became 279.
UNPACKED_RATIO = 4

_UNPACK = 'set -e; cd "$1"; shift; for deb in "$@"; do dpkg-deb -x "$deb" .; done; chmod -R u+rwX,go+rX,go-w,a-s .'


@dataclass(frozen=True, slots=True, kw_only=True)
class Prefix:
    """A folder with packages unpacked in it, as if it were ``/``."""

    path: Path

    def command(self, program: str | Path, *arguments: str) -> list[str]:
        """How to run ``program`` (``usr/sbin/asterisk``) with ``arguments``. Raises StartFailed."""
        loader = self.loader()
        if loader is None:
            raise StartFailed(f"{self.path} has no dynamic loader", "Delete that folder and start again")
        libraries = ":".join(str(folder) for folder in self.library_folders())
        return [str(loader), "--library-path", libraries, str(self.path / program), *arguments]

    def library_folders(self) -> list[Path]:
        """Where its shared libraries are."""
        triplet, _ = architecture()
        roots = [self.path / "usr/lib" / triplet, self.path / "lib" / triplet]
        # Private folders that their users find by an absolute path otherwise.
        nested = [folder for root in roots for folder in root.glob("*") if any(folder.glob("lib*.so.*"))]
        return [folder for folder in (*roots, *nested) if folder.is_dir()]

    def loader(self) -> Path | None:
        """Its dynamic loader, if it has one."""
        _, name = architecture()
        places = [self.path / folder / name for folder in ("usr/lib64", "lib64", "usr/lib", "lib")]
        return next((path for path in places if path.exists()), None)


def architecture() -> tuple[str, str]:
    """Debian's triplet and dynamic loader for this machine. Raises StartFailed."""
    try:
        return ARCHITECTURES[platform.machine()]
    except KeyError:
        raise StartFailed(f"Debian packages are not known to run on {platform.machine()} here") from None


def fetched(packages: Sequence[str], *, suite: str | None, cache: Path, name: str) -> Prefix | None:
    """What an earlier ``fetch`` of the same left in the cache, or None."""
    path = _prefix_path(packages, suite, cache, name)
    return Prefix(path=path) if path.is_dir() else None


def fetch(
    packages: Sequence[str],
    *,
    suite: str | None,
    cache: Path,
    name: str,
    progress: Progress = silent,
    finish: Callable[[Path], None] | None = None,
    sources: Sequence[str] = (),
) -> Prefix:
    """Download and unpack ``packages`` and all they need into ``cache``, or return what is there already.

    ``suite`` is Debian's (``sid``), None the machine's own suites. ``name`` is the folder in the cache. ``finish``
    changes the unpacked folder before it counts as complete. ``sources``: lines of a sources.list in the place of the
    suite's. Copies that fetch at the same time wait for each other;
    a fetch that was killed is taken up where its download was.

    Raises:
        StartFailed: no apt, no network, no room.
    """
    if found := fetched(packages, suite=suite, cache=cache, name=name):
        return found
    folder = cache / "debian" / name
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder / "lock", lambda: progress("waiting for another copy that fetches the same")):
        if found := fetched(packages, suite=suite, cache=cache, name=name):
            return found
        for abandoned in folder.glob("unpacking-*"):
            shutil.rmtree(abandoned)
        apt = private_apt(folder, suite, sources)
        progress("reading the lists of packages")
        apt.update()
        closure = apt.closure(packages)
        _check_room(folder, closure)
        apt.download(packages, closure, progress)
        progress(f"unpacking {len(closure)} packages")
        path = _prefix_path(packages, suite, cache, name)
        _unpack(apt, closure, path, finish)
        _tidy(apt, closure)
        return Prefix(path=path)


def candidate(package: str, *, suite: str | None, cache: Path, name: str) -> str:
    """The version of ``package`` that ``fetch`` would get; empty when there is none. Raises StartFailed."""
    folder = cache / "debian" / name
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder / "lock"):
        apt = private_apt(folder, suite)
        apt.update()
        version = apt.candidate(package)
        apt.forget_lists()
        return version


def private_apt(folder: Path, suite: str | None, sources: Sequence[str] = ()) -> PrivateApt:
    """An apt for one folder of the cache."""
    if not sources and not suite:
        sources = own_sources()
    elif suite and not sources:
        keys = DEBIAN_KEYS if DEBIAN_KEYS.exists() else fetch_debian_keys(folder / "keys")
        sources = debian_sources(suite, keys)
    return PrivateApt(folder / "apt", sources)


def _prefix_path(packages: Sequence[str], suite: str | None, cache: Path, name: str) -> Path:
    """One folder for each set of packages: a newer Cordboard that wants others leaves the running ones alone."""
    wanted = hashlib.sha256(json.dumps([sorted(packages), suite]).encode()).hexdigest()[:12]
    return cache / "debian" / name / f"prefix-{wanted}"


def _check_room(folder: Path, closure: Sequence[Archive]) -> None:
    needed = sum(archive.size_bytes for archive in closure) * (1 + UNPACKED_RATIO)
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise StartFailed(
            f"the disk is full: {folder} needs {needed / 1e6:.0f} MB and has {free / 1e6:.0f} MB",
            "Make room, or choose another CORDBOARD_CACHE",
        )


def _unpack(apt: PrivateApt, closure: Sequence[Archive], path: Path, finish: Callable[[Path], None] | None) -> None:
    """Unpack beside ``path`` and rename: a folder of that name is complete."""
    unpacking = Path(tempfile.mkdtemp(prefix="unpacking-", dir=path.parent))
    debs = [str(apt.archives / archive.file_name) for archive in closure]
    done = child.run(["sh", "-c", _UNPACK, "unpack", str(unpacking), *debs])
    if done.returncode != 0:
        shutil.rmtree(unpacking)
        if "No space left" in done.stdout:
            raise StartFailed(f"the disk is full: {path.parent}", "Make room, or choose another CORDBOARD_CACHE")
        raise StartFailed(f"unpacking failed: {done.stdout.strip()[-300:]}", f"Delete {path.parent} and start again")
    if finish:
        finish(unpacking)
    unpacking.chmod(0o755)
    unpacking.rename(path)


def _tidy(apt: PrivateApt, closure: Sequence[Archive]) -> None:
    """Forget the lists and the packages of other days. What is in use stays, so that it can be unpacked again."""
    kept = {archive.file_name for archive in closure}
    for deb in apt.archives.glob("*.deb"):
        if deb.name not in kept:
            deb.unlink()
    apt.forget_lists()
