"""Hearing what other programs announce, over a connection of one's own that comes back by itself."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import asyncpg

from cordboard.store.failures import FAILURES
from cordboard.store.pool import ACQUIRE_SECONDS, session_settings
from cordboard.store.roles import SYSTEM

# Said instead of a channel: something may have been missed, look for yourself.
MISSED = ("", "")
FIRST_PAUSE_SECONDS = 0.1
MOST_PAUSE_SECONDS = 2.0
# A network that went away without a word shows only when something is sent.
CHECK_SECONDS = 30.0
# A reader this far behind is better off looking for itself.
MOST_WAITING = 10_000


class Notifications:
    """What is announced, in order: (channel, payload), and ``("", "")`` whenever something may have been missed."""

    def __init__(self) -> None:
        self._waiting: asyncio.Queue[tuple[str, str]] = asyncio.Queue()

    def __aiter__(self) -> AsyncIterator[tuple[str, str]]:
        """Itself: one reader."""
        return self

    async def __anext__(self) -> tuple[str, str]:
        """The next one, for ever."""
        return await self._waiting.get()

    def put(self, channel: str, payload: str) -> None:
        """Add one."""
        if self._waiting.qsize() >= MOST_WAITING:
            while not self._waiting.empty():
                self._waiting.get_nowait()
            channel, payload = MISSED
        self._waiting.put_nowait((channel, payload))


@asynccontextmanager
async def listening(database_url: str, channels: tuple[str, ...]) -> AsyncIterator[Notifications]:
    """Hear ``channels`` as long as the block lasts.

    When the block begins, they are being heard, unless the database is away; then they are as soon as it is back.
    """
    notifications = Notifications()
    line = _Line(database_url, channels, notifications)
    is_open = await line.open()
    task = asyncio.create_task(line.keep(is_open=is_open))
    try:
        yield notifications
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await line.close()


class _Line:
    """The connection, opened again whenever it breaks."""

    def __init__(self, database_url: str, channels: tuple[str, ...], notifications: Notifications) -> None:
        self._database_url = database_url
        self._channels = channels
        self._notifications = notifications
        self._connection: asyncpg.Connection | None = None
        self._broken = asyncio.Event()

    async def open(self) -> bool:
        """Connect and listen; False when the database is away."""
        self._broken.clear()
        connection: asyncpg.Connection | None = None
        try:
            connection = await asyncpg.connect(
                self._database_url, timeout=ACQUIRE_SECONDS, server_settings=session_settings(SYSTEM)
            )
            connection.add_termination_listener(lambda _: self._broken.set())
            for channel in self._channels:
                await connection.add_listener(channel, self._heard)
            self._connection, connection = connection, None
        except FAILURES:
            return False
        finally:
            if connection is not None:  # failed or cancelled half way
                connection.terminate()
        return True

    async def keep(self, *, is_open: bool) -> None:
        """Stay connected, for ever."""
        pause = FIRST_PAUSE_SECONDS
        while True:
            if is_open:
                await self._until_broken()
                pause = FIRST_PAUSE_SECONDS
            else:
                await asyncio.sleep(pause)
                pause = min(pause * 2, MOST_PAUSE_SECONDS)
            is_open = await self.open()
            if is_open:
                self._notifications.put(*MISSED)

    async def _until_broken(self) -> None:
        """Return when the connection is gone; one that says nothing is asked whether it still hears us."""
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._broken.wait(), CHECK_SECONDS)
                return
            if not await self._answers():
                await self.close()
                return

    async def _answers(self) -> bool:
        assert self._connection is not None
        try:
            await self._connection.execute("SELECT", timeout=ACQUIRE_SECONDS)
        except FAILURES:
            return False
        return True

    async def close(self) -> None:
        """Hang up."""
        connection, self._connection = self._connection, None
        if connection is not None and not connection.is_closed():
            # Nobody waits for a polite goodbye: nothing is under way on it.
            connection.terminate()

    def _heard(self, _connection: object, _process: int, channel: str, payload: object) -> None:
        self._notifications.put(channel, str(payload))
