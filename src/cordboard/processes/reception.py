"""Calls that come in, and transfers that phones ask for: judged with the database's help, then told to the calls."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog

from cordboard.actions.accept_call import accept_call, reason_for
from cordboard.actions.core import Core
from cordboard.actions.route_transfer import route_transfer
from cordboard.domain.arrival import Arrival, TransferAsked
from cordboard.domain.call_state import Call, CallPhase, Leg, Party
from cordboard.domain.commands import Command, HangUp, HangUpReason, ReportTransfer, TransferState
from cordboard.domain.endings import OTHER_PARTY
from cordboard.domain.errors import CallRefused, CordboardError, Unavailable
from cordboard.domain.leg_events import LegGiven, LegTaken, TransferRequested
from cordboard.engine.port import Engine, EngineAway, EngineRefused
from cordboard.processes.mailbox import Mailbox
from cordboard.processes.switchboard import Switchboard

log = structlog.get_logger()


class Reception:
    """Of one node. Nothing here makes the reader of the engine's events wait. ``wake`` admits queued calls."""

    def __init__(self, core: Core, engine: Engine, board: Switchboard, node_id: int, wake: Callable[[], None]) -> None:
        self._core = core
        self._engine = engine
        self._board = board
        self._node_id = node_id
        self._wake = wake
        self._tasks: set[asyncio.Task[None]] = set()

    def arrive(self, arrival: Arrival) -> None:
        """Somebody calls."""
        if self._board.is_full:
            self._do(self._execute(HangUp(leg_id=arrival.leg_id, reason=HangUpReason.OVERLOADED)))
            return
        self._board.expect(arrival.leg_id)
        self._do(self._accept(arrival))

    def transfer_asked(self, asked: TransferAsked) -> None:
        """A phone asks for a transfer."""
        self._do(self._answer_transfer(asked))

    def transfer(self, call_id: UUID, number: str, at: datetime) -> bool:
        """Somebody with the right to do so transfers the agent's party of a call; False when it is not here."""
        mailbox = self._board.mailbox(call_id)
        if mailbox is None:
            return False
        self._do(self._transfer_from_outside(mailbox, number, at))
        return True

    def close(self) -> None:
        """Let go of what is under way: the callers of calls that were not accepted are swept up by who comes next."""
        for task in self._tasks:
            task.cancel()

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _accept(self, arrival: Arrival) -> None:
        call: Call | None = None
        reason = HangUpReason.FAILED
        try:
            call = await accept_call(self._core, self._node_id, arrival)
        except CallRefused as refused:
            reason = reason_for(refused.refusal)
        except Unavailable as away:
            log.warning("call_not_accepted", reason=str(away))
            reason = HangUpReason.OVERLOADED
        finally:
            self._board.welcome(arrival.leg_id, call)
            if call is None:
                await self._execute(HangUp(leg_id=arrival.leg_id, reason=reason))
        self._wake()

    async def _answer_transfer(self, asked: TransferAsked) -> None:
        mailbox = self._board.mailbox_of(asked.leg_id)
        leg = mailbox.call.leg(asked.leg_id) if mailbox else None
        is_done = False
        if mailbox is not None and leg is not None and _can_transfer(mailbox.call, leg):
            if asked.other_leg_id:
                is_done = await self._transfer_attended(mailbox, leg, asked)
            else:
                is_done = await self._transfer_blind(mailbox, leg, asked.number, asked.at)
        if not is_done:
            await self._execute(ReportTransfer(leg_id=asked.leg_id, state=TransferState.FAILED))

    async def _transfer_blind(self, mailbox: Mailbox, leg: Leg | None, number: str, at: datetime) -> bool:
        try:
            destination = await route_transfer(self._core, mailbox.call, leg, number)
        except CordboardError as error:
            log.info("transfer_refused", call=mailbox.call.reference, to=number, reason=str(error))
            return False
        mailbox.post(TransferRequested(leg_id=leg.id if leg else "", destination=destination, at=at))
        return True

    async def _transfer_from_outside(self, mailbox: Mailbox, number: str, at: datetime) -> None:
        agent = mailbox.call.line(Party.AGENT)
        if agent is None or not _can_transfer(mailbox.call, agent):
            log.info("transfer_refused", call=mailbox.call.reference, to=number, reason="the parties do not talk")
            return
        await self._transfer_blind(mailbox, None, number, at)

    async def _transfer_attended(self, mailbox: Mailbox, leg: Leg, asked: TransferAsked) -> bool:
        """Give the other call's leg away first: should we be killed in between, the first call is as it was."""
        other = self._board.mailbox_of(asked.other_leg_id)
        given = _given(mailbox.call, leg, other.call, asked.other_leg_id) if other else None
        if other is None or given is None:
            log.info("transfer_refused", call=mailbox.call.reference, reason="no such other call of this phone")
            return False
        before = other.call
        other.post(LegGiven(leg_id=given.id, at=asked.at))
        await other.until(lambda call: all(leg.id != given.id for leg in call.live_legs))
        number = before.agent_extension if given.party is before.first else before.customer_number
        self._board.follow(given.id, mailbox.call.id)
        mailbox.post(LegTaken(replaced_leg_id=leg.id, leg=given, number=number, at=asked.at))
        return True

    async def _execute(self, command: Command) -> None:
        try:
            await self._engine.execute(command)
        except (EngineRefused, EngineAway) as error:
            log.info("command_refused", command=repr(command), reason=str(error))


def _can_transfer(call: Call, leg: Leg) -> bool:
    return call.phase is CallPhase.CONNECTED and call.transfer is None and leg.is_answered and not leg.is_dropped


def _given(call: Call, leg: Leg, other: Call, other_leg_id: str) -> Leg | None:
    """The leg that an attended transfer gives away: whom the same phone talks to in its other call."""
    own = other.leg(other_leg_id)
    if own is None or not _can_transfer(other, own) or other.tenant_id != call.tenant_id or other.id == call.id:
        return None
    if own.agent_id is None or own.agent_id != leg.agent_id:
        return None
    given = other.line(OTHER_PARTY[own.party])
    return given if given is not None and given.is_answered else None
