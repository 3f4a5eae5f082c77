"""An own Asterisk: its folders, ports and configuration, how it is started, and whether it answers."""

import asyncio
import hashlib
import secrets
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from cordboard.nodes import child, ports
from cordboard.nodes.asterisk_install import AsteriskInstallation
from cordboard.nodes.asterisk_layout import AsteriskLayout
from cordboard.nodes.user import ServiceUser

# Stops at once when it has no calls; with calls it hangs them up, so that nobody is left in silence.
STOP_SIGNAL = signal.SIGTERM
STOP_SECONDS = 10.0
# A SIGTERM between the last module and "Asterisk Ready" is lost: seen waiting for 25 s.
STOP_AGAIN_SECONDS = 0.5
# Half a second on an idle machine.
READY_SECONDS = 60.0
SECRET_BYTES = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class AsteriskPlace:
    """What makes one Asterisk of a home different from another: its ``name`` and where it listens for SIP."""

    name: str
    home: Path
    control_folder: Path
    raw_recordings: Path
    sip_host: str
    sip_port: int
    rtp_ports: tuple[int, int]
    user_name: str = "cordboard"


def lay_out(
    installation: AsteriskInstallation, place: AsteriskPlace, *, ari_port: int = 0, ami_port: int = 0
) -> AsteriskLayout:
    """All that its configuration is written from. Ports given are used when they are free; passwords are new."""
    run = place.home / "run" / place.name
    return AsteriskLayout(
        binary=installation.binary,
        modules=installation.modules,
        data=installation.data,
        sounds=installation.data / "sounds",
        music=installation.data / "moh",
        configuration=run / "etc",
        run_folder=run / "var",
        control_folder=place.control_folder,
        spool=run / "spool",
        log=place.home / "log" / place.name,
        raw_recordings=place.raw_recordings,
        entity_id=entity_id(run),
        sip_host=place.sip_host,
        sip_port=place.sip_port,
        rtp_ports=place.rtp_ports,
        ari_host=ports.LOOPBACK,
        ari_port=ports.free_port(ports.TCP, ari_port),
        ari_user=place.user_name,
        ari_password=secrets.token_urlsafe(SECRET_BYTES),
        ami_host=ports.LOOPBACK,
        ami_port=ports.free_port(ports.TCP, ami_port),
        ami_user=place.user_name,
        ami_password=secrets.token_urlsafe(SECRET_BYTES),
    )


def entity_id(folder: Path) -> str:
    """Six bytes as a MAC address, the same for a folder at every start. 02: locally administered (IEEE 802)."""
    return ":".join(["02", *(f"{byte:02x}" for byte in hashlib.sha256(str(folder).encode()).digest()[:5])])


def command(installation: AsteriskInstallation, layout: AsteriskLayout) -> list[str]:
    """What starts it, in the foreground, without a terminal's colours."""
    return [*installation.command, "-f", "-n", "-C", str(layout.configuration / "asterisk.conf")]


@asynccontextmanager
async def running(
    installation: AsteriskInstallation, layout: AsteriskLayout, *, log: Path, user: ServiceUser | None = None
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A started Asterisk that answers, whose configuration is written; stopped at the end, gone when we are gone.

    Raises:
        StartFailed: it ended, or did not answer in time.
    """
    process = await child.start(command(installation, layout), log=log, user=user)
    try:
        await child.until_ready(process, partial(is_ready, layout), log=log, within_seconds=READY_SECONDS)
        yield process
    finally:
        await child.stop(process, STOP_SIGNAL, STOP_SECONDS, again_seconds=STOP_AGAIN_SECONDS)


async def is_ready(layout: AsteriskLayout) -> bool:
    """Whether ARI answers. Its port is the last thing to open when modules are loaded."""
    try:
        async with asyncio.timeout(2):
            reader, writer = await asyncio.open_connection(layout.ari_host, layout.ari_port)
            try:
                writer.write(b"GET /ari/asterisk/ping HTTP/1.0\r\n\r\n")
                # Without a password it is refused, which is an answer too.
                return (await reader.readline()).split()[1:2] in ([b"401"], [b"200"])
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return False
