"""Calls to test with."""

from datetime import UTC, datetime, timedelta
from typing import Any, Self
from uuid import UUID

from cordboard.domain.call import advance
from cordboard.domain.call_events import AgentEvent
from cordboard.domain.call_state import Call, FlowName, Leg, Member, Party, Route
from cordboard.domain.cause import Cause
from cordboard.domain.commands import CallerId, Target, TargetKind
from cordboard.domain.leg_events import CallInput, LegEnded

START = datetime(2026, 3, 10, 9, 52, 27, tzinfo=UTC)
CALL_ID = UUID(hex="0190b0f0a1b27c3d8e4f5a6b7c8d9e0f")
AGENT_LEG = f"{CALL_ID.hex}-1"
CUSTOMER_LEG = f"{CALL_ID.hex}-2"
BRIDGE = f"{CALL_ID.hex}-bridge"
# What an engine may call a leg that came in.
CALLER_LEG = "node-1767952347.12"
ALICE, BOB, CAROL = 7, 8, 9
_NAMES = {ALICE: ("alice", "Alice Nguyen"), BOB: ("bob", "Bob Tran"), CAROL: ("carol", "Carol Le")}


def at(seconds: float) -> datetime:
    """The instant so many seconds after the request."""
    return START + timedelta(seconds=seconds)


def route(trunk_id: int) -> Route:
    """A way to the customer through a trunk."""
    return Route(
        target=Target(kind=TargetKind.TRUNK, address="+84912345678", trunk_id=trunk_id), caller_number="+842873000001"
    )


def phone(extension: str, contact: str = "") -> Target:
    """The phone of an extension; ``contact`` when it has several."""
    return Target(kind=TargetKind.PHONE, address=f"{extension}-abc123", contact=contact)


def member(agent_id: int = ALICE, *, phones: int = 1, is_busy: bool = False) -> Member:
    """An agent with so many phones. Alice has extension 6688, Bob 6689, Carol 6690."""
    extension = str(6688 + agent_id - ALICE)
    user_name, name = _NAMES[agent_id]
    contacts = [""] if phones == 1 else [f"sip:phone@127.0.0.1:{5070 + number}" for number in range(phones)]
    return Member(
        agent_id=agent_id,
        user_name=user_name,
        name=name,
        extension=extension,
        phones=tuple(phone(extension, contact) for contact in contacts[:phones]),
        is_busy=is_busy,
    )


def incoming_leg(party: Party) -> Leg:
    """A leg that came in: from Alice's phone, or from a customer through a carrier."""
    is_agent = party is Party.AGENT
    return Leg(
        id=CALLER_LEG,
        party=party,
        target=phone("6688") if is_agent else Target(kind=TargetKind.TRUNK, address="0912345678"),
        caller=CallerId(number=""),
        ring_seconds=0,
        dialled_at=START,
        agent_id=ALICE if is_agent else None,
        is_incoming=True,
    )


def outbound_call(**changes: object) -> Call:
    """A call that Alice dialled on her phone."""
    legs = (incoming_leg(Party.AGENT),)
    return queued_call(**({"flow": FlowName.OUTBOUND, "legs": legs, "members": ()} | changes))


def internal_call(**changes: object) -> Call:
    """Alice calls Bob."""
    values: dict[str, object] = {
        "flow": FlowName.INTERNAL,
        "legs": (incoming_leg(Party.AGENT),),
        "members": (member(BOB),),
        "routes": (),
        "customer_number": "6689",
        "customer_name": "Bob Tran",
        "shown_to_agent": "6689",
        "did_number": "",
    }
    return queued_call(**(values | changes))


def inbound_call(**changes: object) -> Call:
    """A customer calls a DID that leads to Alice."""
    values: dict[str, object] = {
        "flow": FlowName.INBOUND,
        "first": Party.CUSTOMER,
        "legs": (incoming_leg(Party.CUSTOMER),),
        "routes": (),
        "agent_id": None,
        "agent_user_name": "",
        "agent_name": "",
        "agent_extension": "",
    }
    return queued_call(**(values | changes))


class Story:
    """A call being told what happens to it. ``commands`` are those of the last happening.

    ``events`` are those that concern no single agent; the others are in ``agent_events``.
    """

    def __init__(self, call: Call) -> None:
        self.call = call
        self.commands: list[object] = []
        self.events: list[str] = []
        self.agent_events: list[AgentEvent] = []

    def hear(self, *happenings: CallInput) -> Self:
        """Let things happen."""
        for happening in happenings:
            step = advance(self.call, happening)
            self.call, self.commands = step.call, list(step.commands)
            self.agent_events += [event for event in step.events if isinstance(event, AgentEvent)]
            self.events += [type(event).__name__ for event in step.events if not isinstance(event, AgentEvent)]
        return self

    def told(self, kind: type) -> list[Any]:
        """The commands of that kind, of the last happening."""
        return [command for command in self.commands if isinstance(command, kind)]

    def released(self, seconds: float) -> Self:
        """Every leg is gone."""
        for leg in self.call.live_legs:
            self.hear(ended(leg.id, seconds))
        return self


def ended(leg_id: str, seconds: float, cause: Cause | None = None) -> LegEnded:
    """The leg is gone."""
    return LegEnded(leg_id=leg_id, at=at(seconds), cause=cause or Cause(16))


def queued_call(**changes: object) -> Call:
    """A click-to-call request of agent 6688 to 0912345678, accepted and not yet admitted."""
    values: dict[str, object] = {
        "id": CALL_ID,
        "tenant_id": 1,
        "node_id": 1,
        "reference": "20260310165227-IMCRRNJW-3421",
        "flow": FlowName.CLICK_TO_CALL,
        "requested_at": START,
        "agent_id": ALICE,
        "agent_user_name": "alice",
        "agent_name": "Alice Nguyen",
        "agent_extension": "6688",
        "members": (member(),),
        "customer_number": "+84912345678",
        "shown_to_agent": "0912345678",
        "did_number": "+842873000001",
        "routes": (route(1),),
        "recording_name": "0190b0f0-0123456789abcdef0123456789abcdef.mp3",
    }
    return Call(**(values | changes))  # type: ignore[arg-type] # fields of Call
