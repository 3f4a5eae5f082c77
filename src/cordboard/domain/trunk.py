"""A trunk: a SIP link to a carrier."""

from dataclasses import dataclass
from enum import StrEnum


class NumberFormat(StrEnum):
    """How a carrier wants to read numbers."""

    E164_PLUS = "e164plus"
    E164 = "e164"
    NATIONAL = "national"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trunk:
    """A SIP link to a carrier. ``priority`` 1 is tried first; ``password`` in clear only here, in memory."""

    id: int
    tenant_id: int
    name: str
    host: str
    port: int = 5060
    username: str = ""
    password: str = ""
    number_format: NumberFormat = NumberFormat.E164_PLUS
    does_register: bool = False
    priority: int = 1
    codecs: tuple[str, ...] = ("alaw", "ulaw")
    external_address: str = ""
