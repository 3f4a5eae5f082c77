"""Accept a call that comes in, from an agent's phone or from a carrier: check it, take the slots, write it down."""

import structlog

from cordboard.actions.accept_from_carrier import accept_from_carrier
from cordboard.actions.accept_from_phone import accept_from_phone
from cordboard.actions.core import Core
from cordboard.domain.arrival import Arrival
from cordboard.domain.call_state import Call
from cordboard.domain.commands import HangUpReason
from cordboard.domain.errors import CallRefused, Refusal

log = structlog.get_logger()

# A cap that is reached is "busy": 503 would make the carrier try its other ways to us, one after the other, and take
# the trunk for broken (RFC 3261 21.5.4), for all tenants who share it.
_REASONS = {
    Refusal.AGENT_UNKNOWN: HangUpReason.FORBIDDEN,
    Refusal.AGENT_UNREGISTERED: HangUpReason.UNREACHABLE,
    Refusal.CAMPAIGN_UNKNOWN: HangUpReason.UNKNOWN_NUMBER,
    Refusal.NUMBER_INVALID: HangUpReason.UNKNOWN_NUMBER,
    Refusal.NUMBER_UNKNOWN: HangUpReason.UNKNOWN_NUMBER,
    Refusal.NUMBER_IS_EXTENSION: HangUpReason.UNKNOWN_NUMBER,
    Refusal.DESTINATION_DENIED: HangUpReason.FORBIDDEN,
    Refusal.AGENT_BUSY: HangUpReason.BUSY,
    Refusal.CAP_REACHED: HangUpReason.BUSY,
    Refusal.NO_TRUNK: HangUpReason.FAILED,
    Refusal.NO_NUMBER: HangUpReason.FAILED,
    Refusal.ENGINE_AWAY: HangUpReason.OVERLOADED,
    Refusal.QUEUE_FULL: HangUpReason.OVERLOADED,
}


async def accept_call(core: Core, node_id: int, arrival: Arrival) -> Call:
    """The queued call, in one transaction: its row is there before anybody's phone rings.

    Its node is not woken: it is the one who asks. Agents are locked in one order, callers and called alike.

    Raises:
        CallRefused: it will not be placed; nothing is written. ``reason_for`` says what the caller is told.
        Unavailable: the database is away.
    """
    # The engine's clock may be ahead of ours; a call never began later than now.
    at = min(arrival.at, core.clock.now())
    try:
        if arrival.sip_username:
            return await accept_from_phone(core, node_id, arrival, at)
        return await accept_from_carrier(core, node_id, arrival, at)
    except CallRefused as refused:
        log.info(
            "call_refused",
            reason=refused.refusal.value,
            account=arrival.sip_username,
            carrier=arrival.carrier_host,
            dialled=arrival.dialled,
        )
        raise


def reason_for(refusal: Refusal) -> HangUpReason:
    """What a caller is told whose call, or transfer, is refused."""
    return _REASONS[refusal]
