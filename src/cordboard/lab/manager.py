"""A connection to an Asterisk's manager interface (AMI): actions and their answers, and events."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from typing import Self

Message = Mapping[str, str]

ACTION_SECONDS = 10.0


class ManagerRefused(Exception):
    """Asterisk refused an action. The text is its reason."""


class ManagerConnection:
    """One logged-in connection. ``listener`` is called with each event, in order."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, listener: Callable[[Message], None]
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._listener = listener
        self._answers: dict[str, asyncio.Future[Message]] = {}
        self._sent = 0
        self._task = asyncio.create_task(self._read())

    @classmethod
    async def open(cls, host: str, port: int, *, user: str, password: str, listener: Callable[[Message], None]) -> Self:
        """Connect and log in. Raises OSError, ManagerRefused."""
        reader, writer = await asyncio.open_connection(host, port)
        await reader.readline()  # its greeting
        connection = cls(reader, writer, listener)
        try:
            await connection.do("Login", Username=user, Secret=password)
        except BaseException:
            await connection.close()
            raise
        return connection

    async def do(self, action: str, **values: str) -> Message:
        """Do an action and return its answer.

        Raises:
            ManagerRefused: Asterisk answered ``Error``.
            ConnectionError: the connection is gone, or no answer came within 10 s.
        """
        if self._task.done():
            raise ConnectionError("AMI is gone")
        self._sent += 1
        number = str(self._sent)
        answer: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._answers[number] = answer
        lines = {"Action": action, "ActionID": number, **values}
        self._writer.write(("".join(f"{key}: {value}\r\n" for key, value in lines.items()) + "\r\n").encode())
        try:
            message = await asyncio.wait_for(answer, ACTION_SECONDS)
        except TimeoutError as error:
            raise ConnectionError(f"no answer to {action}") from error
        finally:
            self._answers.pop(number, None)
        if message.get("Response") == "Error":
            raise ManagerRefused(f"{action}: {message.get('Message', '')}")
        return message

    async def close(self) -> None:
        """Close it. Actions without an answer fail."""
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        self._writer.close()
        with contextlib.suppress(ConnectionError):
            await self._writer.wait_closed()

    async def _read(self) -> None:
        try:
            while block := await self._reader.readuntil(b"\r\n\r\n"):
                self._take(_parse(block.decode("utf-8", "replace")))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            for answer in self._answers.values():
                if not answer.done():
                    answer.set_exception(ConnectionError("AMI is gone"))

    def _take(self, message: Message) -> None:
        if "Event" in message:
            self._listener(message)
        elif (answer := self._answers.get(message.get("ActionID", ""))) and not answer.done():
            answer.set_result(message)


def _parse(text: str) -> Message:
    """Keys that occur twice (the output of a Command) are joined by line ends."""
    values: dict[str, str] = {}
    for line in text.splitlines():
        key, _, value = line.partition(":")
        value = value.strip()
        values[key] = f"{values[key]}\n{value}" if key in values else value
    return values
