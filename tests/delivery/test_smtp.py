from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from cordboard.delivery.smtp import MailNotSent, MailRefused, SmtpServer
from cordboard.domain.mail import Mail
from tests.support.mail_server import MailServer

AT = datetime(2026, 3, 10, 9, 52, 27, tzinfo=UTC)
SENDER = "calls@cordboard.example"
MAIL = Mail(
    id=UUID("0190b0f0a1b27c3d8e4f5a6b7c8d9e0f"),
    tenant_id=1,
    recipient="admin@acme.example",
    subject="Webhook 7 đã bị tắt",
    body="Nothing arrived.\n.\nDữ liệu không mất.\n",
    created_at=AT,
)


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    async with MailServer() as running:
        yield running


async def test_a_mail_arrives_as_it_was_written(server: MailServer) -> None:
    await SmtpServer.of_url(server.url).send(MAIL, SENDER)
    (arrived,) = server.mails
    assert (arrived.sender, arrived.recipients) == (SENDER, ("admin@acme.example",))
    headers = {name: str(arrived.message[name]) for name in ("From", "To", "Subject", "Message-ID", "Auto-Submitted")}
    assert headers == {
        "From": "Cordboard <calls@cordboard.example>",
        "To": "admin@acme.example",
        "Subject": "Webhook 7 đã bị tắt",
        "Message-ID": "<0190b0f0a1b27c3d8e4f5a6b7c8d9e0f@cordboard.example>",
        "Auto-Submitted": "auto-generated",
    }
    assert arrived.message["Date"].datetime == AT
    assert "Dữ liệu không mất." in arrived.message.get_content()


async def test_it_is_the_same_mail_the_second_time(server: MailServer) -> None:
    for _ in range(2):
        await SmtpServer.of_url(server.url).send(MAIL, SENDER)
    assert len({each.message["Message-ID"] for each in server.mails}) == 1


async def test_it_logs_in(server: MailServer) -> None:
    await SmtpServer.of_url(server.url.replace("//", "//user%40x:p%2Fw@")).send(MAIL, SENDER)
    assert server.credentials == ["\0user@x\0p/w"]
    assert len(server.mails) == 1


@pytest.mark.parametrize(
    ("reply", "error"),
    [("550 no such user", MailRefused), ("450 try later", MailNotSent), ("", MailNotSent)],
    ids=["never", "later", "cut"],
)
async def test_what_the_server_says(server: MailServer, reply: str, error: type[Exception]) -> None:
    server.refusals.append(reply)
    with pytest.raises(error):
        await SmtpServer.of_url(server.url).send(MAIL, SENDER)
    assert server.mails == []


async def test_nobody_listens() -> None:
    with pytest.raises(MailNotSent):
        await SmtpServer.of_url("smtp://127.0.0.1:1").send(MAIL, SENDER)


@pytest.mark.parametrize("recipient", ["a@b, c@d", "a b@c", "nobody", "a@b\r\nBcc: c@d", ""])
async def test_what_is_no_address_gets_no_mail(server: MailServer, recipient: str) -> None:
    with pytest.raises(MailRefused):
        await SmtpServer.of_url(server.url).send(replace(MAIL, recipient=recipient), SENDER)
    assert server.mails == []


@pytest.mark.parametrize(
    ("url", "host", "port", "is_encrypted"),
    [
        ("smtp://mail.example", "mail.example", 25, False),
        ("smtp://mail.example:587", "mail.example", 587, False),
        ("smtps://mail.example", "mail.example", 465, True),
    ],
)
def test_a_server_is_read_from_a_setting(url: str, host: str, port: int, is_encrypted: bool) -> None:
    assert SmtpServer.of_url(url) == SmtpServer(host=host, port=port, is_encrypted=is_encrypted)


@pytest.mark.parametrize("url", ["mail.example", "http://mail.example", "smtp://", "smtp://mail.example:x"])
def test_anything_else_is_none(url: str) -> None:
    with pytest.raises(ValueError, match=r"smtp_url|[Pp]ort"):
        SmtpServer.of_url(url)


def test_a_password_is_not_shown() -> None:
    assert "secret" not in repr(SmtpServer.of_url("smtp://user:secret@mail.example"))
