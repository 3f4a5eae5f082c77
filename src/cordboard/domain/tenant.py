"""A tenant: a customer company, which owns everything else."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

SCOPES = ("call", "report", "recording", "queue", "agent", "contact", "webhook", "manage")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """A customer company.

    ``country`` is ISO 3166 (its numbers are read in it); ``allowed_destinations`` are ``+`` prefixes that may be
    called, empty = the home country only. Limits are requests per 10 s, 0 = unlimited. ``max_calls`` caps calls at
    one time, None = no cap. ``recording_days`` is how long recordings are kept, None = for ever. ``crm_logos`` are the
    addresses of pictures, by the name that contacts have for the system they come from (CRM). Not ``is_enabled``:
    its keys open nothing, its phones and trunks are unknown to every node, nobody reaches it.
    """

    id: int
    name: str
    pbx_id: int
    account_id: str
    country: str = "VN"
    timezone: str = "Asia/Ho_Chi_Minh"
    language: str = "vi"
    admin_email: str = ""
    allowed_destinations: tuple[str, ...] = ()
    cors_origins: tuple[str, ...] = ()
    limit_tenant: int = 200
    limit_route: int = 100
    max_calls: int | None = None
    recording_days: int | None = None
    crm_logos: Mapping[str, str] = field(default_factory=dict)
    is_enabled: bool = True

    @property
    def zone(self) -> ZoneInfo:
        """The zone its times are shown in."""
        return ZoneInfo(self.timezone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who is asking: the tenant of a key, and what the key may do."""

    tenant: Tenant
    key_id: int
    scopes: frozenset[str]
