"""``webhooks``: who is told of what, in every dialect."""

from http import HTTPStatus

import msgspec
from msgspec import Raw
from starlette.requests import Request
from starlette.responses import Response

from cordboard.actions.add_webhook import add_webhook
from cordboard.actions.change_webhook import WebhookChange, change_webhook
from cordboard.actions.core import Core
from cordboard.actions.remove_webhook import remove_webhook
from cordboard.actions.rotate_secret import rotate_secret
from cordboard.api.common.endpoint import Endpoint, Endpoints, json_answer
from cordboard.api.common.errors import Reason
from cordboard.api.common.fields import is_given, one_of, required_text, switch, text, texts
from cordboard.api.common.json_body import read_json
from cordboard.api.management.webhook_schemas import (
    MadeWebhook,
    NewSecret,
    SecretBody,
    WebhookAnswer,
    WebhookBody,
    WebhookChangeBody,
    WebhookPath,
    shown_ends,
    webhook_fields,
)
from cordboard.delivery.callback_url import LONGEST_URL
from cordboard.domain.errors import InvalidInput, LimitReached, NotFound
from cordboard.domain.ids import read_uuid
from cordboard.domain.signing_secret import new_secret
from cordboard.domain.tenant import Identity
from cordboard.domain.webhook import EventKind, Subscription

RESOURCE = "/manage/v1/webhooks"
SCOPE = "manage"

_KINDS = {kind.value: kind for kind in EventKind}
_decoder = msgspec.json.Decoder(WebhookBody)
_change_decoder = msgspec.json.Decoder(WebhookChangeBody)
_secret_decoder = msgspec.json.Decoder(SecretBody)


def webhook_endpoints() -> Endpoints:
    """What is served of webhooks."""
    path = WebhookPath
    return {
        RESOURCE: {
            "GET": Endpoint(serve=_answer_list, scope=SCOPE, answer=list[WebhookAnswer]),
            "POST": Endpoint(serve=_answer_creation, scope=SCOPE, body=WebhookBody, answer=MadeWebhook),
        },
        f"{RESOURCE}/{{id}}": {
            "GET": Endpoint(serve=_answer_one, scope=SCOPE, path=path, answer=WebhookAnswer),
            "PATCH": Endpoint(
                serve=_answer_change, scope=SCOPE, path=path, body=WebhookChangeBody, answer=WebhookAnswer
            ),
            "DELETE": Endpoint(serve=_answer_removal, scope=SCOPE, path=path),
        },
        f"{RESOURCE}/{{id}}/secrets": {
            "POST": Endpoint(
                serve=_answer_rotation,
                scope=SCOPE,
                path=path,
                body=SecretBody,
                answer=NewSecret,
                raises=(LimitReached,),
            ),
        },
    }


async def _answer_list(core: Core, identity: Identity, _request: Request) -> Response:
    """All webhooks, of every dialect, oldest first."""
    found = await core.store.for_tenant(identity.tenant.id).subscriptions.list()
    return json_answer([webhook_fields(one) for one in found])


async def _answer_creation(core: Core, identity: Identity, request: Request) -> Response:
    """Make a webhook, switched on. Its secret is shown this once."""
    body = await read_json(request, _decoder)
    secret = text(body.secret, "secret").strip() or new_secret()
    made = await add_webhook(
        core,
        identity.tenant,
        dialect=required_text(body.dialect, "dialect"),
        url=_url(body.url),
        kinds=_kinds(body.events),
        authorization=text(body.authorization, "authorization"),
        notification_email=text(body.notification_email, "notification_email").strip(),
        secret=secret,
    )
    return json_answer({**webhook_fields(made), "secret": secret})


async def _answer_one(core: Core, identity: Identity, request: Request) -> Response:
    """One webhook."""
    return json_answer(webhook_fields(await _webhook_in_path(core, identity, request)))


async def _answer_change(core: Core, identity: Identity, request: Request) -> Response:
    """Change a webhook. Switching it on, even if it is on, forgets its failures."""
    webhook = await _webhook_in_path(core, identity, request)
    body = await read_json(request, _change_decoder)
    change = WebhookChange(
        url=_url(body.url) if is_given(body.url) else None,
        kinds=_kinds(body.events) if is_given(body.events) else None,
        authorization=text(body.authorization, "authorization") if is_given(body.authorization) else None,
        notification_email=(
            text(body.notification_email, "notification_email").strip() if is_given(body.notification_email) else None
        ),
        is_enabled=switch(body.enabled, "enabled"),
    )
    return json_answer(webhook_fields(await change_webhook(core, identity.tenant, webhook, change)))


async def _answer_removal(core: Core, identity: Identity, request: Request) -> Response:
    """Remove a webhook. What waits for it is not sent, and what was kept for it cannot be."""
    webhook = await _webhook_in_path(core, identity, request)
    await remove_webhook(core, identity.tenant, webhook.id)
    return Response(status_code=HTTPStatus.NO_CONTENT.value)


async def _answer_rotation(core: Core, identity: Identity, request: Request) -> Response:
    """Sign with another secret. Those before it sign for 24 hours more, beside it; three may do so at once."""
    webhook = await _webhook_in_path(core, identity, request)
    body = await read_json(request, _secret_decoder)
    rotated = await rotate_secret(
        core,
        identity.tenant,
        webhook.id,
        secret=text(body.secret, "secret").strip(),
        is_at_once=switch(body.at_once, "at_once") or False,
    )
    return json_answer(NewSecret(secret=rotated.value, others_until=shown_ends(rotated.others)))


def _url(raw: Raw) -> str:
    """Byte for byte as it was given. Raises InvalidInput."""
    url = text(raw, "url", most=LONGEST_URL)
    if not url.strip():
        raise InvalidInput("url", Reason.REQUIRED)
    return url


def _kinds(raw: Raw) -> frozenset[EventKind]:
    """At least one. Raises InvalidInput."""
    kinds = frozenset(one_of(_KINDS, word.strip(), "events") for word in texts(raw, "events"))
    if not kinds:
        raise InvalidInput("events", Reason.REQUIRED)
    return kinds


async def _webhook_in_path(core: Core, identity: Identity, request: Request) -> Subscription:
    """The one whose id the path has. Raises NotFound."""
    wanted: str = request.path_params["id"]
    uuid, found = read_uuid(wanted), None
    if uuid is not None:
        found = await core.store.for_tenant(identity.tenant.id).subscriptions.by_uuid(uuid)
    if found is None:
        raise NotFound("webhook", wanted)
    return found
