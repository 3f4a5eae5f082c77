import asyncio
import os
from functools import partial
from pathlib import Path

import pytest

from cordboard.nodes import asterisk, asterisk_install, child
from cordboard.nodes.asterisk_config import write_configuration
from cordboard.nodes.asterisk_install import AsteriskInstallation
from cordboard.nodes.asterisk_layout import AsteriskLayout
from cordboard.nodes.failure import StartFailed
from cordboard.nodes.ports import UDP, free_port
from cordboard.nodes.user import ServiceUser, done_as, make_folders, service_user
from cordboard.settings import Settings


@pytest.fixture(scope="module")
def installation() -> AsteriskInstallation:
    settings = Settings.load()
    return asterisk_install.get_asterisk(settings.asterisk_prefix, settings.cache)


def laid_out(installation: AsteriskInstallation, home: Path, user: ServiceUser | None) -> AsteriskLayout:
    place = asterisk.AsteriskPlace(
        name="asterisk", home=home, control_folder=home / "sockets", raw_recordings=home / "raw",
        sip_host="127.0.0.1", sip_port=free_port(UDP), rtp_ports=(20000, 20997),
    )  # fmt: skip
    layout = asterisk.lay_out(installation, place)
    make_folders((home / "run" / "asterisk", home / "log" / "asterisk", home / "sockets", home / "raw"), user)
    done_as(user, partial(write_configuration, layout))
    return layout


async def test_runs_as_the_user_and_stops_at_once(installation: AsteriskInstallation, folder: Path) -> None:
    user = service_user()
    layout = laid_out(installation, folder, user)
    async with asterisk.running(installation, layout, log=folder / "asterisk.log", user=user) as process:
        assert Path(f"/proc/{process.pid}").stat().st_uid == (user.uid if user else os.geteuid())
        assert (folder / "sockets" / "asterisk.ctl").is_socket()
    # Asked to stop in the moment it was ready, when it may lose the signal: not killed all the same.
    assert process.returncode == 0


async def test_a_configuration_that_is_no_good_is_a_reason(installation: AsteriskInstallation, folder: Path) -> None:
    user = service_user()
    layout = laid_out(installation, folder, user)
    (layout.configuration / "modules.conf").write_text("[modules]\nautoload = no\nrequire = res_absent.so\n")
    with pytest.raises(StartFailed, match="asterisk ended as it started"):
        async with asterisk.running(installation, layout, log=folder / "asterisk.log", user=user):
            pass


async def test_a_port_that_answers_nothing_is_not_ready(installation: AsteriskInstallation, folder: Path) -> None:
    layout = laid_out(installation, folder, None)
    assert not await asterisk.is_ready(layout)

    async def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with await asyncio.start_server(hang_up, layout.ari_host, layout.ari_port):
        assert not await asterisk.is_ready(layout)


def test_every_home_has_an_entity_of_its_own() -> None:
    first, second = (asterisk.entity_id(Path(home)) for home in ("/a/run/asterisk", "/b/run/asterisk"))
    assert first != second
    assert first == asterisk.entity_id(Path("/a/run/asterisk"))
    assert len(first.split(":")) == 6
    # Bit 0 of the first octet: multicast; bit 1: locally administered (IEEE 802).
    assert int(first[:2], 16) & 0b11 == 0b10


@pytest.mark.parametrize(
    ("version", "is_recent"),
    [
        ("Asterisk 22.10.1+dfsg+~cs6.17.60671434-1", True), ("1:22.4.0~dfsg-1", True), ("1:22.3.0~dfsg-1", False),
        ("1:20.6.0~dfsg+~cs6.13.40431414-2build5", False), ("Asterisk 20.14.0", True), ("Asterisk 21.8.0", False),
        ("Asterisk 23.0.0", True), ("1:16.28.0~dfsg-0+deb11u4", False), ("", False), ("(none)", False),
        ("Asterisk GIT-master-a1b2c3", False),
    ],
)  # fmt: skip
def test_versions_that_we_can_drive(version: str, *, is_recent: bool) -> None:
    assert asterisk_install.is_recent(version) is is_recent


def fake(folder: Path, version: str) -> Path:
    for part in ("usr/sbin", "usr/lib/asterisk/modules", "usr/share/asterisk"):
        (folder / part).mkdir(parents=True)
    program = folder / "usr/sbin/asterisk"
    program.write_text(f"#!/bin/sh\necho {version}\n")
    program.chmod(0o755)
    return folder


def test_a_configured_prefix(tmp_path: Path) -> None:
    recent = fake(tmp_path / "recent", "Asterisk 21.9.0")
    found = asterisk_install.get_asterisk(str(recent), tmp_path)
    assert (found.version, found.modules) == ("Asterisk 21.9.0", recent / "usr/lib/asterisk/modules")
    with pytest.raises(StartFailed, match=r"22\.4 or later is needed"):
        asterisk_install.get_asterisk(str(fake(tmp_path / "old", "Asterisk 18.10.0")), tmp_path)
    with pytest.raises(StartFailed, match="where no Asterisk runs"):
        asterisk_install.get_asterisk(str(tmp_path / "absent"), tmp_path)


def test_english_sounds_are_found_by_their_language(tmp_path: Path) -> None:
    (tmp_path / "usr/share/asterisk/sounds/en_US_f_Allison").mkdir(parents=True)
    for _ in range(2):
        asterisk_install.link_sounds(tmp_path)
    assert (tmp_path / "usr/share/asterisk/sounds/en").is_dir()


def test_what_was_fetched_is_complete(installation: AsteriskInstallation) -> None:
    assert installation.has_sounds
    assert child.run([*installation.command, "-V"]).stdout.strip() == installation.version
