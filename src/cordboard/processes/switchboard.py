"""All calls of one node: each with its mailbox; what the engine says goes to the right one."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from cordboard.actions.core import Core
from cordboard.domain import ids
from cordboard.domain.call_state import Call, CallPhase
from cordboard.domain.leg_events import CallInput, CallStarted, LegEvent, QueueExpired
from cordboard.domain.reconcile import orphans
from cordboard.domain.snapshot import EngineSnapshot
from cordboard.engine.port import Engine, EngineAway, EngineRefused
from cordboard.processes.gate import Gate
from cordboard.processes.mailbox import Mailbox

log = structlog.get_logger()

# A call of which nothing was heard for this long is compared with the engine at each sweep.
QUIET = timedelta(seconds=10)


class Switchboard:
    """The mailboxes of a node's calls, and the queue of those not yet admitted."""

    def __init__(self, core: Core, engine: Engine) -> None:
        self._core = core
        self._engine = engine
        self._mailboxes: dict[UUID, Mailbox] = {}
        self._queued: dict[UUID, Call] = {}
        # Legs whose ids do not say which call they belong to: those that came in, and those taken from another call.
        self._calls_of_legs: dict[str, UUID] = {}
        # What was heard of legs that came in and are not accepted yet.
        self._expected: dict[str, list[LegEvent]] = {}
        self._gate = Gate(core.clock, core.settings.start_rate)

    @property
    def is_full(self) -> bool:
        """Whether no more calls can be taken now."""
        calls = len(self._mailboxes) + len(self._queued) + len(self._expected)
        return calls >= self._core.settings.max_calls

    @property
    def live_calls(self) -> int:
        """How many calls are past the queue."""
        return len(self._mailboxes)

    def tell(self, call_id: UUID, happening: CallInput) -> bool:
        """Post to a call's mailbox; False when it is not here (late events of ended calls are no news)."""
        mailbox = self._mailboxes.get(call_id)
        if mailbox is None and call_id in self._queued:
            mailbox = self._open(self._queued[call_id])
        if mailbox is None:
            return False
        mailbox.post(happening)
        return True

    def leg_event(self, event: LegEvent) -> None:
        """Post an engine event to the call that its leg belongs to."""
        early = self._expected.get(event.leg_id)
        if early is not None:
            early.append(event)
            return
        call_id = self._call_id_of(event.leg_id)
        if call_id is not None:
            self.tell(call_id, event)

    def expect(self, leg_id: str) -> None:
        """A leg came in, and is about to be accepted or refused: keep what is heard of it."""
        self._expected[leg_id] = []

    def welcome(self, leg_id: str, call: Call | None) -> None:
        """The leg was accepted as ``call``, which is queued; None: it was refused."""
        early = self._expected.pop(leg_id)
        if call is None:
            return
        self.enqueue((call,))
        for event in early:
            self.leg_event(event)

    def follow(self, leg_id: str, call_id: UUID) -> None:
        """From now on the leg belongs to another call."""
        self._calls_of_legs[leg_id] = call_id

    def mailbox(self, call_id: UUID) -> Mailbox | None:
        """The mailbox of a call that is past the queue."""
        return self._mailboxes.get(call_id)

    def mailbox_of(self, leg_id: str) -> Mailbox | None:
        """The mailbox of the call that a leg belongs to."""
        call_id = self._call_id_of(leg_id)
        return None if call_id is None else self._mailboxes.get(call_id)

    def enqueue(self, calls: Iterable[Call]) -> None:
        """Take calls that wait to be admitted; those known already are left alone."""
        for call in calls:
            if call.phase is CallPhase.QUEUED and call.id not in self._mailboxes:
                self._queued.setdefault(call.id, call)
                self._know_legs(call)

    def admit(self) -> float:
        """Start what may start now; end what waited too long. Returns seconds until it is worth trying again."""
        now = self._core.clock.now()
        oldest = now - timedelta(seconds=self._core.settings.queue_seconds)
        for call in list(self._queued.values()):
            if call.requested_at < oldest:
                log.warning("queue_expired", call=call.reference)
                self._open(call).post(QueueExpired(at=now))
            elif len(self._mailboxes) >= self._core.settings.max_calls:
                return 1.0
            elif self._gate.admit():
                self._open(call).post(CallStarted(at=now))
            else:
                return self._gate.next_seconds
        return 1.0

    def adopt(self, calls: Iterable[Call]) -> None:
        """Take over calls that were started before us; queued ones go to the queue."""
        for call in calls:
            if call.phase is CallPhase.QUEUED:
                self.enqueue((call,))
            elif call.id not in self._mailboxes:
                log.info("call_adopted", call=call.reference, phase=call.phase.value)
                self._open(call)

    def lose_engine(self) -> None:
        """The engine forgot everything: close every call at its last sign of life."""
        for call in [call for call in self._queued.values() if call.legs]:
            self._open(call)  # its caller is gone
        for mailbox in self._mailboxes.values():
            mailbox.lose_engine()

    async def reconcile(self, *, only_quiet: bool) -> None:
        """Compare with what the engine really has, mend calls, take down what belongs to none.

        Raises EngineAway.
        """
        known, known_legs = self._known(), self._known_legs()
        snapshot = await self._engine.snapshot()
        quiet_since = self._core.clock.now() - QUIET
        for mailbox in list(self._mailboxes.values()):
            if not only_quiet or _last_sign(mailbox.call) <= quiet_since:
                mailbox.post(snapshot)
        # Of calls that ended while the snapshot was taken, it may still show something.
        await self._remove_orphans(snapshot, known | self._known(), known_legs | self._known_legs())

    def close(self) -> None:
        """Let go of all calls. They live on in the engine and in the database."""
        for mailbox in self._mailboxes.values():
            mailbox.close()

    def _open(self, call: Call) -> Mailbox:
        self._queued.pop(call.id, None)
        self._know_legs(call)
        mailbox = Mailbox(self._core, self._engine, call, self._forget)
        self._mailboxes[call.id] = mailbox
        return mailbox

    def _forget(self, call_id: UUID) -> None:
        self._mailboxes.pop(call_id, None)
        for leg_id in [leg_id for leg_id, owner in self._calls_of_legs.items() if owner == call_id]:
            del self._calls_of_legs[leg_id]

    def _know_legs(self, call: Call) -> None:
        for leg in call.live_legs:
            if ids.call_id_of(leg.id) != call.id:
                self._calls_of_legs[leg.id] = call.id

    def _call_id_of(self, leg_id: str) -> UUID | None:
        return self._calls_of_legs.get(leg_id) or ids.call_id_of(leg_id)

    def _known_legs(self) -> set[str]:
        return {*self._calls_of_legs, *self._expected}

    def _known(self) -> set[UUID]:
        return {*self._mailboxes, *self._queued}

    async def _remove_orphans(self, snapshot: EngineSnapshot, known: set[UUID], known_legs: set[str]) -> None:
        for command in orphans(snapshot, known, known_legs):
            log.warning("orphan_removed", command=repr(command))
            try:
                await self._engine.execute(command)
            except EngineRefused as refused:
                log.warning("orphan_not_removed", command=repr(command), reason=refused.reason)
            except EngineAway:
                return


def _last_sign(call: Call) -> datetime:
    return call.last_event_at or call.requested_at
