"""A contact: somebody outside whom a tenant knows by name."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Somebody outside. ``phones`` are canonical numbers, the primary one first. Several contacts may share one."""

    id: UUID
    tenant_id: int
    first_name: str
    last_name: str
    phones: tuple[str, ...]

    @property
    def full_name(self) -> str:
        """First and last name, "" when it has neither."""
        return " ".join(part for part in (self.first_name, self.last_name) if part)
