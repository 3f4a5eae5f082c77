import os
from pathlib import Path

import pytest

from cordboard.nodes.failure import StartFailed
from cordboard.nodes.runtime_folder import LONGEST_PATH, remove_runtime_folder, runtime_folder
from cordboard.nodes.user import done_as, make_folders, service_user


def test_what_is_done_as_the_user_is_the_users(folder: Path) -> None:
    user = service_user()
    make_folders((folder / "own",), user)
    done_as(user, (folder / "own" / "file").touch)
    owner = (folder / "own" / "file").stat().st_uid
    assert owner == (user.uid if user else os.geteuid())


def test_what_it_raises_comes_back() -> None:
    def fail() -> None:
        raise PermissionError(13, "Permission denied")

    def stumble() -> None:
        raise ValueError("no good")

    with pytest.raises(PermissionError):
        done_as(service_user(), fail)
    with pytest.raises((RuntimeError, ValueError), match="no good"):
        done_as(service_user(), stumble)


def test_folders_above_can_be_passed_through(folder: Path) -> None:
    before = os.umask(0o077)
    try:
        make_folders((folder / "a" / "b" / "c",), service_user())
    finally:
        os.umask(before)
    assert (folder / "a" / "b").stat().st_mode & 0o777 == 0o711
    assert (folder / "a" / "b" / "c").stat().st_mode & 0o777 == 0o700


def test_a_folder_that_cannot_be_made_is_a_reason(folder: Path) -> None:
    (folder / "file").touch()
    with pytest.raises(StartFailed, match="cannot use"):
        make_folders((folder / "file" / "below",), None)


def test_sockets_of_deep_homes_are_in_a_short_folder(folder: Path) -> None:
    near = folder / "home"
    (near / "run").mkdir(parents=True)
    assert runtime_folder(near) == near / "run" / "sockets"
    deep = folder / ("x" * LONGEST_PATH)
    short = runtime_folder(deep)
    try:
        assert len(str(short / "postgres" / ".s.PGSQL.5432.lock")) <= LONGEST_PATH
        assert short == runtime_folder(deep)
        assert short.stat().st_mode & 0o777 == 0o711
    finally:
        remove_runtime_folder(deep)
    assert not short.exists()


def test_a_folder_of_somebody_else_is_not_used(folder: Path) -> None:
    deep = folder / ("y" * LONGEST_PATH)
    short = runtime_folder(deep)
    short.rmdir()
    short.symlink_to(folder)
    try:
        with pytest.raises(StartFailed, match="belongs to somebody else"):
            runtime_folder(deep)
    finally:
        short.unlink()
