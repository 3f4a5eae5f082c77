"""Starting and stopping a lab's Asterisk; it ends with whoever started it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from cordboard.lab.configuration import HOSTS, PHONE_HOST, write_lab
from cordboard.lab.dialplan import Notes
from cordboard.lab.lab import Lab, connected
from cordboard.nodes import asterisk
from cordboard.nodes.asterisk_install import AsteriskInstallation
from cordboard.nodes.asterisk_layout import AsteriskLayout
from cordboard.nodes.ports import UDP, claim_range, free_port, is_free, parse_range
from cordboard.nodes.runtime_folder import remove_runtime_folder, runtime_folder
from cordboard.nodes.user import ServiceUser, done_as, make_folders

NAME = "lab"


def lab_layout(
    installation: AsteriskInstallation, home: Path, *, rtp_ports: tuple[int, int], sip_port: int = 0, ari_port: int = 0
) -> AsteriskLayout:
    """Where the lab of ``home`` lives. Ports that are 0 or taken: free ones. The SIP port is one for all parties."""
    return asterisk.lay_out(
        installation,
        asterisk.AsteriskPlace(
            name=NAME,
            home=home,
            control_folder=runtime_folder(home) / NAME,
            raw_recordings=home / "run" / NAME / "heard",
            sip_host=PHONE_HOST,
            sip_port=free_sip_port(sip_port),
            rtp_ports=rtp_ports,
            user_name=NAME,
        ),
        ari_port=ari_port,
    )


def free_sip_port(wanted: int = 0) -> int:
    """A UDP port that is free at all of the lab's addresses; ``wanted`` if it is."""
    port = wanted
    while not port or not all(is_free(UDP, port, host) for host in HOSTS):
        port = free_port(UDP)
    return port


@asynccontextmanager
async def started_lab(
    installation: AsteriskInstallation, home: Path, *, notes: Notes = Notes.HEADERS
) -> AsyncIterator[Lab]:
    """A lab of one's own in ``home``, run as whoever we are; for tests and benches. Raises StartFailed."""
    (home / "run").mkdir(parents=True, exist_ok=True)
    rtp, claim = claim_range()
    with claim:
        try:
            layout = lab_layout(installation, home, rtp_ports=parse_range(rtp))
            async with running(installation, layout, notes=notes) as lab:
                yield lab
        finally:
            remove_runtime_folder(home)


@asynccontextmanager
async def running(
    installation: AsteriskInstallation, layout: AsteriskLayout, *, notes: Notes, user: ServiceUser | None = None
) -> AsyncIterator[Lab]:
    """The lab's Asterisk as ``user`` (None: as whoever we are), stopped at the end. Raises StartFailed."""
    folders = (
        layout.configuration, layout.run_folder, layout.control_folder, layout.spool, layout.log, layout.raw_recordings,
    )  # fmt: skip
    make_folders(folders, user)
    done_as(user, lambda: write_lab(layout, notes))
    log = layout.log.with_name(f"{NAME}-asterisk.log")
    async with asterisk.running(installation, layout, log=log, user=user) as process, connected(layout) as lab:
        lab.process = process
        yield lab
