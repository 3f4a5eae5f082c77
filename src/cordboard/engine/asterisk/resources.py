"""What ARI answers about, as far as we read it. Field names are those of its ``channels.json`` and the like."""

import msgspec

UP = "Up"
RINGING = frozenset({"Ring", "Ringing"})
ONLINE = "online"


class Channel(msgspec.Struct, frozen=True, gc=False):
    """A leg."""

    id: str
    state: str = ""
    creationtime: str = ""


class Bridge(msgspec.Struct, frozen=True, gc=False):
    """A bridge and the ids of the channels in it."""

    id: str
    channels: list[str] = []


class Endpoint(msgspec.Struct, frozen=True, gc=False):
    """A phone or a trunk."""

    resource: str
    state: str = ""


class Status(msgspec.Struct, frozen=True, gc=False):
    """Since when Asterisk runs."""

    startup_time: str


class Info(msgspec.Struct, frozen=True, gc=False):
    """Asterisk itself."""

    status: Status
