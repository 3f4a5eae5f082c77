"""What the OpenAPI document of ``/manage/v1`` says besides its endpoints."""

from typing import Any

from cordboard.api.common.endpoint import Endpoints
from cordboard.api.common.openapi import Description, build_document
from cordboard.api.management.errors import Problem, render_error
from cordboard.api.management.events import KINDS, RecordingEvent

_TEXT = """\
Cordboard's own API: webhooks of every dialect, what was delivered, and sending it again.

A key with the scope `manage` comes in `Authorization`, raw or after `Bearer`, or in `X-Api-Key`. Ids are UUIDs, times
are UTC. Every error is a problem (RFC 9457), `application/problem+json`. Fields that nobody knows are ignored.
`Retry-After` stands on 429 and 503, in seconds.
"""


def describe(endpoints: Endpoints) -> dict[str, Any]:
    """The OpenAPI document."""
    document = build_document(
        Description(
            title="Cordboard: management",
            version="1",
            text=_TEXT,
            endpoints=endpoints,
            keys={
                "authorization": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "Authorization",
                    "description": "The key, raw or after `Bearer`.",
                },
                "apiKey": {"type": "apiKey", "in": "header", "name": "X-Api-Key", "description": "The same key."},
            },
            error=Problem,
            webhooks=dict.fromkeys(sorted(KINDS), RecordingEvent),
        ),
        render_error,
    )
    for name, webhook in document["webhooks"].items():
        example = dict(webhook["post"]["requestBody"]["content"]["application/json"]["example"])
        webhook["post"]["requestBody"]["content"]["application/json"]["example"] = example | {"type": name}
    return document
