"""Calls that come in, as the dialplan hands them over (nodes/asterisk_config.py: what the arguments are)."""

import re
from collections.abc import Iterable
from datetime import datetime
from urllib.parse import unquote

from cordboard.domain.arrival import Arrival
from cordboard.engine.asterisk.resources import Channel
from cordboard.engine.asterisk.sip_objects import is_phone

# A call's last extension when its request URI has no user.
_NO_USER = "s"
_USER = re.compile(r"sips?:([^@;>]+)[^@>]*@|tel:([^;>]+)", re.IGNORECASE)
_NUMBER = re.compile(r"\+?[0-9*#]+")
# RFC 3261 25.1; Asterisk leaves it as it came.
_QUOTED_PAIR = re.compile(r"\\(.)")
# RFC 3323 4.2: whoever asks for any of these wants not to be known.
_PRIVATE = frozenset({"header", "user", "id", "session"})


def arrival_of(channel: Channel, args: Iterable[str], at: datetime) -> Arrival | None:
    """What came in; None when it is nothing that our dialplan sent."""
    values = [unquote(value) for value in args]
    if len(values) != 5:
        return None
    endpoint, remote, to, presentation, privacy = values
    is_withheld = presentation.startswith("prohib") or bool(_PRIVATE & set(re.split(r"[;,\s]+", privacy.lower())))
    number, name = channel.caller.number, _QUOTED_PAIR.sub(r"\1", channel.caller.name)
    is_known = not is_withheld and _NUMBER.fullmatch(number) is not None
    return Arrival(
        leg_id=channel.id,
        at=at,
        dialled=_dialled(channel.dialplan.exten, to),
        sip_username=endpoint if is_phone(endpoint) else "",
        remote_address=remote.rpartition(":")[0].strip("[]"),
        caller_number=number if is_known else "",
        caller_name="" if is_withheld or name == number else _printable(name),
    )


def _dialled(extension: str, to: str) -> tuple[str, ...]:
    found = _USER.search(to)
    numbers = ("" if extension == _NO_USER else extension, unquote(found[1] or found[2]) if found else "")
    return tuple(dict.fromkeys(number for number in map(_printable, numbers) if number))


def _printable(text: str) -> str:
    """A percent-encoded user part can hold anything, also what no database takes."""
    return "".join(character for character in text if character.isprintable())
