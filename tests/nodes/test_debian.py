import asyncio
import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cordboard.nodes import apt, debian
from cordboard.nodes.apt import Archive as Deb
from cordboard.nodes.failure import StartFailed
from tests.nodes import fetcher
from tests.nodes.archive import Archive

PACKAGES = ("tool",)


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    (tmp_path / "archive").mkdir()
    made = Archive(folder=tmp_path / "archive")
    made.add("tool", {"usr/bin/tool": "#!/bin/sh\n", "usr/share/tool/data": "1"}, depends="library")
    made.add("library", {"usr/share/library/data": "2"})
    return made


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def fetch(archive: Archive, cache: Path, packages: tuple[str, ...] = PACKAGES) -> debian.Prefix:
    return debian.fetch(packages, suite=None, cache=cache, name="things", sources=archive.sources)


def test_fetches_what_a_package_needs_too(archive: Archive, cache: Path) -> None:
    prefix = fetch(archive, cache)
    assert (prefix.path / "usr/share/library/data").read_text() == "2"
    tool = prefix.path / "usr/bin/tool"
    assert tool.stat().st_mode & 0o7777 == 0o755, "what is unpacked outside of / must not carry another's rights"
    assert not (cache / "debian/things/apt/lists").exists()


def test_a_second_time_needs_no_archive(archive: Archive, cache: Path) -> None:
    first = fetch(archive, cache)
    (archive.folder / "Packages").unlink()
    assert fetch(archive, cache) == first
    assert debian.fetched(PACKAGES, suite=None, cache=cache, name="things") == first


def test_other_packages_leave_the_first_ones_alone(archive: Archive, cache: Path) -> None:
    first = fetch(archive, cache)
    second = fetch(archive, cache, ("library",))
    assert first.path != second.path
    assert first.path.exists()
    assert not (second.path / "usr/bin/tool").exists()


async def test_a_killed_fetch_starts_clean(archive: Archive, cache: Path) -> None:
    root = Path(fetcher.__file__).parents[2]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", fetcher.__name__, *(json.dumps(each) for each in (str(cache), archive.sources, PACKAGES)),
        stdout=asyncio.subprocess.PIPE, cwd=root, env={**os.environ, "PYTHONPATH": f"{root / 'src'}:{root}"},
    )  # fmt: skip
    assert process.stdout
    assert await process.stdout.readline() == b"unpacked\n"
    assert debian.fetched(PACKAGES, suite=None, cache=cache, name="things") is None
    process.kill()
    await process.wait()
    assert list((cache / "debian/things").glob("unpacking-*"))

    prefix = await asyncio.to_thread(fetch, archive, cache)
    assert (prefix.path / "usr/bin/tool").exists()
    assert not list((cache / "debian/things").glob("unpacking-*"))


def test_what_an_earlier_try_left_is_taken_up_only_if_it_is_still_wanted(archive: Archive, cache: Path) -> None:
    """sid moves: between two tries a package may have become another version."""
    left = cache / "debian/things/apt/cache/archives"
    (left / "partial").mkdir(parents=True)
    whole = (archive.folder / "library_1_all.deb").read_bytes()
    (left / "library_1_all.deb").write_bytes(whole)
    (left / "partial" / "tool_1_all.deb").write_bytes((archive.folder / "tool_1_all.deb").read_bytes()[:100])
    archive.forget("library", "1")
    archive.add("library", {"usr/share/library/data": "new"}, version="2")
    prefix = fetch(archive, cache)
    assert (prefix.path / "usr/share/library/data").read_text() == "new"
    assert {path.name for path in left.glob("*.deb")} == {"tool_1_all.deb", "library_2_all.deb"}


def test_two_at_once_fetch_once(archive: Archive, cache: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        found = {each.path for each in pool.map(lambda _: fetch(archive, cache), range(2))}
    assert len(found) == 1
    assert len(list((cache / "debian/things").glob("prefix-*"))) == 1


def test_the_candidate_of_a_package(archive: Archive, cache: Path) -> None:
    apt = debian.private_apt(cache, None, archive.sources)
    apt.update()
    assert apt.candidate("library") == "1"
    assert apt.candidate("nothing-of-the-kind") == ""


def test_no_such_package(archive: Archive, cache: Path) -> None:
    with pytest.raises(StartFailed, match="Unable to locate package nothing-of-the-kind"):
        fetch(archive, cache, ("nothing-of-the-kind",))


def test_no_network(cache: Path) -> None:
    nowhere = ("deb [trusted=yes] http://127.0.0.1:9/debian sid main",)
    with pytest.raises(StartFailed) as failed:
        debian.fetch(PACKAGES, suite=None, cache=cache, name="things", sources=nowhere)
    assert "cannot download from 127.0.0.1:9: Could not connect" in failed.value.reason
    assert "network" in failed.value.remedy


def test_a_full_disk(tmp_path: Path) -> None:
    with pytest.raises(StartFailed, match="the disk is full"):
        debian._check_room(tmp_path, [Deb(file_name="huge.deb", size_bytes=10**15)])


def test_where_debian_is_comes_from_what_apt_knows_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a machine of another distribution."""
    template = tmp_path / "Debian.info"
    template.write_text("Suite: sid\nBaseURI: http://mirror.invalid/debian\n\nSuite: trixie/updates\n"
                        "BaseURI: http://security.invalid/debian-security\n")  # fmt: skip
    monkeypatch.setattr(apt, "_targets", list)
    monkeypatch.setattr(apt, "DEBIAN_TEMPLATE", template)
    (line,) = apt.debian_sources("sid")
    assert line.endswith(" http://mirror.invalid/debian sid main")
    template.unlink()
    with pytest.raises(StartFailed, match="no mirror of Debian"):
        apt.debian_sources("sid")
