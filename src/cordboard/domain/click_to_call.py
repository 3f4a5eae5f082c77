"""A click-to-call: a call that is prepared but for whom it goes to."""

from dataclasses import dataclass
from uuid import UUID

from cordboard.domain.call_state import Party


@dataclass(frozen=True, slots=True, kw_only=True)
class ClickToCall:
    """What a website's button calls with: an agent's or a group's extension, a DID to call from, who is rung first.

    The extension and the DID are looked for at each call: what was removed and made again serves again.
    """

    id: UUID
    tenant_id: int
    name: str
    extension: str
    did_number: str
    first: Party = Party.AGENT
