"""What the engine says of calls that come in, and of phones that ask for a transfer: to be judged before it is done."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """Somebody calls: a leg that waits, unanswered, for us to decide.

    ``leg_id`` is the engine's own id for it. From a phone: ``sip_username`` is the account it proved to have. From
    outside: ``carrier_host`` is the host, as some tenant's trunk names it, that ``remote_address`` (an IP address)
    was found to be; both may be another tenant's. ``other_hosts``: trunks may know one address by several names.
    ``dialled`` are the numbers it may have meant, the likeliest first (users of the request URI and of To);
    ``caller_number`` is "" when it is withheld or unknown.
    """

    leg_id: str
    at: datetime
    dialled: tuple[str, ...]
    sip_username: str = ""
    carrier_host: str = ""
    other_hosts: tuple[str, ...] = ()
    remote_address: str = ""
    caller_number: str = ""
    caller_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferAsked:
    """The phone on ``leg_id`` asks for a transfer (REFER, RFC 3515).

    Blind: to ``number``. Attended: ``other_leg_id`` is the leg of its other call that shall be replaced (RFC 3891).
    """

    leg_id: str
    at: datetime
    number: str
    other_leg_id: str = ""
