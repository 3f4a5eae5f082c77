"""What ARI answers about, as far as we read it. Field names are those of its ``channels.json`` and the like."""

import msgspec

UP = "Up"
# Of a leg that we dialled; "Ring" is that of one that came in and was not answered.
RINGING = "Ringing"
_STASIS = "Stasis"


class Party(msgspec.Struct, frozen=True, gc=False):
    """Whom a leg shows."""

    name: str = ""
    number: str = ""


class Position(msgspec.Struct, frozen=True, gc=False):
    """Where in the dialplan a leg is. ``app_data``: what the application was told, as one text."""

    exten: str = ""
    app_name: str = ""
    app_data: str = ""


class Channel(msgspec.Struct, frozen=True, gc=False):
    """A leg."""

    id: str
    state: str = ""
    creationtime: str = ""
    caller: Party = Party()
    dialplan: Position = Position()

    def came_in(self, app: str) -> bool:
        """Whether it is a call that came in and was given to ``app`` by the dialplan."""
        return self.dialplan.app_name == _STASIS and self.dialplan.app_data.startswith(f"{app},")


class Bridge(msgspec.Struct, frozen=True, gc=False):
    """A bridge and the ids of the channels in it."""

    id: str
    channels: list[str] = []


class Endpoint(msgspec.Struct, frozen=True, gc=False):
    """A phone, a trunk or a carrier."""

    resource: str


class Status(msgspec.Struct, frozen=True, gc=False):
    """Since when Asterisk runs."""

    startup_time: str


class Info(msgspec.Struct, frozen=True, gc=False):
    """Asterisk itself."""

    status: Status
