"""What can go wrong, in the house's own words. How it looks on a wire is each dialect's business.

CordboardError
├── InvalidInput        a value that cannot be used; names the field
├── NotFound            nothing of that name or id belongs to the tenant
├── AlreadyExists       a name or number is taken
├── LimitReached        there may be no more of a kind
├── CallRefused         a call that will not be placed, and why
├── Unauthenticated     no key, or none that we know
│   ├── WrongCredentials    a user name and a password that do not belong together
│   └── TokenRefused        no access token, or none that holds
├── Forbidden           a key without the right
│   └── WrongTenant         a key of another tenant than the one that is named
├── TooManyRequests     this was asked too often
└── Unavailable         a part that is needed is away (the database)
"""

from enum import StrEnum


class CordboardError(Exception):
    """The root of all expected errors."""


class InvalidInput(CordboardError):
    """A value that cannot be used. ``field`` is the caller's name for it."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class NotFound(CordboardError):
    """Nothing of that name or id belongs to the tenant."""

    def __init__(self, kind: str, name: str) -> None:
        super().__init__(f"no {kind} '{name}'")
        self.kind = kind
        self.name = name


class AlreadyExists(CordboardError):
    """A name or number is taken already."""

    def __init__(self, kind: str, name: str) -> None:
        super().__init__(f"{kind} '{name}' exists already")
        self.kind = kind
        self.name = name


class LimitReached(CordboardError):
    """There may be ``most`` of a ``kind``, and they are there."""

    def __init__(self, kind: str, most: int) -> None:
        super().__init__(f"there may be {most} {kind}")
        self.kind = kind
        self.most = most


class Refusal(StrEnum):
    """Why a call is not placed, in the order of the checks."""

    AGENT_UNKNOWN = "agent_unknown"
    AGENT_UNREGISTERED = "agent_unregistered"
    CAMPAIGN_UNKNOWN = "campaign_unknown"
    NUMBER_INVALID = "number_invalid"
    NUMBER_UNKNOWN = "number_unknown"
    NUMBER_IS_EXTENSION = "number_is_extension"
    DESTINATION_DENIED = "destination_denied"
    AGENT_BUSY = "agent_busy"
    CAP_REACHED = "cap_reached"
    NO_TRUNK = "no_trunk"
    NO_NUMBER = "no_number"
    ENGINE_AWAY = "engine_away"
    QUEUE_FULL = "queue_full"


class CallRefused(CordboardError):
    """A call that will not be placed. It leaves no record."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal


class Unauthenticated(CordboardError):
    """No key, or none that we know."""


class WrongCredentials(Unauthenticated):
    """Nobody has that user name and that password. Which of them is wrong is not said."""


class TokenRefused(Unauthenticated):
    """No access token, one that we did not write for this tenant, or one whose login is over."""


class Forbidden(CordboardError):
    """A known key without the right to do this. ``scope`` is the right it lacks."""

    def __init__(self, scope: str) -> None:
        super().__init__(f"the key lacks the scope '{scope}'")
        self.scope = scope


class WrongTenant(Forbidden):
    """The request names a tenant that the key may not speak for."""

    def __init__(self) -> None:
        super().__init__("X-Tenant-ID")


class TooManyRequests(CordboardError):
    """This was asked too often. There is room again in ``wait_seconds``, a whole number."""

    def __init__(self, wait_seconds: int) -> None:
        super().__init__(f"there is room in {wait_seconds} s")
        self.wait_seconds = wait_seconds


class Unavailable(CordboardError):
    """A part that is needed is away. Nothing was done."""
