"""The commands about bridges and who is in them, as ARI requests."""

from cordboard.domain.commands import CreateBridge, DestroyBridge, JoinBridge, LeaveBridge
from cordboard.engine.asterisk.ari import AriResponse, AriSocket
from cordboard.engine.port import EngineRefused

# Of a leg that shall leave: it is not there (400), the bridge is not (404), it is on its way out (409), or in none or
# another one (422).
_OUTSIDE = frozenset({400, 404, 409, 422})


class Bridges:
    """Bridges of one Asterisk. Each method raises EngineRefused and EngineAway."""

    async def create(self, ari: AriSocket, command: CreateBridge) -> None:
        """Make a bridge."""
        response = await ari.request("POST", f"bridges/{command.bridge_id}", {"type": "mixing"})
        if not response.is_done:
            raise EngineRefused(response.reason)

    async def destroy(self, ari: AriSocket, command: DestroyBridge) -> None:
        """Take a bridge down."""
        response = await ari.request("DELETE", f"bridges/{command.bridge_id}")
        if not response.is_ok and not response.is_gone:
            raise EngineRefused(response.reason)

    async def join(self, ari: AriSocket, command: JoinBridge) -> None:
        """Put a leg in a bridge; Asterisk takes it out of the one that it was in."""
        check_joined(await add(ari, command.bridge_id, command.leg_id))

    async def leave(self, ari: AriSocket, command: LeaveBridge) -> None:
        """Take a leg out of a bridge."""
        path = f"bridges/{command.bridge_id}/removeChannel"
        response = await ari.request("POST", path, {"channel": command.leg_id})
        if not response.is_ok and response.status_code not in _OUTSIDE:
            raise EngineRefused(response.reason)


async def add(ari: AriSocket, bridge_id: str, leg_id: str) -> AriResponse:
    """Without the inhibition the other leg's number would become this one's caller id, in its INVITE."""
    body = {"channel": leg_id, "inhibitConnectedLineUpdates": True}
    return await ari.request("POST", f"bridges/{bridge_id}/addChannel", body)


def check_joined(response: AriResponse) -> None:
    """400 is a leg that is not there, 404 a bridge."""
    if not response.is_ok:
        raise EngineRefused(response.reason, is_gone=response.status_code in {400, 404})
