"""A simulated telephone network: legs, bridges, and scripted parties at the far ends."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import count

from cordboard.domain.cause import Cause
from cordboard.domain.clock import Clock
from cordboard.domain.commands import Dial, Target, TargetKind, Tone
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
from cordboard.engine.fake_script import ANSWERS, HUNG_UP, RANG_OUT, RINGS_OUT, SILENCE, SILENCE_SECONDS, Script

Act = Callable[[datetime], None]


@dataclass(slots=True, kw_only=True)
class FakeLeg:
    """A leg. ``recording`` is the name it is recorded under, "" when it is not."""

    id: str
    created_at: datetime
    is_ringing: bool = False
    is_answered: bool = False
    tones: set[Tone] = field(default_factory=set)
    recording: str = ""
    is_paused: bool = False


class Agenda:
    """What is due when, by ``clock``. Things due at one instant happen in the order they were put down."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._acts: list[tuple[datetime, int, Act]] = []
        self._order = count()

    def add(self, due_at: datetime, act: Act) -> None:
        """Do ``act`` at ``due_at``; it is told that instant."""
        heapq.heappush(self._acts, (due_at, next(self._order), act))

    def fire_due(self) -> None:
        """Do all that is due by now, and what comes of it if that is due too."""
        while self._acts and self._acts[0][0] <= self._clock.now():
            due_at, _, act = heapq.heappop(self._acts)
            act(due_at)

    @property
    def next_at(self) -> datetime | None:
        """When the next thing is due."""
        return self._acts[0][0] if self._acts else None


class FakeNetwork:
    """Everybody who can be called: phones that are provisioned and registered, any number behind a provisioned trunk.

    ``tell`` gets what an engine would tell.
    """

    def __init__(self, clock: Clock, tell: Callable[[LegEvent | Registration], None]) -> None:
        self.agenda = Agenda(clock)
        self.legs: dict[str, FakeLeg] = {}
        self.bridges: dict[str, set[str]] = {}
        self.registered: set[str] = set()
        self.phones: set[str] = set()
        self.trunks: set[int] = set()
        self._clock = clock
        self._tell = tell
        self._scripts: dict[str, Script] = {}

    def script(self, address: str, script: Script) -> None:
        """What ``address`` (a SIP username, or a number as the trunk is given it) does when called from now on."""
        self._scripts[address] = script

    def register(self, sip_username: str, *, is_registered: bool = True) -> None:
        """A phone registers, or takes its registration back."""
        (self.registered.add if is_registered else self.registered.discard)(sip_username)
        self._tell(Registration(sip_username=sip_username, is_registered=is_registered, at=self._clock.now()))

    def can_reach(self, target: Target) -> bool:
        """Whether anybody would get the INVITE."""
        if target.kind is TargetKind.TRUNK:
            return target.trunk_id in self.trunks
        return target.address in self.phones & self.registered

    def dial(self, command: Dial) -> None:
        """Send the INVITE."""
        at = self._clock.now()
        leg = self.legs[command.leg_id] = FakeLeg(id=command.leg_id, created_at=at)
        if command.bridge_id is not None:
            self.bridges[command.bridge_id].add(leg.id)
        script = self._scripts.get(command.target.address, Script.answering())
        self.agenda.add(at + timedelta(seconds=command.ring_seconds), partial(self._give_up, leg))
        if script.is_silent:
            self._later(at, SILENCE_SECONDS, leg, lambda due_at: self._end(leg, due_at, SILENCE))
            return
        if script.ring_seconds:
            self._later(at, 0, leg, lambda due_at: self._alert(leg, LegRinging, due_at))
        if script.announce_seconds:
            self._later(at, script.ring_seconds, leg, lambda due_at: self._alert(leg, LegProgressed, due_at))
        decision = script.ring_seconds + script.announce_seconds
        self._later(at, decision, leg, lambda due_at: self._decide(leg, script, due_at))

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
        """The far end hangs up."""
        self._hang_up(self.legs[leg_id], self._clock.now())

    def hold(self, leg_id: str, *, is_held: bool = True) -> None:
        """The far end puts us on hold, or comes back."""
        self._tell((LegHeld if is_held else LegResumed)(leg_id=leg_id, at=self._clock.now()))

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
            self._later(at, script.talk_seconds, leg, lambda due_at: self._hang_up(leg, due_at))
        elif script.sip_code != RINGS_OUT:
            self._end(leg, at, script.refusal)

    def _give_up(self, leg: FakeLeg, at: datetime) -> None:
        if self.legs.get(leg.id) is leg and not leg.is_answered:
            self._end(leg, at, RANG_OUT)

    def _hang_up(self, leg: FakeLeg, at: datetime) -> None:
        self._tell(LegHungUp(leg_id=leg.id, at=at))
        self._end(leg, at, HUNG_UP)

    def _end(self, leg: FakeLeg, at: datetime, cause: Cause) -> None:
        del self.legs[leg.id]
        for members in self.bridges.values():
            members.discard(leg.id)
        self._tell(LegEnded(leg_id=leg.id, at=at, cause=cause))
