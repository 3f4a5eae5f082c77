"""A DID: a public number that points in, and that calls out."""

from dataclasses import dataclass
from enum import StrEnum


class RouteKind(StrEnum):
    """Where a DID leads. More kinds come with the parts they belong to."""

    AGENT = "agent"
    GROUP = "group"
    QUEUE = "queue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Did:
    """A public number, canonical. ``route_to``: AGENT: the extension; GROUP: the name; QUEUE: the id."""

    id: int
    tenant_id: int
    number: str
    label: str = ""
    route_kind: RouteKind | None = None
    route_to: str = ""
