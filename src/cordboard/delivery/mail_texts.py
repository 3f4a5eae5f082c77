"""What mails say, in the tenant's language."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from cordboard.domain.tenant import Tenant
from cordboard.domain.webhook import Subscription

_TIME = "%Y-%m-%d %H:%M"


@dataclass(frozen=True, slots=True)
class MailText:
    """A subject and a body; what stands in braces is filled in."""

    subject: str
    body: str


FAILING: Mapping[str, MailText] = {
    "en": MailText(
        "Webhook {id} is failing",
        "Nothing that {company}'s telephone system sent to this address has arrived for days:\n\n"
        "  {url}\n\nThe last error was: {error}\n\n"
        "If nothing arrives until {off_at}, the webhook is switched off. Nothing is lost then: its events are kept\n"
        "for 30 days and can be sent again once it is switched on.\n",
    ),
    "vi": MailText(
        "Webhook {id} đang lỗi",
        "Nhiều ngày nay, không sự kiện nào mà tổng đài của {company} gửi đến địa chỉ này được nhận:\n\n"
        "  {url}\n\nLỗi gần nhất: {error}\n\n"
        "Nếu đến {off_at} vẫn không gửi được, webhook sẽ bị tắt. Dữ liệu không mất: các sự kiện được giữ 30 ngày\n"
        "và có thể gửi lại sau khi bật webhook.\n",
    ),
}
SWITCHED_OFF: Mapping[str, MailText] = {
    "en": MailText(
        "Webhook {id} is switched off",
        "{company}'s telephone system sends nothing more to this address:\n\n"
        "  {url}\n\nThe last error was: {error}\n\n"
        "Its events are kept for 30 days. Switch the webhook on again, and have them sent:\n\n"
        "  cordboard webhook enable {id}\n  cordboard deliveries replay --webhook {id}\n",
    ),
    "vi": MailText(
        "Webhook {id} đã bị tắt",
        "Tổng đài của {company} không gửi gì nữa đến địa chỉ này:\n\n"
        "  {url}\n\nLỗi gần nhất: {error}\n\n"
        "Các sự kiện được giữ 30 ngày. Hãy bật lại webhook và gửi lại chúng:\n\n"
        "  cordboard webhook enable {id}\n  cordboard deliveries replay --webhook {id}\n",
    ),
}


def mail_text(
    texts: Mapping[str, MailText], tenant: Tenant, subscription: Subscription, *, off_at: datetime
) -> tuple[str, str]:
    """Subject and body. ``off_at`` is when the subscription is switched off, if nothing arrives."""
    text = texts.get(tenant.language, texts["en"])
    parts = {
        "id": subscription.id,
        "company": tenant.name,
        "url": subscription.url,
        "error": subscription.last_error or "-",
        "off_at": f"{off_at.astimezone(tenant.zone):{_TIME}} ({tenant.timezone})",
    }
    return text.subject.format_map(parts), text.body.format_map(parts)
