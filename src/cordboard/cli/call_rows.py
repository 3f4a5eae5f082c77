"""How a call looks on the command line, live or ended. Of an inbound call nobody is the agent until one answers."""

from cordboard.domain.call_facts import CallFacts
from cordboard.domain.call_state import Call


def row_of(facts: CallFacts, call: Call | None = None) -> dict[str, object]:
    """A call as a row; ``call`` besides while it lives."""
    return {
        "reference": facts.reference,
        "id": facts.id.hex,
        "number": facts.number,
        "phase": call.phase.value if call else "ended",
        "direction": facts.direction.value,
        "outcome": facts.outcome.value if facts.outcome else None,
        "agent": facts.agent_user_name,
        "extension": facts.agent_extension,
        "customer_number": facts.customer_number,
        "customer_name": facts.customer_name,
        "did_number": facts.did_number,
        "transferred_to": facts.transferred_to,
        "request_id": facts.request_id,
        "requested_at": facts.requested_at,
        "ringing_at": facts.ringing_at,
        "connected_at": facts.connected_at,
        "ended_at": facts.ended_at,
        "held_milliseconds": facts.held_milliseconds,
        "ended_by": facts.ended_by.value if facts.ended_by else None,
        "end_reason": facts.end_reason.value if facts.end_reason else None,
        "failed_party": facts.failed_party.value if facts.failed_party else None,
        "sip_code": facts.sip_code,
        "recording_name": facts.recording_name,
        "recording_status": _recording(facts, call),
        "ringing": _ringing(call) if call else [],
        "is_held": call is not None and any(leg.held_at for leg in call.live_legs),
    }


LIVE_COLUMNS = (
    "reference",
    "phase",
    "direction",
    "extension",
    "customer_number",
    "ringing",
    "requested_at",
    "connected_at",
    "is_held",
    "recording_status",
)
ENDED_COLUMNS = (
    "reference",
    "outcome",
    "direction",
    "extension",
    "customer_number",
    "transferred_to",
    "requested_at",
    "end_reason",
    "recording_status",
)


def _ringing(call: Call) -> list[str]:
    """The extensions whose phones ring, each once; of somebody outside, the number as the carrier has it."""
    members = (*call.members, *(call.transfer.destination.members if call.transfer else ()))
    extensions = {member.agent_id: member.extension for member in members}
    rung = (leg for leg in call.live_legs if leg.is_alerting and not leg.is_incoming and not leg.is_dropped)
    return list(dict.fromkeys(extensions.get(leg.agent_id or 0, leg.target.address) for leg in rung))


def _recording(facts: CallFacts, call: Call | None) -> str:
    return call.recording.value if call else facts.recording_status.value
