"""The connections to all receivers: dialled to addresses that were judged, and kept for the next webhook."""

import asyncio
import socket
import ssl
from dataclasses import dataclass

from cordboard.delivery.address_guard import AddressGuard
from cordboard.delivery.connection import Connection

# Below the 5 s after which common servers (Node, uvicorn) close an idle connection.
IDLE_SECONDS = 4.0
# Names are looked up again after this long.
RESOLVED_SECONDS = 10.0
# For each address of a name but the last, which has all of the time that is left.
DIAL_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Origin:
    """Whom to connect to (RFC 9110 4.3.1)."""

    is_secure: bool
    host: str
    port: int


class Connections:
    """All connections of this process, however many: the queue bounds what is in flight, per target and in all."""

    def __init__(self, guard: AddressGuard) -> None:
        self._guard = guard
        self._loop = asyncio.get_running_loop()
        self._idle: dict[Origin, list[Connection]] = {}
        self._sweeping: asyncio.TimerHandle | None = None
        self._looking: dict[tuple[str, int], asyncio.Task[list[tuple[int, str]]]] = {}
        self._trust = ssl.create_default_context()

    async def take(self, origin: Origin) -> tuple[Connection, bool]:
        """A connection, and whether it was used before. Raises OSError: none could be made, or it may not be."""
        idle = self._idle.get(origin, [])
        while idle:
            connection = idle.pop()
            if connection.is_open and self._loop.time() - connection.idle_since < IDLE_SECONDS:
                return connection, True
            connection.close()
        return await self.dial(origin), False

    def put_back(self, origin: Origin, connection: Connection) -> None:
        """For the next one, if it is open still."""
        if not connection.is_open:
            return
        connection.idle_since = self._loop.time()
        self._idle.setdefault(origin, []).append(connection)
        if self._sweeping is None:
            self._sweeping = self._loop.call_later(IDLE_SECONDS, self._sweep)

    async def dial(self, origin: Origin) -> Connection:
        """A new connection to an address that was judged, under the original name. Raises OSError."""
        addresses = await self._resolve(origin.host, origin.port)
        *others, last = addresses
        for each in others:
            try:
                async with asyncio.timeout(DIAL_SECONDS):
                    return await self._connect(origin, *each)
            except (OSError, TimeoutError):
                if each in addresses:  # somebody else may be here too
                    addresses.remove(each)
                    addresses.append(each)  # the others first, as long as they are kept
        return await self._connect(origin, *last)

    async def close(self) -> None:
        """Close what is idle, and look no names up any more."""
        for looking in self._looking.values():
            looking.cancel()
        for idle in self._idle.values():
            for connection in idle:
                connection.close()
        self._idle.clear()
        if self._sweeping is not None:
            self._sweeping.cancel()
        await self._guard.close()

    async def _connect(self, origin: Origin, family: int, address: str) -> Connection:
        self._guard.vet(address)  # again: nothing is dialled that was not judged
        dialled = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        try:
            dialled.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await self._loop.sock_connect(dialled, (address, origin.port))
            _, connection = await self._loop.create_connection(
                Connection,
                sock=dialled,
                ssl=self._trust if origin.is_secure else None,
                server_hostname=origin.host if origin.is_secure else None,
            )
        except BaseException:
            dialled.close()
            raise
        return connection

    async def _resolve(self, host: str, port: int) -> list[tuple[int, str]]:
        """One look-up for all who ask at the same time, and for a while after."""
        key = (host, port)
        if key not in self._looking:
            self._looking[key] = asyncio.create_task(self._guard.resolve(host, port))
            self._looking[key].add_done_callback(lambda done: self._keep_for_a_while(key, done))
        return await asyncio.shield(self._looking[key])

    def _keep_for_a_while(self, key: tuple[str, int], done: "asyncio.Task[list[tuple[int, str]]]") -> None:
        if done.cancelled() or done.exception() is not None:
            self._looking.pop(key, None)
        else:
            self._loop.call_later(RESOLVED_SECONDS, self._looking.pop, key, None)

    def _sweep(self) -> None:
        """Close what has been idle for too long."""
        too_old = self._loop.time() - IDLE_SECONDS
        for origin, idle in tuple(self._idle.items()):
            for connection in idle:
                if connection.idle_since <= too_old:
                    connection.close()
            kept = [connection for connection in idle if connection.is_open]
            if kept:
                idle[:] = kept
            else:
                del self._idle[origin]
        self._sweeping = self._loop.call_later(IDLE_SECONDS, self._sweep) if self._idle else None
