"""What comes before the first program is started: locks, ports, downloads, configuration.

All of it in one thread and in order, so that a reason to stop is found before anything runs.
"""

import asyncio
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from cordboard.nodes import asterisk, ports
from cordboard.nodes.asterisk_config import write_configuration
from cordboard.nodes.asterisk_install import AsteriskInstallation, get_asterisk
from cordboard.nodes.asterisk_layout import AsteriskLayout
from cordboard.nodes.failure import StartFailed
from cordboard.nodes.postgres import PostgresServer, check_version
from cordboard.nodes.postgres_install import get_postgres
from cordboard.nodes.progress import Progress
from cordboard.nodes.user import ServiceUser, become, done_as
from cordboard.processes.supervisor.home import find_tenure, furnish_home, hold_home, open_home
from cordboard.processes.supervisor.runtime import port_of, read_runtime, write_runtime
from cordboard.settings import Settings

DEMO_NETWORKS = ("127.0.0.0/8",)
# The lab's addresses: phones, first carrier, second carrier. One port must be free on each.
LAB_HOSTS = ("127.0.0.1", "127.0.0.2", "127.0.0.3")


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """All that is needed to start the programs.

    ``dropped``: whom PostgreSQL and Asterisk run as; None when that is who we are. ``listener`` takes connections
    already: what comes early waits. ``held`` keeps locks and claims for as long as we live.
    """

    settings: Settings
    dropped: ServiceUser | None
    listener: socket.socket
    postgres: PostgresServer | None
    asterisk: tuple[AsteriskInstallation, AsteriskLayout] | None
    held: tuple[object, ...] = field(repr=False)


def prepare(settings: Settings, progress: Progress) -> Prepared:
    """Get everything ready. Raises StartFailed with the reason and what to do about it.

    As root, ends by becoming the user ``cordboard`` when that user can run our programs; otherwise they run as root,
    and only PostgreSQL and Asterisk as that user.
    """
    os.umask(0o022)
    tenure = find_tenure()
    open_home(settings, tenure)
    listener = _claim_addresses(settings)
    installation = None
    if settings.demo or not settings.ari_url:
        installation = get_asterisk(settings.asterisk_prefix, settings.cache, progress)
    binaries = None if settings.database_url else get_postgres(_data(settings), settings.cache, progress)
    if tenure.owner:
        become(tenure.owner)
        os.environ["HOME"] = str(settings.home)
    sockets = furnish_home(settings, tenure)
    lock = hold_home(settings)
    before = read_runtime(settings.run / "runtime.toml")
    ranges, claims = _claim_audio(settings, before)
    server = None
    if binaries:
        server = PostgresServer(
            installation=binaries, data=_data(settings), socket_folder=sockets / "postgres", user=tenure.dropped
        )
        _make_database(server, progress)
    layout = None
    if installation and not settings.ari_url:
        layout = _lay_out(settings.changed(**ranges), installation, sockets / "asterisk", before)
        done_as(tenure.dropped, partial(write_configuration, layout))
    found = (
        ranges | _lab(settings, before) | _engine(layout) | ({"database_url": server.database_url} if server else {})
    )
    running = _with_demo(settings.changed(**found))
    # The networks too: the command line judges a webhook's address as the worker will.
    where = {"http": running.http, "sip": running.sip, "public_url": running.public_url}
    write_runtime(settings.run / "runtime.toml", found | where | {"allow_networks": list(running.allow_networks)})
    return Prepared(
        settings=running,
        dropped=tenure.dropped,
        listener=listener,
        postgres=server,
        asterisk=(installation, layout) if installation and layout else None,
        held=(lock, *claims),
    )


def _data(settings: Settings) -> Path:
    return settings.home / "database"


def _claim_addresses(settings: Settings) -> socket.socket:
    """The socket that serves HTTP; and a look at all else that is configured."""
    listener = ports.claim(ports.TCP, settings.http, "CORDBOARD_HTTP")
    if not settings.ari_url:
        # Asterisk itself opens it.
        ports.claim(ports.UDP, settings.sip, "CORDBOARD_SIP").close()
    for configured in filter(None, (settings.rtp, settings.lab_rtp)):
        ports.parse_range(configured)
    if settings.database_url:
        asyncio.run(check_version(settings.database_url))
    return listener


def _claim_audio(settings: Settings, before: Mapping[str, str]) -> tuple[dict[str, str], list[socket.socket]]:
    """Ranges of audio ports, ours and the lab's."""
    claims: list[socket.socket] = []
    found: dict[str, str] = {}
    wanted = {"rtp": not settings.ari_url, "lab_rtp": settings.demo}
    for key, is_wanted in wanted.items():
        if is_wanted and not getattr(settings, key):
            found[key], claim = ports.claim_range(before.get(key, ""))
            claims.append(claim)
    return found, claims


def _make_database(server: PostgresServer, progress: Progress) -> None:
    """Make the data folder, and forget what the environment says of other databases (libpq's PGSSLMODE and so on)."""
    for name in [name for name in os.environ if name.startswith("PG")]:
        del os.environ[name]
    if not server.is_made:
        progress("making the database")
        server.make_data()


def _lay_out(
    settings: Settings, installation: AsteriskInstallation, control_folder: Path, before: Mapping[str, str]
) -> AsteriskLayout:
    host, port = ports.split_address(settings.sip, "CORDBOARD_SIP")
    place = asterisk.AsteriskPlace(
        name="asterisk",
        home=settings.home,
        control_folder=control_folder,
        raw_recordings=settings.raw_recordings,
        sip_host=host,
        sip_port=port,
        rtp_ports=ports.parse_range(settings.rtp),
    )
    return asterisk.lay_out(
        installation,
        place,
        ari_port=port_of(before.get("ari_url", "")),
        ami_port=port_of(before.get("ami_address", "")),
    )


def _engine(layout: AsteriskLayout | None) -> dict[str, str]:
    """Where our programs find the engine that we start."""
    if layout is None:
        return {}
    return {
        "ari_url": f"http://{layout.ari_host}:{layout.ari_port}/ari",
        "ari_user": layout.ari_user,
        "ari_password": layout.ari_password,
        "ami_address": f"{layout.ami_host}:{layout.ami_port}",
        "ami_user": layout.ami_user,
        "ami_password": layout.ami_password,
    }


def _lab(settings: Settings, before: Mapping[str, str]) -> dict[str, str]:
    """The lab's SIP port, the same at every start: the demo's trunk points at it."""
    if not settings.demo or settings.lab_sip:
        return {}
    for port in (port_of(before.get("lab_sip", "")), *(ports.free_port(ports.UDP) for _ in range(50))):
        if port and all(ports.is_free(ports.UDP, port, host) for host in LAB_HOSTS):
            return {"lab_sip": f"{LAB_HOSTS[0]}:{port}"}
    raise StartFailed("no UDP port is free for the lab's phones")


def _with_demo(settings: Settings) -> Settings:
    """The demo's webhooks go to this machine."""
    if not settings.demo:
        return settings
    return settings.changed(allow_networks=tuple(dict.fromkeys((*settings.allow_networks, *DEMO_NETWORKS))))
