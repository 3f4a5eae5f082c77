"""A mail server that takes what it is given, or says what a test wants it to say (RFC 5321)."""

import asyncio
import base64
from collections import deque
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Self


@dataclass(frozen=True, kw_only=True)
class Received:
    """A mail as it arrived: from whom, for whom, and what."""

    sender: str
    recipients: tuple[str, ...]
    message: EmailMessage


class MailServer:
    """``async with MailServer() as server``; ``url`` is what the settings call it."""

    def __init__(self) -> None:
        self.mails: list[Received] = []
        self.credentials: list[str] = []
        self.url = ""
        # What the next mails are answered instead of being taken, at RCPT TO; "" is a connection that is cut.
        self.refusals: deque[str] = deque()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"smtp://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await self._server.wait_closed()

    @property
    def subjects(self) -> list[str]:
        return [str(mail.message["Subject"]) for mail in self.mails]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._converse(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sender = ""
        recipients: list[str] = []
        writer.write(b"220 test\r\n")
        while line := (await reader.readline()).decode().strip():
            verb, _, rest = line.partition(" ")
            reply = "250 ok"
            match verb.upper():
                case "EHLO":
                    reply = "250-test\r\n250 AUTH PLAIN"
                case "AUTH":
                    self.credentials.append(base64.b64decode(rest.partition(" ")[2]).decode())
                    reply = "235 welcome"
                case "MAIL":
                    sender, recipients = _address(rest), []
                case "RCPT":
                    recipients.append(_address(rest))
                    if self.refusals:
                        reply = self.refusals.popleft()
                case "DATA":
                    writer.write(b"354 go on\r\n")
                    data = (await reader.readuntil(b"\r\n.\r\n"))[:-3]
                    message = message_from_bytes(data, policy=policy.default)
                    assert isinstance(message, EmailMessage)
                    self.mails.append(Received(sender=sender, recipients=tuple(recipients), message=message))
                case "QUIT":
                    writer.write(b"221 bye\r\n")
                    return
            if not reply:
                return
            writer.write(f"{reply}\r\n".encode())
            await writer.drain()


def _address(text: str) -> str:
    return text.partition("<")[2].partition(">")[0]
