"""Where finished recordings are kept: files under one folder. An object store would offer the same five methods.

A recording is known by its key, ``<tenant>/<yyyy>/<mm>/<dd>/<name>``, relative to wherever the archive is.
"""

import os
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, TypeVar

Made = TypeVar("Made")


class Archive:
    """The folder of finished recordings. All methods block: call them in a thread."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._incoming = root / "incoming"  # on the same file system, so that a rename is all that is missing

    @staticmethod
    def key_for(tenant_id: int, at: datetime, name: str) -> str:
        """The key of a recording that began ``at``."""
        if name in {"", ".", ".."} or "/" in name:
            raise ValueError(f"'{name}' is not a file's name")
        return f"{tenant_id}/{at:%Y/%m/%d}/{name}"

    def path_of(self, key: str) -> Path:
        """The file of a key."""
        return self._root / key

    def has(self, key: str) -> bool:
        """True when the recording is there; what is there is whole."""
        return self.path_of(key).is_file()

    def write(self, key: str, fill: Callable[[BinaryIO], Made]) -> Made:
        """Keep what ``fill`` writes, all of it or nothing: after this no power cut takes it back.

        Raises:
            OSError: no room, no right.
        """
        self._incoming.mkdir(mode=0o750, parents=True, exist_ok=True)
        path = self.path_of(key)
        descriptor, name = tempfile.mkstemp(dir=self._incoming, prefix=f"{path.name}.")
        partial = Path(name)
        try:
            with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor, not a path
                made = fill(file)
                file.flush()
                os.fsync(descriptor)
            changed_folders = [path.parent, *_missing(path.parent)]
            path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
            partial.replace(path)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise
        for folder in changed_folders:
            _sync(folder)
        return made

    def remove(self, key: str) -> None:
        """Forget a recording. One that is gone already counts as done."""
        self.path_of(key).unlink(missing_ok=True)

    def remove_leftovers(self, older_than_seconds: float) -> int:
        """Delete what killed writers left behind; how many files that were."""
        if not self._incoming.is_dir():
            return 0
        before = time.time() - older_than_seconds
        count = 0
        for path in self._incoming.iterdir():
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < before:
                    path.unlink()
                    count += 1
        return count


def _missing(folder: Path) -> list[Path]:
    """The folders that get a new name in them when ``folder`` is made, nearest first."""
    return [each.parent for each in (folder, *folder.parents) if not each.exists()]


def _sync(folder: Path) -> None:
    """Make the names in a folder last: without it a power cut may take back a rename."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
