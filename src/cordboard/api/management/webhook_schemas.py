"""What is read and written of webhooks."""

from typing import Annotated

import msgspec

from cordboard.api.common.wire_types import REQUIRED, YES, Switch, Text, Texts, given, says
from cordboard.api.management.times import shown_time
from cordboard.domain.signing_secret import SigningSecret
from cordboard.domain.webhook import EventKind, Subscription

EVENTS = tuple(kind.value for kind in EventKind)
_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw4JXWZtAuqfA="  # noqa: S105 - the example of Standard Webhooks

Url = Annotated[Text, says("Where it is sent; kept byte for byte.", "https://crm.example/hook")]
Events = Annotated[Texts, says(f"What is told: {', '.join(f'`{event}`' for event in EVENTS)}.", ["recording.ready"])]
Authorization = Annotated[Text, says("The partner's key, sent as `Authorization`. Never shown.", "a-key-of-theirs")]
Email = Annotated[Text, says("Who is told when it fails; the tenant's administrator otherwise.", "it@example.com")]
Secret = Annotated[
    Text, says("A secret of your own: `whsec_` and 24 to 64 bytes in base64. Else one is made.", _SECRET)
]


class WebhookPath(msgspec.Struct, kw_only=True):
    """Which webhook."""

    id: Annotated[str, says("Its `id`.", "119a7b3d-00b9-4445-808a-a69676f86763")]


class WebhookBody(msgspec.Struct, kw_only=True):
    """What is asked for."""

    dialect: Annotated[
        Text, REQUIRED, says("Whose webhook it is: `alohub`, `voxloud` or `cordboard`.", "cordboard")
    ] = given()
    url: Annotated[Url, REQUIRED] = given()
    events: Annotated[Events, REQUIRED] = given()
    authorization: Authorization = given()
    notification_email: Email = given()
    secret: Secret = given()


class WebhookChangeBody(msgspec.Struct, kw_only=True):
    """What is to be changed: what is left out stays as it is, a text that is empty is cleared."""

    url: Url = given()
    events: Events = given()
    authorization: Authorization = given()
    notification_email: Email = given()
    enabled: Annotated[Switch, says("Whether it is sent. `true` also forgets its failures."), YES] = given()


class SecretBody(msgspec.Struct, kw_only=True):
    """What takes over."""

    secret: Secret = given()
    at_once: Annotated[Switch, says("Whether those before it stop now, not in 24 hours.")] = given()


class WebhookAnswer(msgspec.Struct, kw_only=True):
    """A webhook."""

    id: Annotated[str, says("A UUID.", "119a7b3d-00b9-4445-808a-a69676f86763")]
    number: Annotated[int, says("What the command line knows it by.", 7)]
    dialect: Annotated[str, says("Whose webhook it is.", "cordboard")]
    url: Annotated[str, says("Where it is sent, as given.", "https://crm.example/hook")]
    events: Annotated[list[str], says("What is told.", ["recording.ready"])]
    notification_email: Annotated[str | None, says("Who is told when it fails.", "it@example.com")]
    enabled: Annotated[bool, says("Whether it is sent. Its events are kept for 30 days while it is not."), YES]
    failed_count: Annotated[int, says("Attempts that failed since the last one that did not.", 0)]
    last_error: Annotated[str | None, says("What went wrong last, if anything.", None)]
    failing_since: Annotated[str | None, says("The first failure since something arrived.", None)]
    created_at: Annotated[str | None, says("When it was made.", "2026-03-10T02:52:27.000Z")]


class MadeWebhook(WebhookAnswer, kw_only=True):
    """A webhook, and this once the secret that it is signed with."""

    secret: Annotated[str, says("Shown this once.", _SECRET)]


class NewSecret(msgspec.Struct, kw_only=True):
    """The secret that took over, and until when others sign beside it."""

    secret: Annotated[str, says("Shown this once.", _SECRET)]
    others_until: Annotated[list[str], says("One for each.", ["2026-03-11T02:52:27.000Z"])]


def webhook_fields(webhook: Subscription) -> dict[str, object]:
    """A webhook as it looks on this wire."""
    return {
        "id": str(webhook.uuid),
        "number": webhook.id,
        "dialect": webhook.dialect,
        "url": webhook.url,
        "events": sorted(kind.value for kind in webhook.kinds),
        "notification_email": webhook.notification_email or None,
        "enabled": webhook.is_enabled,
        "failed_count": webhook.failed_count,
        "last_error": webhook.last_error,
        "failing_since": shown_time(webhook.failing_since),
        "created_at": shown_time(webhook.created_at),
    }


def shown_ends(secrets: tuple[SigningSecret, ...]) -> list[str]:
    """Until when secrets sign that others have taken over from."""
    return [shown for each in secrets if (shown := shown_time(each.expires_at)) is not None]
