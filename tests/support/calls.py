"""Calls to test with."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from cordboard.domain.call_state import Call, FlowName, Route
from cordboard.domain.commands import Target, TargetKind

START = datetime(2026, 3, 10, 9, 52, 27, tzinfo=UTC)
CALL_ID = UUID(hex="0190b0f0a1b27c3d8e4f5a6b7c8d9e0f")
AGENT_LEG = f"{CALL_ID.hex}-1"
CUSTOMER_LEG = f"{CALL_ID.hex}-2"
BRIDGE = f"{CALL_ID.hex}-bridge"


def at(seconds: float) -> datetime:
    """The instant so many seconds after the request."""
    return START + timedelta(seconds=seconds)


def route(trunk_id: int) -> Route:
    """A way to the customer through a trunk."""
    return Route(
        target=Target(kind=TargetKind.TRUNK, address="+84912345678", trunk_id=trunk_id), caller_number="+842873000001"
    )


def queued_call(**changes: object) -> Call:
    """A click-to-call request of agent 6688 to 0912345678, accepted and not yet admitted."""
    values: dict[str, object] = {
        "id": CALL_ID,
        "tenant_id": 1,
        "node_id": 1,
        "reference": "20260310165227-IMCRRNJW-3421",
        "flow": FlowName.CLICK_TO_CALL,
        "requested_at": START,
        "agent_id": 7,
        "agent_user_name": "alice",
        "agent_name": "Alice Nguyen",
        "agent_extension": "6688",
        "agent_target": Target(kind=TargetKind.PHONE, address="6688-abc123"),
        "customer_number": "+84912345678",
        "shown_to_agent": "0912345678",
        "did_number": "+842873000001",
        "routes": (route(1),),
        "recording_name": "0190b0f0-0123456789abcdef0123456789abcdef.mp3",
    }
    return Call(**(values | changes))  # type: ignore[arg-type] # fields of Call
