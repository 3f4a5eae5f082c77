"""What is read and written of deliveries."""

from typing import Annotated, Any

import msgspec

from cordboard.api.common.wire_types import Text, Texts, among, given, says
from cordboard.api.management.times import shown_time
from cordboard.api.management.webhook_schemas import EVENTS
from cordboard.domain.delivery_log import DeliveryEntry, DeliveryResult
from cordboard.domain.webhook import Attempt, Delivery

RESULTS = tuple(result.value for result in DeliveryResult)
MOST_ON_A_PAGE = 200

_ID = "01a1fe84-a12b-7a90-91b1-2b1e15e32109"
_CALL = "9cb33f1b427c4d8983a064f0bd68be95"
_WEBHOOK = "119a7b3d-00b9-4445-808a-a69676f86763"
_TIME = "2026-03-10T02:55:03.120Z"


class DeliveryPath(msgspec.Struct, kw_only=True):
    """Which delivery."""

    id: Annotated[str, says("Its `id`, which is the `webhook-id` of every attempt.", _ID)]


class DeliveryQuery(msgspec.Struct, kw_only=True):
    """Which deliveries, newest first."""

    webhook_id: Annotated[str, says("Of this webhook.")] = ""
    call_id: Annotated[str, says("Of this call: 32 hexadecimal digits, or its reference.")] = ""
    event: Annotated[str, among("", *EVENTS), says("Of this event.")] = ""
    result: Annotated[str, among("", *RESULTS), says("What became of them.")] = ""
    since: Annotated[str, says("Made then or later; without an offset, in the tenant's time zone.")] = ""
    until: Annotated[str, says("Made before then.")] = ""
    limit: Annotated[str, says(f"How many on a page: 1 to {MOST_ON_A_PAGE}, 50 unless given.")] = ""
    after: Annotated[str, says("The page's `next` before this one.")] = ""


class ReplayBody(msgspec.Struct, kw_only=True):
    """What is sent again: what is left out does not matter, so nothing at all is all that never arrived."""

    webhook_id: Annotated[Text, says("Of this webhook.", _WEBHOOK)] = given()
    call_id: Annotated[Text, says("Of this call.", _CALL)] = given()
    events: Annotated[Texts, says("Of these events.", ["recording.ready"])] = given()
    results: Annotated[Texts, says("`given_up`, `gone` and `kept` unless given; `delivered` too.", ["kept"])] = given()
    since: Annotated[Text, says("Made then or later.", _TIME)] = given()
    until: Annotated[Text, says("Made before then.", "2026-03-11T02:55:03.120Z")] = given()


class ReplayAnswer(msgspec.Struct, kw_only=True):
    """What was done."""

    deliveries: Annotated[int, says("How many are sent again.", 12)]


class DeliveryAnswer(msgspec.Struct, kw_only=True):
    """One event for one webhook."""

    id: Annotated[str, says("The `webhook-id` of every attempt.", _ID)]
    webhook_id: Annotated[str | None, says("Null when the webhook was removed.", _WEBHOOK)]
    call_id: Annotated[str, says("32 hexadecimal digits.", _CALL)]
    event: Annotated[str, among(*EVENTS), says("What is told.", "recording.ready")]
    result: Annotated[str, among(*RESULTS), says("What became of it.", "delivered")]
    attempts: Annotated[int, says("Requests so far.", 1)]
    created_at: Annotated[str, says("When it was written.", _TIME)]
    finished_at: Annotated[str | None, says("Null while it waits.", _TIME)]
    next_attempt_at: Annotated[str | None, says("Null when it is finished.", None)]


class RequestAnswer(msgspec.Struct, kw_only=True):
    """What was sent. `Authorization` and `webhook-signature` were too, and are not kept."""

    url: Annotated[str, says("Where it went.", "https://crm.example/hook")]
    headers: Annotated[dict[str, str], says("Names in lower case.", {"webhook-id": _ID})]


class ResponseAnswer(msgspec.Struct, kw_only=True):
    """What came back."""

    status: Annotated[int, says("The HTTP status.", 200)]
    headers: Annotated[dict[str, str], says("Names in lower case.", {"content-type": "text/plain"})]
    body: Annotated[str, says("At most 64 KiB of it.", "ok")]


class AttemptAnswer(msgspec.Struct, kw_only=True):
    """One request."""

    started_at: Annotated[str, says("When.", _TIME)]
    duration_ms: Annotated[int, says("How long, from the name's look-up to the answer's end.", 12)]
    request: RequestAnswer
    response: ResponseAnswer | None
    error: Annotated[str | None, says("Why there is no answer, or no whole one.", None)]


class DeliveryDetail(DeliveryAnswer, kw_only=True):
    """A delivery, its body, and what each attempt got."""

    url: Annotated[
        str | None, says("Where it goes now; null when the webhook was removed.", "https://crm.example/hook")
    ]
    body: Annotated[str, says("The same in every attempt, byte for byte.", '{"type":"recording.ready"}')]
    log: Annotated[list[AttemptAnswer], says("First one first.")]


class DeliveryPage(msgspec.Struct, kw_only=True):
    """A page of deliveries."""

    data: list[DeliveryAnswer]
    next: Annotated[str | None, says("`after` of the next page; null on the last one.", None)]


def delivery_fields(entry: DeliveryEntry) -> dict[str, Any]:
    """A delivery as it looks on this wire."""
    delivery = entry.delivery
    return {
        "id": str(delivery.id),
        "webhook_id": str(entry.subscription_uuid) if entry.subscription_uuid else None,
        "call_id": delivery.call_id.hex,
        "event": delivery.kind.value,
        "result": entry.result.value,
        "attempts": entry.attempts,
        "created_at": shown_time(delivery.created_at),
        "finished_at": shown_time(entry.finished_at),
        "next_attempt_at": shown_time(entry.next_attempt_at),
    }


def detail_fields(entry: DeliveryEntry, attempts: list[Attempt]) -> dict[str, Any]:
    """The same with all that is known of it."""
    return {
        **delivery_fields(entry),
        "url": entry.delivery.url or None,
        "body": entry.delivery.body.decode("utf-8", "replace"),
        "log": [_attempt_fields(entry.delivery, attempt) for attempt in attempts],
    }


def _attempt_fields(delivery: Delivery, attempt: Attempt) -> dict[str, Any]:
    headers = {
        "content-type": "application/json",
        "webhook-id": str(delivery.id),
        "webhook-timestamp": str(int(attempt.started_at.timestamp())),
    }
    response = None
    if attempt.status is not None:
        body = attempt.response_body.decode("utf-8", "replace")
        response = {"status": attempt.status, "headers": attempt.response_headers, "body": body}
    return {
        "started_at": shown_time(attempt.started_at),
        "duration_ms": attempt.duration_milliseconds,
        "request": {"url": attempt.url, "headers": headers},
        "response": response,
        "error": attempt.error or None,
    }
