"""Folders for what runs as another user: pytest's own are root's alone."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def public_folder() -> Iterator[Path]:
    """A folder with a short path that every user can pass through."""
    folder = Path(tempfile.mkdtemp(prefix="cordboard-test-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
