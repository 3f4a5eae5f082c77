"""What Alohub's OpenAPI document says besides its endpoints."""

from typing import Any

from cordboard.api.alohub.endpoints import ACCESS_TOKEN, SECOND_NAMES
from cordboard.api.alohub.errors import render_error
from cordboard.api.alohub.schemas import CallEventBody, Envelope
from cordboard.api.common.endpoint import Endpoints
from cordboard.api.common.openapi import Description, build_document

_TEXT = """\
Calls, search, recordings, reports and queues, as software written for Alohub speaks of them.

Every path stands with and without a slash at its end. A key comes in `Authorization`, raw or after `Bearer`, or in
`X-Api-Key`. Every answer but a recording is JSON and begins with `success`, `error_code` and `error_message`; a method
that a path does not serve is 405, a path that there is not is 404, in the same shape. Fields that nobody knows are
ignored; "" and null in an optional field are not given; numbers may be written as strings.

Limits are for each ten seconds, of the tenant and of the route; `X-RateLimit-*` tells what is left. `Retry-After`
stands on 429 and 503, in seconds. A name that stands under "also served at" does exactly the same.
"""

_HEADERS = {
    "X-RateLimit-Limit-Tenant": "The tenant's requests in ten seconds. Left out when there is no limit, like its pair.",
    "X-RateLimit-Remaining-Tenant": "How many of them are left.",
    "X-RateLimit-Limit-Route": "The requests of this method and path in ten seconds.",
    "X-RateLimit-Remaining-Route": "How many of them are left.",
}


def describe(endpoints: Endpoints) -> dict[str, Any]:
    """The OpenAPI document of this dialect."""
    return build_document(
        Description(
            title="Cordboard: Alohub's API",
            version="1.0",
            text=_TEXT,
            endpoints=endpoints,
            second_names=SECOND_NAMES,
            keys={
                "authorization": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "Authorization",
                    "description": "The key, raw or after `Bearer`.",
                },
                "apiKey": {"type": "apiKey", "in": "header", "name": "X-Api-Key", "description": "The same key."},
            },
            tokens={
                ACCESS_TOKEN: {
                    "type": "apiKey",
                    "in": "header",
                    "name": "X-ACCESS-TOKEN",
                    "description": "The token that `auth/login` gives, besides the key.",
                }
            },
            signature={
                "type": "apiKey",
                "in": "query",
                "name": "sig",
                "description": "The signature in a URL that we handed out.",
            },
            tenant_header="The tenant's number. It must be that of the key, except from a trusted gateway.",
            error=Envelope,
            headers=_HEADERS,
            webhooks={"call": CallEventBody},
        ),
        render_error,
    )
