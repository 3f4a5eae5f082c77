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
        self._gate = Gate(core.clock, core.settings.start_rate)

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
        call_id = ids.call_id_of(event.leg_id)
        if call_id is not None:
            self.tell(call_id, event)

    def enqueue(self, calls: Iterable[Call]) -> None:
        """Take calls that wait to be admitted; those known already are left alone."""
        for call in calls:
            if call.phase is CallPhase.QUEUED and call.id not in self._mailboxes:
                self._queued.setdefault(call.id, call)

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
        for mailbox in self._mailboxes.values():
            mailbox.lose_engine()

    async def reconcile(self, *, only_quiet: bool) -> None:
        """Compare with what the engine really has, mend calls, take down what belongs to none.

        Raises EngineAway.
        """
        known = self._known()
        snapshot = await self._engine.snapshot()
        quiet_since = self._core.clock.now() - QUIET
        for mailbox in list(self._mailboxes.values()):
            if not only_quiet or _last_sign(mailbox.call) <= quiet_since:
                mailbox.post(snapshot)
        # Of calls that ended while the snapshot was taken, it may still show something.
        await self._remove_orphans(snapshot, known | self._known())

    def close(self) -> None:
        """Let go of all calls. They live on in the engine and in the database."""
        for mailbox in self._mailboxes.values():
            mailbox.close()

    def _open(self, call: Call) -> Mailbox:
        self._queued.pop(call.id, None)
        mailbox = Mailbox(self._core, self._engine, call, self._forget)
        self._mailboxes[call.id] = mailbox
        return mailbox

    def _forget(self, call_id: UUID) -> None:
        self._mailboxes.pop(call_id, None)

    def _known(self) -> set[UUID]:
        return {*self._mailboxes, *self._queued}

    async def _remove_orphans(self, snapshot: EngineSnapshot, known: set[UUID]) -> None:
        for command in orphans(snapshot, known):
            log.warning("orphan_removed", command=repr(command))
            try:
                await self._engine.execute(command)
            except EngineRefused as refused:
                log.warning("orphan_not_removed", command=repr(command), reason=refused.reason)
            except EngineAway:
                return


def _last_sign(call: Call) -> datetime:
    return call.last_event_at or call.requested_at
