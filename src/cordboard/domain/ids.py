"""Identities. We choose every id before the engine hears of it, so that a command can be repeated safely."""

import re
import secrets
import string
import time
from datetime import datetime
from uuid import UUID

LEG_SEPARATOR = "-"

# PostgreSQL's bigint holds every number of so many digits.
_ID_DIGITS = 18
_UUID = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)


def new_call_id() -> UUID:
    """A time-ordered UUID (version 7, RFC 9562 5.7): new rows land side by side in an index."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds << 80) | secrets.randbits(80)
    value = (value & ~(0xF << 76)) | (0x7 << 76)
    value = (value & ~(0x3 << 62)) | (0x2 << 62)
    return UUID(int=value)


def new_reference(started_at_local: datetime) -> str:
    """The identity of a call that people read out: ``20260310095227-ABCXYZKL-342``.

    ``started_at_local`` is the start in the tenant's own time zone. The random part has 26**8 * 9000 values,
    within one second of one tenant.
    """
    letters = "".join(secrets.choice(string.ascii_uppercase) for _ in range(8))
    return f"{started_at_local:%Y%m%d%H%M%S}-{letters}-{secrets.randbelow(9000) + 1000}"


def new_recording_name(call_id: UUID) -> str:
    """The file name of a recording, without a folder. 128 random bits: knowing the call does not give the name."""
    return f"{call_id.hex[:8]}-{secrets.token_hex(16)}.mp3"


def read_id(text: str) -> int | None:
    """The id of a row that ``text`` is, as clients send ids back; None when no row can have it."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _ID_DIGITS else None


def read_uuid(text: str) -> UUID | None:
    """The UUID that ``text`` is, in 32 hexadecimal digits or in its usual groups; None when it is none."""
    return UUID(text) if _UUID.fullmatch(text) else None


def leg_id(call_id: UUID, ordinal: int) -> str:
    """The id of a call's nth leg, 1 first: ``<32 hex>-<n>``."""
    return f"{call_id.hex}{LEG_SEPARATOR}{ordinal}"


def bridge_id(call_id: UUID) -> str:
    """The id of the bridge that joins a call's legs."""
    return f"{call_id.hex}{LEG_SEPARATOR}bridge"


def call_id_of(engine_id: str) -> UUID | None:
    """The call that a leg or bridge id belongs to, or None when the id is not one of ours."""
    head, separator, tail = engine_id.partition(LEG_SEPARATOR)
    if not separator or not tail or len(head) != 32:
        return None
    try:
        return UUID(hex=head)
    except ValueError:
        return None
