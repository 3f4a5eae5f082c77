"""An agent: a person who takes calls at an extension."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """A person who takes calls. ``sip_username`` is unique over all tenants: phones register with it.

    Calls out with the number of the callout ``callout_id``, else with ``did_number``, else with the tenant's first.
    """

    id: int
    tenant_id: int
    user_name: str
    extension: str
    sip_username: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    is_enabled: bool = True
    is_auto_answered: bool = False
    max_calls: int = 1
    did_number: str | None = None
    callout_id: int | None = None

    @property
    def full_name(self) -> str:
        """First and last name, else the user name."""
        return " ".join(part for part in (self.first_name, self.last_name) if part) or self.user_name
