"""A mail to somebody who is responsible for a tenant."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One mail, until it is sent. Its Message-ID is made of ``id``: whoever gets it twice can tell."""

    id: UUID
    tenant_id: int
    recipient: str
    subject: str
    body: str
    created_at: datetime
    attempts: int = 0
