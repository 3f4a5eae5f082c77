"""What Voxloud's OpenAPI document says besides its endpoints."""

from datetime import UTC, datetime
from typing import Any

from cordboard.api.common.endpoint import Endpoints
from cordboard.api.common.openapi import Description, build_document
from cordboard.api.voxloud.errors import ErrorBody, error_renderer
from cordboard.api.voxloud.records import FaxEvent, TelephonyEvent
from cordboard.api.voxloud.webhooks import EVENT_TYPES, PhoneCallEvent, Webhook
from cordboard.domain.clock import ManualClock
from cordboard.domain.webhook import EventKind

# When the errors in the document happened: any time will do, and the same document comes of the same code.
_SOME_TIME = datetime(2026, 1, 1, tzinfo=UTC)
_TEXT = """\
Contacts, users, webhook subscriptions, telephony events and click-to-call, as software written for Voxloud speaks of
them.

Every path stands with and without a slash at its end. The key comes in `Voverc-Auth`. Every error is JSON and has
`timestamp`, `status`, `error`, `message` and `path`; a method that a path does not serve is 405, a path that there is
not is 404, in the same shape. Fields that nobody knows are ignored; numbers may be written as strings. `Retry-After`
stands on 429 and 503, in seconds.
"""


def describe(endpoints: Endpoints) -> dict[str, Any]:
    """The OpenAPI document of this dialect."""
    document = build_document(
        Description(
            title="Cordboard: Voxloud's API",
            version="1",
            text=_TEXT,
            endpoints=endpoints,
            keys={
                "key": {"type": "apiKey", "in": "header", "name": "Voverc-Auth", "description": "The key."},
            },
            error=ErrorBody,
            webhooks={event_type: Webhook[_data_of(kind)] for kind, event_type in EVENT_TYPES.items()},  # type: ignore[misc] # of whichever
        ),
        error_renderer(ManualClock(_SOME_TIME)),
    )
    for event_type, webhook in document["webhooks"].items():
        example = webhook["post"]["requestBody"]["content"]["application/json"]["example"]
        example["type"] = event_type
        if "type" in example["data"]:
            example["data"]["type"] = event_type.removeprefix("CALL_")
    return document


def _data_of(kind: EventKind) -> type:
    """What a webhook's ``data`` is."""
    if kind is EventKind.FAX_RECORDED:
        return FaxEvent
    is_record = kind in (EventKind.PHONE_CALL_RECORDED, EventKind.CLICK_TO_CALL_RECORDED)
    return TelephonyEvent if is_record else PhoneCallEvent
