"""A simulated telephone network: legs, bridges, and scripted parties at the far ends."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from itertools import count

from cordboard.domain.arrival import Arrival, TransferAsked
from cordboard.domain.cause import Cause
from cordboard.domain.clock import Clock
from cordboard.domain.commands import Dial, HangUpReason, Target, TargetKind
from cordboard.domain.leg_events import (
    LegAnswered,
    LegEnded,
    LegEvent,
    LegHeld,
    LegHungUp,
    LegProgressed,
    LegResumed,
    LegRinging,
)
from cordboard.domain.registration import Registration
from cordboard.engine.fake_legs import CANCELLED, OK, Act, Agenda, FakeLeg
from cordboard.engine.fake_script import (
    ANSWERS,
    GAVE_UP,
    HUNG_UP,
    RANG_OUT,
    RINGS_OUT,
    SILENCE,
    SILENCE_SECONDS,
    Script,
)

Happening = LegEvent | Arrival | TransferAsked | Registration


class FakeNetwork:
    """Everybody who can be called, and who calls.

    Called can be phones that are provisioned and registered (``contacts``: account → URIs), and any number behind a
    provisioned trunk. ``tell`` gets what an engine would tell. ``is_attended``: whether anybody hears it.
    """

    def __init__(self, clock: Clock, tell: Callable[[Happening], None]) -> None:
        self.agenda = Agenda(clock)
        self.legs: dict[str, FakeLeg] = {}
        self.bridges: dict[str, set[str]] = {}
        self.contacts: dict[str, set[str]] = {}
        self.phones: set[str] = set()
        self.trunks: set[int] = set()
        self.is_attended = False
        self._clock = clock
        self._tell = tell
        self._scripts: dict[str, Script] = {}
        self._arrivals = count(1)

    def script(self, address: str, script: Script) -> None:
        """What ``address`` (an account, one contact, a number as a trunk is given it) does when called from now on."""
        self._scripts[address] = script

    def register(self, sip_username: str, contact: str = "", *, is_registered: bool = True) -> None:
        """A phone registers, or takes its registration back. ``contact`` is its URI; "": the account has but one."""
        contacts = self.contacts.setdefault(sip_username, set())
        (contacts.add if is_registered else contacts.discard)(contact or f"sip:{sip_username}@127.0.0.1:5062")
        self._tell(
            Registration(sip_username=sip_username, contacts=self.contacts_of(sip_username), at=self._clock.now())
        )

    def contacts_of(self, sip_username: str) -> tuple[str, ...]:
        """The phones of an account."""
        return tuple(sorted(self.contacts.get(sip_username, ())))

    def can_reach(self, target: Target) -> bool:
        """Whether anybody would be sent the INVITE."""
        if target.kind is TargetKind.TRUNK:
            return target.trunk_id in self.trunks
        return target.address in self.phones and bool(target.contact or self.contacts.get(target.address))

    def dial(self, command: Dial) -> None:
        """Send the INVITE."""
        at = self._clock.now()
        leg = self.legs[command.leg_id] = FakeLeg(id=command.leg_id, created_at=at)
        if command.bridge_id is not None:
            self.join(command.bridge_id, leg)
        script = self._script_of(command.target)
        self.agenda.add(at + timedelta(seconds=command.ring_seconds), partial(self._ring_out, leg))
        if script.is_silent:
            self._later(at, SILENCE_SECONDS, leg, lambda due_at: self._end(leg, due_at, SILENCE))
            return
        if script.ring_seconds:
            self._later(at, 0, leg, lambda due_at: self._alert(leg, LegRinging, due_at))
        if script.announce_seconds:
            self._later(at, script.ring_seconds, leg, lambda due_at: self._alert(leg, LegProgressed, due_at))
        decision = script.ring_seconds + script.announce_seconds
        self._later(at, decision, leg, lambda due_at: self._decide(leg, script, due_at))

    def call_in(
        self, *dialled: str, sip_username: str = "", carrier_host: str = "", remote_address: str = "127.0.0.2",
        caller_number: str = "", caller_name: str = "",
    ) -> FakeLeg:  # fmt: skip
        """Somebody calls: a phone of ``sip_username``, or a carrier. While nobody attends it gets 503 at once."""
        at = self._clock.now()
        leg = FakeLeg(id=f"fake-{next(self._arrivals)}.0", created_at=at, is_incoming=True)
        if not self.is_attended:
            leg.release(HangUpReason.OVERLOADED)
            leg.is_gone = True
            return leg
        self.legs[leg.id] = leg
        self._tell(
            Arrival(
                leg_id=leg.id, at=at, dialled=dialled, sip_username=sip_username, carrier_host=carrier_host,
                remote_address=remote_address, caller_number=caller_number, caller_name=caller_name,
            )
        )  # fmt: skip
        return leg

    def join(self, bridge_id: str, leg: FakeLeg) -> None:
        """Put a leg in a bridge, out of any other."""
        for members in self.bridges.values():
            members.discard(leg.id)
        self.bridges[bridge_id].add(leg.id)

    def lose_everything(self) -> None:
        """The engine forgets its calls and whom it may call. Contacts of phones outlive it."""
        self.legs.clear()
        self.bridges.clear()
        self.phones.clear()
        self.trunks.clear()

    def end(self, leg_id: str, cause: Cause) -> None:
        """We hang up."""
        if leg_id in self.legs:
            self._end(self.legs[leg_id], self._clock.now(), cause)

    def hang_up(self, leg_id: str) -> None:
        """The far end hangs up; a caller who was not answered gives up."""
        self._hang_up(self.legs[leg_id], self._clock.now())

    def hold(self, leg_id: str, *, is_held: bool = True) -> None:
        """The far end puts us on hold, or comes back."""
        self._tell((LegHeld if is_held else LegResumed)(leg_id=leg_id, at=self._clock.now()))

    def ask_transfer(self, leg_id: str, number: str, other_leg_id: str = "") -> None:
        """The far end, a phone, asks for a transfer: to ``number``, or of its other leg."""
        self._tell(TransferAsked(leg_id=leg_id, at=self._clock.now(), number=number, other_leg_id=other_leg_id))

    def _script_of(self, target: Target) -> Script:
        contacts = self.contacts_of(target.address)
        if target.contact and target.contact not in contacts:
            return Script.silent()
        contact = target.contact or (contacts[0] if contacts else "")
        return self._scripts.get(contact) or self._scripts.get(target.address) or Script.answering()

    def _later(self, at: datetime, seconds: float, leg: FakeLeg, act: Act) -> None:
        """``act``, unless the leg is gone by then."""
        due_at = at + timedelta(seconds=seconds)
        self.agenda.add(due_at, lambda at: act(at) if self.legs.get(leg.id) is leg else None)

    def _alert(self, leg: FakeLeg, kind: type[LegRinging | LegProgressed], at: datetime) -> None:
        leg.is_ringing = leg.is_ringing or kind is LegRinging
        self._tell(kind(leg_id=leg.id, at=at))

    def _decide(self, leg: FakeLeg, script: Script, at: datetime) -> None:
        if script.sip_code == ANSWERS:
            leg.is_answered, leg.is_ringing = True, False
            self._tell(LegAnswered(leg_id=leg.id, at=at))
            self._answer_callers(leg)
            self._later(at, script.talk_seconds, leg, lambda due_at: self._hang_up(leg, due_at))
        elif script.sip_code != RINGS_OUT:
            self._end(leg, at, script.refusal)

    def _answer_callers(self, leg: FakeLeg) -> None:
        """A bridge answers the caller who waits in it when somebody else in it answers; Asterisk does."""
        for members in self.bridges.values():
            for other in (self.legs[each] for each in members if leg.id in members):
                other.tell(OK)

    def _ring_out(self, leg: FakeLeg, at: datetime) -> None:
        if self.legs.get(leg.id) is leg and not leg.is_answered:
            self._end(leg, at, RANG_OUT)

    def _hang_up(self, leg: FakeLeg, at: datetime) -> None:
        if leg.is_answered:
            self._tell(LegHungUp(leg_id=leg.id, at=at))
        leg.tell(CANCELLED)
        self._end(leg, at, HUNG_UP if leg.is_answered else GAVE_UP)

    def _end(self, leg: FakeLeg, at: datetime, cause: Cause) -> None:
        del self.legs[leg.id]
        leg.is_gone = True
        for members in self.bridges.values():
            members.discard(leg.id)
        self._tell(LegEnded(leg_id=leg.id, at=at, cause=cause))
