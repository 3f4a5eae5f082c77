"""AMI, Asterisk's manager interface, for what ARI cannot do: pausable stereo recording, and trunks' registrations.

A second socket on loopback that is opened when it is first needed, and again after it broke.
"""

import asyncio
from collections.abc import Callable, Mapping
from itertools import count

from cordboard.engine.port import EngineAway, EngineRefused

ACTION_SECONDS = 5.0

Message = Mapping[str, str]


class Ami:
    """One logged-in manager session at ``address`` (``host:port``). ``on_event`` gets its events; None: it has none."""

    def __init__(
        self, address: str, *, user: str, password: str, on_event: Callable[[Message], None] | None = None
    ) -> None:
        self._address = address
        self._user = user
        self._password = password
        self._on_event = on_event
        self._ids = count(1)
        self._pending: dict[str, asyncio.Queue[Message]] = {}
        self._writer: asyncio.StreamWriter | None = None
        self._reader: asyncio.Task[None] | None = None
        self._opening = asyncio.Lock()

    async def do(self, action: str, **fields: str) -> Message:
        """Do one action and return its answer.

        Raises:
            EngineRefused: it was refused (``is_gone``: no such channel), or not answered in time.
            EngineAway: no connection.
        """
        return (await self._ask(action, fields, until=None))[0]

    async def rows(self, action: str) -> list[Message]:
        """Do an action that is answered by a list of events. Raises as ``do``."""
        return (await self._ask(action, {}, until="Complete"))[1:-1]

    async def close(self) -> None:
        """Close the session."""
        if self._writer is not None:
            self._writer.close()
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)
        self._writer = self._reader = None

    async def _ask(self, action: str, fields: Message, *, until: str | None) -> list[Message]:
        try:
            async with asyncio.timeout(ACTION_SECONDS):
                writer = await self._open()
                return await self._exchange(writer, action, fields, until=until)
        except TimeoutError:
            raise EngineRefused(f"AMI {action}: no answer within {ACTION_SECONDS:g} s") from None
        except OSError as error:
            raise EngineAway(f"no connection to AMI: {error}") from error

    async def _open(self) -> asyncio.StreamWriter:
        async with self._opening:
            if self._writer is not None and not self._writer.is_closing():
                return self._writer
            await self.close()
            host, _, port = self._address.rpartition(":")
            if not port.isdecimal():
                raise EngineAway("no AMI address is set")
            reader, writer = await asyncio.open_connection(host, int(port))
            self._reader = asyncio.create_task(self._read(reader, writer))
            try:
                events = "on" if self._on_event else "off"
                login = {"Username": self._user, "Secret": self._password, "Events": events}
                await self._exchange(writer, "Login", login, until=None)
            except BaseException:
                writer.close()
                raise
            self._writer = writer
            return writer

    async def _exchange(
        self, writer: asyncio.StreamWriter, action: str, fields: Message, *, until: str | None
    ) -> list[Message]:
        action_id = str(next(self._ids))
        answers = self._pending[action_id] = asyncio.Queue()
        try:
            lines = {"Action": action, "ActionID": action_id, **fields}
            writer.write(("".join(f"{key}: {_one_line(value)}\r\n" for key, value in lines.items()) + "\r\n").encode())
            await writer.drain()
            messages = [await answers.get()]
            _check(action, messages[0])
            while until is not None and messages[-1].get("EventList") != until:
                messages.append(await answers.get())
                _check(action, messages[-1])
            return messages
        finally:
            del self._pending[action_id]

    async def _read(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readline()  # the greeting
            while block := await reader.readuntil(b"\r\n\r\n"):
                message = _parse(block)
                waiting = self._pending.get(message.get("ActionID", ""))
                if waiting is not None:
                    waiting.put_nowait(message)
                elif self._on_event and "Event" in message:
                    self._on_event(message)
        except (OSError, asyncio.IncompleteReadError):
            pass  # closed: whoever waits is told below
        finally:
            writer.close()
            for waiting in self._pending.values():
                waiting.put_nowait({})


def _one_line(value: str) -> str:
    """A line break in a value would begin another field, or another action."""
    return value.replace("\r", " ").replace("\n", " ")


def _parse(block: bytes) -> Message:
    """A key that comes again (each line that a Command prints is an ``Output``) has its values joined by line ends."""
    message: dict[str, str] = {}
    for key, colon, value in (line.partition(":") for line in block.decode(errors="replace").splitlines()):
        if colon:
            message[key] = f"{message[key]}\n{value.strip()}" if key in message else value.strip()
    return message


def _check(action: str, message: Message) -> None:
    if not message:
        raise EngineAway("the connection to AMI broke")
    if message.get("Response") == "Error":
        reason = message.get("Message", "")
        raise EngineRefused(f"AMI {action}: {reason}", is_gone=reason == "No such channel")
