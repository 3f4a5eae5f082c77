"""Mails on their way: handed to the server that the settings name, by SMTP."""

from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from urllib.parse import unquote, urlsplit

import aiosmtplib

from cordboard.domain.mail import Mail

TIMEOUT_SECONDS = 30
_PORTS = {"smtp": 25, "smtps": 465}


class MailRefused(Exception):
    """The server will not take this mail, now or later."""


class MailNotSent(Exception):
    """The server could not be reached, or asks to try later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpServer:
    """Where mails are handed in. ``is_encrypted``: TLS from the start; else as soon as the server offers it."""

    host: str
    port: int
    is_encrypted: bool = False
    user: str = ""
    password: str = field(default="", repr=False)

    @classmethod
    def of_url(cls, url: str) -> "SmtpServer":
        """The server of a setting. Raises ValueError."""
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname:
            raise ValueError("smtp_url is not like smtp://user:password@host:587")
        return cls(
            host=parts.hostname,
            port=parts.port or _PORTS[parts.scheme],
            is_encrypted=parts.scheme == "smtps",
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
        )

    async def send(self, mail: Mail, sender: str) -> None:
        """Hand in one mail.

        Raises:
            MailRefused: an address that none is, or the server's last word (5xx).
            MailNotSent: everything else.
        """
        try:
            message = compose(mail, sender)
            await aiosmtplib.send(
                message,
                sender=sender,
                recipients=[mail.recipient],
                hostname=self.host,
                port=self.port,
                use_tls=self.is_encrypted,
                username=self.user or None,
                password=self.password or None,
                timeout=TIMEOUT_SECONDS,
            )
        except aiosmtplib.SMTPAuthenticationError as error:
            raise MailNotSent(f"the server does not let us in: {error}") from error  # somebody will mend the setting
        except aiosmtplib.SMTPRecipientsRefused as error:
            (one,) = error.recipients
            raise (MailRefused if one.code >= 500 else MailNotSent)(str(one)) from error
        except aiosmtplib.SMTPResponseException as error:
            raise (MailRefused if error.code >= 500 else MailNotSent)(str(error)) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise MailNotSent(str(error) or type(error).__name__) from error
        except (ValueError, IndexError) as error:  # the standard library's for addresses and headers that none are
            raise MailRefused(str(error)) from error


def compose(mail: Mail, sender: str) -> EmailMessage:
    """The message: plain text, of a program (RFC 3834), with an id that is always the same. Raises ValueError."""
    domain = Address(addr_spec=sender).domain
    message = EmailMessage(policy=SMTP)
    message["From"] = Address("Cordboard", addr_spec=sender)
    message["To"] = Address(addr_spec=mail.recipient)
    message["Subject"] = mail.subject
    message["Date"] = mail.created_at
    message["Message-ID"] = f"<{mail.id.hex}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.body)
    return message
