"""What a node's engine must know before it can place a call: phones that may register, trunks to dial through."""

from dataclasses import dataclass

from cordboard.domain.trunk import Trunk


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """A SIP account that phones register with. ``password_md5``: HA1, md5(username:realm:password) (RFC 2617)."""

    sip_username: str
    password_md5: str
    tenant_id: int
    extension: str
    display_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeConfiguration:
    """All that is provisioned on a node, as of ``revision``."""

    revision: int
    phones: tuple[Phone, ...] = ()
    trunks: tuple[Trunk, ...] = ()


SIP_REALM = "cordboard"
