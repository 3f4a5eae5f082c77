"""One call's mailbox: what happens to it is taken in strictly in order, written down, and then commanded."""

import asyncio
from collections.abc import Callable
from uuid import UUID

import structlog

from cordboard.actions.apply_call_events import take_in, write_step
from cordboard.actions.core import Core
from cordboard.domain.call_state import Call, Step, Timer
from cordboard.domain.commands import Command, HangUp
from cordboard.domain.errors import Unavailable
from cordboard.domain.leg_events import CallInput, CommandFailed, EngineLost, TimerFired
from cordboard.domain.snapshot import EngineSnapshot
from cordboard.engine.port import Engine, EngineAway, EngineRefused

log = structlog.get_logger()

# Between two tries to write while the database is away.
RETRY_SECONDS = 0.5


class Mailbox:
    """The only place where a live call changes. ``over`` is called once, when the call has ended and is written."""

    def __init__(self, core: Core, engine: Engine, call: Call, over: Callable[[UUID], None]) -> None:
        self.call = call
        self._core = core
        self._engine = engine
        self._over = over
        self._waiting: asyncio.Queue[CallInput | EngineSnapshot] = asyncio.Queue()
        self._timers: dict[Timer, asyncio.TimerHandle] = {}
        self._changed = asyncio.Event()
        self._task = asyncio.create_task(self._run(), name=f"call {call.reference}")
        self._arm()

    def post(self, happening: CallInput | EngineSnapshot) -> None:
        """Put something at the end of the line. Returns at once."""
        self._waiting.put_nowait(happening)

    async def until(self, is_so: Callable[[Call], bool]) -> None:
        """Wait until the call, as it is written, is so; or is over."""
        while not is_so(self.call) and not self.call.is_over:
            await self._changed.wait()

    def lose_engine(self) -> None:
        """Nothing of the call is left in the engine: it ended with its last sign of life."""
        self.post(EngineLost(at=self.call.last_event_at or self.call.requested_at))

    def close(self) -> None:
        """Stop working on the call; its row says where it stands, for whoever adopts it."""
        self._task.cancel()
        self._disarm(keep=frozenset())

    async def _run(self) -> None:
        while not self.call.is_over:
            step = take_in(self.call, await self._take())
            if step.call is self.call and not step.commands:
                continue
            commands = step.commands
            if step.call is not self.call:
                commands = await self._write(step)
            self._arm()
            await self._execute(commands)
        self._disarm(keep=frozenset())
        self._over(self.call.id)

    async def _take(self) -> list[CallInput | EngineSnapshot]:
        """All that waits: under load several events share a transaction."""
        happenings = [await self._waiting.get()]
        while not self._waiting.empty():
            happenings.append(self._waiting.get_nowait())
        return happenings

    async def _write(self, step: Step) -> tuple[Command, ...]:
        """Commit the step, however long the database is away, and return the commands that are left to do.

        Hang-ups do not wait for a database that is away: nobody is left in silence.
        """
        commands = step.commands
        while True:
            try:
                await write_step(self._core, step, self.call)
            except Exception as error:
                # Most likely the database is away (Unavailable); whatever it is, a call that nobody works on would keep
                # its agent's slot for ever, so it is tried again until somebody mends the cause.
                is_expected = isinstance(error, Unavailable)
                log.warning("call_not_written", call=step.call.reference, reason=str(error), exc_info=not is_expected)
                await self._execute(tuple(command for command in commands if isinstance(command, HangUp)))
                commands = tuple(command for command in commands if not isinstance(command, HangUp))
                await asyncio.sleep(RETRY_SECONDS)
            else:
                self.call = step.call
                self._changed.set()
                self._changed = asyncio.Event()
                return commands

    async def _execute(self, commands: tuple[Command, ...]) -> None:
        """Tell the engine, in order. What it refuses comes back as an event; when it is away, reconciling repeats."""
        for command in commands:
            try:
                await self._engine.execute(command)
            except EngineRefused as refused:
                log.info("command_refused", call=self.call.reference, command=repr(command), reason=refused.reason)
                self.post(
                    CommandFailed(
                        at=self._core.clock.now(),
                        command=command,
                        reason=refused.reason,
                        is_gone=refused.is_gone,
                        is_unreachable=refused.is_unreachable,
                    )
                )
            except EngineAway:
                log.warning("engine_away", call=self.call.reference, command=repr(command))
                return

    def _arm(self) -> None:
        """Keep exactly the timers that the call has."""
        self._disarm(keep=frozenset(self.call.timers))
        loop = asyncio.get_running_loop()
        now = self._core.clock.now()
        for timer in self.call.timers:
            if timer not in self._timers:
                delay = max(0.0, (timer.due_at - now).total_seconds())
                self._timers[timer] = loop.call_later(delay, self._fire, timer)

    def _disarm(self, keep: frozenset[Timer]) -> None:
        for timer in [timer for timer in self._timers if timer not in keep]:
            self._timers.pop(timer).cancel()

    def _fire(self, timer: Timer) -> None:
        self.post(TimerFired(name=timer.name, at=self._core.clock.now()))
