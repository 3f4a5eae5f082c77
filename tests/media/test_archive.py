import os
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import pytest

from cordboard.media.archive import Archive

AT = datetime(2026, 3, 5, 23, 59, tzinfo=UTC)
KEY = "7/2026/03/05/0190b0f0-0123456789abcdef.mp3"


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_keys_are_by_tenant_and_day() -> None:
    assert Archive.key_for(7, AT, "0190b0f0-0123456789abcdef.mp3") == KEY


@pytest.mark.parametrize("name", ["", ".", "..", "../x.mp3", "a/b.mp3", "/etc/passwd"])
def test_a_name_is_no_path(name: str) -> None:
    with pytest.raises(ValueError, match="not a file's name"):
        Archive.key_for(7, AT, name)


def test_keeps_what_is_written(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    assert archive.write(KEY, lambda file: file.write(b"audio")) == 5
    assert archive.has(KEY)
    assert archive.path_of(KEY).read_bytes() == b"audio"
    assert files(tmp_path) == [KEY]


def test_a_failed_write_leaves_nothing(tmp_path: Path) -> None:
    def fill(file: BinaryIO) -> None:
        file.write(b"half of it")
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        Archive(tmp_path).write(KEY, fill)
    assert files(tmp_path) == []


def test_the_later_writer_wins(tmp_path: Path) -> None:
    archive = Archive(tmp_path)

    def fill(file: BinaryIO) -> None:
        file.write(b"first, slow")
        archive.write(KEY, lambda other: other.write(b"second"))
        assert archive.path_of(KEY).read_bytes() == b"second"

    archive.write(KEY, fill)
    assert archive.path_of(KEY).read_bytes() == b"first, slow"
    assert files(tmp_path) == [KEY]


def test_removing_twice_is_removing_once(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    archive.write(KEY, lambda file: file.write(b"audio"))
    archive.remove(KEY)
    archive.remove(KEY)
    assert not archive.has(KEY)


def test_leftovers_of_killed_writers_go_and_those_of_living_ones_stay(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    assert archive.remove_leftovers(0) == 0
    incoming = tmp_path / "incoming"
    incoming.mkdir()
    (incoming / "old").write_bytes(b"")
    os.utime(incoming / "old", (1, 1))
    (incoming / "new").write_bytes(b"")
    assert archive.remove_leftovers(86_400) == 1
    assert files(tmp_path) == ["incoming/new"]
