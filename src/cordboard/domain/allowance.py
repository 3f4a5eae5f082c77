"""What a tenant's limits leave of requests in ten seconds, and when there is room again."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """One limit: at most ``limit`` requests in any 10 s. ``remaining`` is never negative."""

    limit: int
    remaining: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What one request was told. None = unlimited. ``wait_seconds``, whole: 0 = admitted, and counted."""

    tenant: Quota | None = None
    route: Quota | None = None
    wait_seconds: int = 0
