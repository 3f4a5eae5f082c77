"""Which phones are reachable under which account: Asterisk tells of one contact at a time, we of an account's all."""

import re
from collections.abc import Iterable, Mapping

from cordboard.engine.asterisk.ami import Message

# Registered and asked, in vain, whether it is still there; or registered no longer.
_AWAY = frozenset({"Unreachable", "Removed"})
# User, host, port and transport are where a phone is; the other parameters are its own business.
_PLACE = re.compile(r"sips?:([^;?>]+)", re.IGNORECASE)
_TRANSPORT = re.compile(r";transport=(\w+)", re.IGNORECASE)


class Contacts:
    """The contacts of all accounts, as last heard."""

    def __init__(self) -> None:
        self._of: dict[str, dict[tuple[str, str], str]] = {}

    def replace(self, rows: Iterable[Message]) -> None:
        """These and no others: the rows of AMI's PJSIPShowContacts."""
        self._of = {}
        for row in sorted(rows, key=_expires_at):
            if row.get("ObjectType") == "contact":
                self.take(row.get("ObjectName", "").partition(";@")[0], row.get("Uri", ""), row.get("Status", ""))

    def take(self, account: str, uri: str, status: str) -> None:
        """A contact has this status now."""
        places = self._of.setdefault(account, {})
        if status not in _AWAY:
            # A phone that was restarted may register by another URI of the same place: it is the same phone.
            places[_place(uri)] = uri
        elif places.get(_place(uri)) == uri:
            del places[_place(uri)]

    def of(self, account: str) -> tuple[str, ...]:
        """The URIs of an account, sorted."""
        return tuple(sorted(self._of.get(account, {}).values()))


def _expires_at(row: Mapping[str, str]) -> int:
    """Of several at one place the last to expire was the last to register."""
    text = row.get("ExpirationTime", "")
    return int(text) if text.isdecimal() else 0


def _place(uri: str) -> tuple[str, str]:
    place, transport = _PLACE.match(uri), _TRANSPORT.search(uri)
    return (place[1].lower() if place else uri, transport[1].lower() if transport else "udp")
