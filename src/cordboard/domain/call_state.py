"""A call and its legs: immutable values, stored as they are after every event."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from cordboard.domain.call_events import CallEvent
from cordboard.domain.cause import Cause
from cordboard.domain.commands import CallerId, Command, Target, Tone


class FlowName(StrEnum):
    """The shape of a call; see ``flows/``."""

    CLICK_TO_CALL = "click_to_call"
    OUTBOUND = "outbound"
    INBOUND = "inbound"
    INTERNAL = "internal"


class Party(StrEnum):
    """Whose side a leg is on. In an internal call the caller counts as the agent."""

    AGENT = "agent"
    CUSTOMER = "customer"


class CallPhase(StrEnum):
    """How far a call is. RELEASING: its outcome is fixed, some leg is still there."""

    QUEUED = "queued"
    DIALLING = "dialling"
    CONNECTED = "connected"
    RELEASING = "releasing"
    ENDED = "ended"


class LegPhase(StrEnum):
    """How far a leg is."""

    DIALLING = "dialling"
    RINGING = "ringing"
    ANSWERED = "answered"
    ENDED = "ended"


class EndedBy(StrEnum):
    """Who ended a call: whoever hung up, declined or was busy; time-outs, failures and commands are the system's."""

    AGENT = "agent"
    CUSTOMER = "customer"
    SYSTEM = "system"


class EndReason(StrEnum):
    """Why a call ended. Dialects put each into words."""

    AGENT_HUNG_UP = "agent_hung_up"
    CUSTOMER_HUNG_UP = "customer_hung_up"
    SYSTEM_HUNG_UP = "system_hung_up"
    AGENT_GAVE_UP = "agent_gave_up"
    CUSTOMER_GAVE_UP = "customer_gave_up"
    AGENT_NO_ANSWER = "agent_no_answer"
    AGENT_BUSY = "agent_busy"
    AGENT_DECLINED = "agent_declined"
    AGENT_UNREACHABLE = "agent_unreachable"
    AGENT_FAILED = "agent_failed"
    CUSTOMER_NO_ANSWER = "customer_no_answer"
    CUSTOMER_BUSY = "customer_busy"
    CUSTOMER_DECLINED = "customer_declined"
    CUSTOMER_UNREACHABLE = "customer_unreachable"
    CUSTOMER_FAILED = "customer_failed"
    AGENT_TRANSFERRED = "agent_transferred"
    CUSTOMER_TRANSFERRED = "customer_transferred"
    QUEUE_EXPIRED = "queue_expired"
    ENGINE_REFUSED = "engine_refused"
    ENGINE_LOST = "engine_lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """Why a call ended, fixed once. ``cause`` and ``party`` are those of the leg that failed or hung up, if one did."""

    reason: EndReason
    by: EndedBy
    cause: Cause = field(default_factory=Cause)
    party: Party | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One party's side of a call. Times are the engine's.

    ``is_incoming``: it called us, and is ANSWERED when we answered it. ``agent_id`` is whose phone it is, None for
    whoever is outside. ``is_dropped``: we hung up, and the call goes on without it, whatever it still says.
    """

    id: str
    party: Party
    target: Target
    caller: CallerId
    ring_seconds: int
    dialled_at: datetime
    agent_id: int | None = None
    is_incoming: bool = False
    is_auto_answered: bool = False
    is_dropped: bool = False
    phase: LegPhase = LegPhase.DIALLING
    ringing_at: datetime | None = None
    progressed_at: datetime | None = None
    answered_at: datetime | None = None
    hung_up_at: datetime | None = None
    ended_at: datetime | None = None
    cause: Cause = field(default_factory=Cause)
    held_at: datetime | None = None
    held_milliseconds: int = 0

    @property
    def is_live(self) -> bool:
        """True until the engine said that it is gone."""
        return self.phase is not LegPhase.ENDED

    @property
    def is_answered(self) -> bool:
        """True while its party is on the line."""
        return self.phase is LegPhase.ANSWERED

    @property
    def is_alerting(self) -> bool:
        """True while it may still be answered."""
        return self.phase in (LegPhase.DIALLING, LegPhase.RINGING)

    @property
    def has_progressed(self) -> bool:
        """True once the far end gave any sign that it is working on the call."""
        return bool(self.ringing_at or self.progressed_at or self.answered_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timer:
    """Something to look at again, at the latest at ``due_at``. The program that owns the call keeps the time."""

    name: str
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """An agent whose phones are rung. ``is_busy``: on the phone already, so that they are not."""

    agent_id: int
    user_name: str
    name: str
    extension: str
    phones: tuple[Target, ...]
    is_busy: bool = False
    is_auto_answered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One way to a number outside: a trunk, with both numbers as that carrier wants them."""

    target: Target
    caller_number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Whom a transfer leads to. ``number`` as it was dialled, canonical; members are rung at once, routes in turn."""

    number: str
    members: tuple[Member, ...] = ()
    routes: tuple[Route, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """A transfer under way: ``leg_id`` asked for it, the legs from ``first_leg`` on (an index) may take its place."""

    leg_id: str
    party: Party
    destination: Destination
    first_leg: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Attendance:
    """An agent whom a call concerns now (``domain.attendance``). ``is_owner``: it is this agent's call to somebody."""

    agent_id: int
    is_owner: bool = False
    is_answered: bool = False


class RecordingPhase(StrEnum):
    """What the recording of a live call is doing."""

    NONE = "none"
    RUNNING = "running"
    PAUSED = "paused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One attempt to connect two parties, from the request to the end of its last leg.

    In an internal call the caller counts as the agent, the called one as the customer. ``first`` is the party that is
    on the line first: dialled first, or the caller. ``members`` are the agents to ring, all at once; ``routes`` the
    trunks to try for the customer, best first.

    ``agent_*``: of an inbound call who answered; before, nobody, with the extension that was rung last. Of a group's
    click-to-call who answered; before, who was rung last, and before anybody was nobody, with the group's extension.
    ``customer_number`` is canonical (``domain.number``); ``shown_to_agent`` is that number as the agent's phone shows
    it. ``recorded_leg_id`` is the leg that the recording's latest part (``recording_parts`` of them) is taken from.
    ``did_label`` is what the tenant calls the DID of a call that came in. ``contact_*``: who was found under the
    customer's number when the call was admitted, and where another system keeps that contact.
    ``announced_at`` is the instant of the last event that concerned an agent: the next one is later.
    """

    id: UUID
    tenant_id: int
    node_id: int
    reference: str
    flow: FlowName
    requested_at: datetime
    customer_number: str
    shown_to_agent: str
    did_number: str
    agent_id: int | None = None
    agent_user_name: str = ""
    agent_name: str = ""
    agent_extension: str = ""
    members: tuple[Member, ...] = ()
    routes: tuple[Route, ...] = ()
    first: Party = Party.AGENT
    is_recorded: bool = True
    request_id: str = ""
    customer_name: str = ""
    did_label: str = ""
    contact_id: UUID | None = None
    contact_crm: str = ""
    contact_crm_url: str = ""
    agent_ring_seconds: int = 30
    customer_ring_seconds: int = 60
    phase: CallPhase = CallPhase.QUEUED
    legs: tuple[Leg, ...] = ()
    timers: tuple[Timer, ...] = ()
    tones: tuple[tuple[str, Tone], ...] = ()
    has_bridge: bool = False
    recording_name: str = ""
    recording: RecordingPhase = RecordingPhase.NONE
    recorded_leg_id: str = ""
    recording_parts: int = 0
    is_held: bool = False
    transfer: Transfer | None = None
    transferred_to: str = ""
    attendances: tuple[Attendance, ...] = ()
    announced_at: datetime | None = None
    connected_at: datetime | None = None
    ending: Ending | None = None
    ended_at: datetime | None = None
    last_event_at: datetime | None = None

    def leg(self, leg_id: str) -> Leg | None:
        """The leg of that id, or None."""
        return next((leg for leg in self.legs if leg.id == leg_id), None)

    def line(self, party: Party) -> Leg | None:
        """The leg that ``party`` is on the line with: it talks, or calls and waits to be answered. None: no such."""
        ours = (leg for leg in self.live_legs if leg.party is party and not leg.is_dropped)
        return next((leg for leg in ours if leg.is_answered or leg.is_incoming), None)

    @property
    def busy_agents(self) -> frozenset[int]:
        """The agents whom this call keeps from another one."""
        if self.phase is CallPhase.QUEUED:
            rung = {member.agent_id for member in self.members if not member.is_busy}
        else:
            rung = set()
        return frozenset(rung | {leg.agent_id for leg in self.live_legs if leg.agent_id is not None})

    @property
    def live_legs(self) -> tuple[Leg, ...]:
        """The legs that are not gone."""
        return tuple(leg for leg in self.legs if leg.is_live)

    @property
    def is_over(self) -> bool:
        """True once its last leg is gone: nothing changes it any more."""
        return self.phase is CallPhase.ENDED


@dataclass(frozen=True, slots=True)
class Step:
    """What an event made of a call: its new state, what the engine must do, what subscribers shall hear."""

    call: Call
    commands: tuple[Command, ...] = ()
    events: tuple[CallEvent, ...] = ()
