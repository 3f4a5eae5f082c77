"""Send the mails that wait in the outbox."""

from datetime import timedelta

import structlog

from cordboard.actions.core import Core
from cordboard.delivery.smtp import TIMEOUT_SECONDS, MailNotSent, MailRefused, SmtpServer
from cordboard.domain.mail import Mail

log = structlog.get_logger()

AT_ONCE = 10
# All of them one after the other, at the worst.
LEASE_SECONDS = AT_ONCE * TIMEOUT_SECONDS + 30
# After the first, second, … failure; the last one for as long as it goes on.
RETRY_AFTER = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2))
# What a mail says is no news any more.
GIVE_UP_AFTER = timedelta(days=3)


async def send_mails(core: Core) -> int:
    """Send what is due; returns how many mails were tried. Killed in between, a mail may come twice, by one Message-ID.

    Raises:
        Unavailable: the database is away.
    """
    count = 0
    while claimed := await core.store.system.mails.claim(AT_ONCE, core.clock.now(), LEASE_SECONDS):
        for mail in claimed:
            await send_claimed_mail(core, mail)
        count += len(claimed)
    return count


async def send_claimed_mail(core: Core, mail: Mail) -> None:
    """Send one mail and write down what came of it. Raises Unavailable."""
    settings = core.settings
    if not settings.smtp_url or not settings.mail_from:
        missing = "smtp_url" if not settings.smtp_url else "mail_from"
        await _give_up(core, mail, f"the setting {missing} is empty")
        return
    try:
        await SmtpServer.of_url(settings.smtp_url).send(mail, settings.mail_from)
    except (MailRefused, ValueError) as refusal:
        await _give_up(core, mail, str(refusal))
    except MailNotSent as failure:
        now = core.clock.now()
        if now - mail.created_at >= GIVE_UP_AFTER:
            await _give_up(core, mail, str(failure))
            return
        pause = RETRY_AFTER[min(mail.attempts, len(RETRY_AFTER)) - 1]
        log.warning("mail_put_off", to=mail.recipient, subject=mail.subject, reason=str(failure))
        await core.store.system.mails.put_off(mail, now + pause, str(failure))
    else:
        await core.store.system.mails.settle(mail, core.clock.now())
        log.info("mail_sent", to=mail.recipient, subject=mail.subject)


async def _give_up(core: Core, mail: Mail, reason: str) -> None:
    log.error("mail_not_sent", to=mail.recipient, subject=mail.subject, tenant_id=mail.tenant_id, reason=reason)
    await core.store.system.mails.settle(mail, core.clock.now(), reason)
