"""Where one private Asterisk lives, and where it listens: what its configuration is written from."""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class AsteriskLayout:
    """The folders, ports and secrets of one private Asterisk.

    ``control_folder`` holds ``asterisk.ctl``: short, since a unix socket's path may not be longer than 107 characters.
    ``entity_id`` is a MAC address's six bytes in hex, with colons, unlike any other node's.
    Hosts are addresses; ports are chosen before the configuration is written. ``rtp_ports`` has both ends.
    """

    binary: Path
    modules: Path
    data: Path
    sounds: Path
    music: Path
    configuration: Path
    run_folder: Path
    control_folder: Path
    spool: Path
    log: Path
    raw_recordings: Path
    entity_id: str
    sip_host: str
    sip_port: int
    rtp_ports: tuple[int, int]
    ari_host: str
    ari_port: int
    ari_user: str
    ari_password: str = field(repr=False)
    ami_host: str
    ami_port: int
    ami_user: str
    ami_password: str = field(repr=False)
    stasis_app: str = "cordboard"
