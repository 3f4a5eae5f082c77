"""Which phone is where: written by nodes, read when a call is admitted."""

from collections.abc import Sequence

from cordboard.domain.registration import Registration
from cordboard.store.pool import Door

_PUT = """
INSERT INTO registrations (tenant_id, sip_username, node_id, contacts, changed_at)
SELECT x.tenant_id, x.sip_username, $1, string_to_array(seen.contacts, E'\\n'), seen.changed_at
FROM unnest($2::text[], $3::text[], $4::timestamptz[]) AS seen (sip_username, contacts, changed_at)
JOIN extensions x USING (sip_username)
ON CONFLICT (tenant_id, sip_username, node_id)
DO UPDATE SET contacts = excluded.contacts, changed_at = excluded.changed_at
WHERE registrations.contacts <> excluded.contacts
"""


class Registrations:
    """Every tenant's registrations. What is said of an account that is gone is left out."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def put(self, node_id: int, registration: Registration) -> None:
        """What a node says of one account."""
        await _put(self._door, node_id, (registration,))

    async def replace_all(self, node_id: int, registrations: Sequence[Registration]) -> None:
        """What a node says of all accounts: those that it does not name are not known there."""
        async with self._door.held() as door:
            await _put(door, node_id, registrations)
            await door.fetch(
                "DELETE FROM registrations WHERE node_id = $1 AND sip_username <> ALL ($2::text[])",
                node_id,
                [registration.sip_username for registration in registrations],
            )


async def _put(door: Door, node_id: int, registrations: Sequence[Registration]) -> None:
    # An array of arrays would have to be rectangular; a URI has no line's end in it (RFC 3986).
    latest = {registration.sip_username: registration for registration in registrations}
    await door.fetch(
        _PUT,
        node_id,
        list(latest),
        ["\n".join(registration.contacts) for registration in latest.values()],
        [registration.at for registration in latest.values()],
    )
