"""``webhook-subscriptions``: who is told of what ("Webhook subscriptions API")."""

from http import HTTPStatus
from typing import Annotated

import msgspec
from msgspec import Raw
from starlette.requests import Request
from starlette.responses import Response

from cordboard.actions.add_webhook import add_webhook
from cordboard.actions.change_webhook import WebhookChange, change_webhook
from cordboard.actions.core import Core
from cordboard.actions.remove_webhook import remove_webhook
from cordboard.api.common.endpoint import Endpoint, Endpoints, json_answer
from cordboard.api.common.errors import Reason
from cordboard.api.common.fields import is_given, one_of, required_text, switch, text
from cordboard.api.common.json_body import read_json
from cordboard.api.common.wire_types import REQUIRED, Switch, Text, among, given, says
from cordboard.api.voxloud.webhooks import EVENT_TYPES
from cordboard.delivery.callback_url import LONGEST_URL
from cordboard.domain.errors import InvalidInput, NotFound
from cordboard.domain.ids import read_uuid
from cordboard.domain.tenant import Identity
from cordboard.domain.webhook import EventKind, Subscription

RESOURCE = "/api/v1/webhook-subscriptions"
SCOPE = "webhook"
DIALECT = "voxloud"

EMAIL_CHARACTERS = 254
_KINDS = {event_type: kind for kind, event_type in EVENT_TYPES.items()}


Url = Annotated[Text, says("Where webhooks are sent; kept byte for byte.", "https://crm.example/hook")]
EventType = Annotated[Text, among(*_KINDS), says("What is told.", "CALL_INCOMING")]
Email = Annotated[Text, says("Who is told when it is switched off.", "john@example.com")]


class SubscriptionPath(msgspec.Struct, kw_only=True):
    """Which subscription."""

    id: Annotated[str, says("Its `id`.", "119a7b3d-00b9-4445-808a-a69676f86763")]


class SubscriptionBody(msgspec.Struct, kw_only=True):
    """What is asked for."""

    callback_url: Annotated[Url, REQUIRED] = given()
    event_type: Annotated[EventType, REQUIRED] = given()
    notification_email: Email = given()


class SubscriptionChange(msgspec.Struct, kw_only=True):
    """What is to be changed: what is left out stays as it is, an address for mail that is empty is cleared."""

    id: Annotated[Text, says("Its `id`, if given at all.", "119a7b3d-00b9-4445-808a-a69676f86763")] = given()
    callback_url: Url = given()
    event_type: EventType = given()
    enabled: Annotated[Switch, says("Whether webhooks are sent. `true` also forgets its failures.")] = given()
    notification_email: Email = given()


class SubscriptionAnswer(msgspec.Struct, kw_only=True):
    """A subscription."""

    id: Annotated[str, says("A UUID.", "119a7b3d-00b9-4445-808a-a69676f86763")]
    enabled: Annotated[bool, says("Whether webhooks are sent.")]
    event_type: Annotated[str, among(*_KINDS), says("What is told.", "CALL_INCOMING")]
    failed_count: Annotated[int, says("Attempts that failed since the last one that did not.", 0)]
    callback_url: Annotated[str, says("Where webhooks are sent, as given.", "https://crm.example/hook")]
    notification_email: Annotated[str | None, says("Who is told when it is switched off.", "john@example.com")]
    last_error: Annotated[str | None, says("What went wrong last, if anything.", None)]


_decoder = msgspec.json.Decoder(SubscriptionBody)
_change_decoder = msgspec.json.Decoder(SubscriptionChange)


def webhook_subscription_endpoints() -> Endpoints:
    """What is served of subscriptions."""
    path = SubscriptionPath
    update = Endpoint(serve=_answer_update, scope=SCOPE, path=path, body=SubscriptionChange, answer=SubscriptionAnswer)
    return {
        RESOURCE: {
            "GET": Endpoint(serve=_answer_list, scope=SCOPE, answer=list[SubscriptionAnswer]),
            "POST": Endpoint(serve=_answer_creation, scope=SCOPE, body=SubscriptionBody, answer=SubscriptionAnswer),
        },
        f"{RESOURCE}/{{id}}": {
            "GET": Endpoint(serve=_answer_one, scope=SCOPE, path=path, answer=SubscriptionAnswer),
            "PUT": update,
            "POST": update,
            "DELETE": Endpoint(serve=_answer_removal, scope=SCOPE, path=path),
        },
    }


async def _answer_creation(core: Core, identity: Identity, request: Request) -> Response:
    """Make a subscription, switched on. Several may have the same address."""
    body = await read_json(request, _decoder)
    url, kinds, email = _url(body.callback_url), _kinds(body.event_type), _email(body.notification_email)
    try:
        made = await add_webhook(core, identity.tenant, dialect=DIALECT, url=url, kinds=kinds, notification_email=email)
    except InvalidInput as error:
        raise _in_words_of_the_wire(error) from error
    return json_answer(subscription_answer(made))


async def _answer_list(core: Core, identity: Identity, _request: Request) -> Response:
    """All subscriptions, oldest first."""
    found = await core.store.for_tenant(identity.tenant.id).subscriptions.list(DIALECT)
    return json_answer([subscription_answer(one) for one in found])


async def _answer_one(core: Core, identity: Identity, request: Request) -> Response:
    """One subscription."""
    return json_answer(subscription_answer(await _subscription_in_path(core, identity, request)))


async def _answer_update(core: Core, identity: Identity, request: Request) -> Response:
    """Change a subscription. Switching it on, even if it is on, forgets its failures."""
    subscription = await _subscription_in_path(core, identity, request)
    change = _change_of(await read_json(request, _change_decoder), subscription)
    try:
        changed = await change_webhook(core, identity.tenant, subscription, change)
    except InvalidInput as error:
        raise _in_words_of_the_wire(error) from error
    return json_answer(subscription_answer(changed))


async def _answer_removal(core: Core, identity: Identity, request: Request) -> Response:
    """Remove a subscription. What waits for it is not sent."""
    subscription = await _subscription_in_path(core, identity, request)
    await remove_webhook(core, identity.tenant, subscription.id)
    return Response(status_code=HTTPStatus.NO_CONTENT.value)


def subscription_answer(subscription: Subscription) -> SubscriptionAnswer:
    """A subscription as it looks on this wire."""
    (kind,) = subscription.kinds
    return SubscriptionAnswer(
        id=str(subscription.uuid),
        enabled=subscription.is_enabled,
        event_type=EVENT_TYPES[kind],
        failed_count=subscription.failed_count,
        callback_url=subscription.url,
        notification_email=subscription.notification_email or None,
        last_error=subscription.last_error,
    )


def _change_of(body: SubscriptionChange, subscription: Subscription) -> WebhookChange:
    """What a body changes. Raises InvalidInput, naming the field."""
    own_id = text(body.id, "id").strip()
    if own_id and read_uuid(own_id) != subscription.uuid:
        raise InvalidInput("id", "is not the one in the path")
    return WebhookChange(
        url=_url(body.callback_url) if is_given(body.callback_url) else None,
        kinds=_kinds(body.event_type) if is_given(body.event_type) else None,
        notification_email=_email(body.notification_email) if is_given(body.notification_email) else None,
        is_enabled=switch(body.enabled, "enabled"),
    )


def _url(raw: Raw) -> str:
    """Byte for byte as it was given. Raises InvalidInput."""
    url = text(raw, "callback_url", most=LONGEST_URL)
    if not url.strip():
        raise InvalidInput("callback_url", Reason.REQUIRED)
    return url


def _kinds(raw: Raw) -> frozenset[EventKind]:
    return frozenset({one_of(_KINDS, required_text(raw, "event_type"), "event_type")})


def _email(raw: Raw) -> str:
    return text(raw, "notification_email", most=EMAIL_CHARACTERS).strip()


def _in_words_of_the_wire(error: InvalidInput) -> InvalidInput:
    return InvalidInput("callback_url" if error.field == "url" else error.field, error.reason)


async def _subscription_in_path(core: Core, identity: Identity, request: Request) -> Subscription:
    """The one whose id the path has. Raises NotFound."""
    wanted: str = request.path_params["id"]
    uuid, found = read_uuid(wanted), None
    if uuid is not None:
        found = await core.store.for_tenant(identity.tenant.id).subscriptions.by_uuid(uuid, DIALECT)
    if found is None:
        raise NotFound("webhook subscription", wanted)
    return found
