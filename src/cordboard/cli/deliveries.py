"""``cordboard deliveries``: what was sent to whom, what came of it, and sending it again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import typer

from cordboard.actions.checks import check_one_of
from cordboard.actions.core import Core
from cordboard.actions.resend_webhook import replay_deliveries, resend_delivery
from cordboard.cli.calls import find_call_id
from cordboard.cli.output import Detail, Done, Listing, Row, wants_json
from cordboard.cli.session import AnyTenant, list_rows, with_owner, with_tenants
from cordboard.domain.delivery_log import DeliveryEntry, DeliveryFilter, DeliveryResult
from cordboard.domain.errors import InvalidInput, NotFound
from cordboard.domain.ids import read_uuid
from cordboard.domain.tenant import Tenant
from cordboard.domain.webhook import Attempt, EventKind

app = typer.Typer(help="What was sent to whom, what came of it, and sending it again. Kept for 30 days.")

LONGEST_BODY = 2000

DeliveryId = Annotated[str, typer.Argument(metavar="ID", help="The webhook-id.")]
Webhook = Annotated[int | None, typer.Option("--webhook", metavar="ID", help="Of this webhook.")]
Call = Annotated[str, typer.Option("--call", metavar="ID", help="Of this call: its reference or 32 hex digits.")]
Event = Annotated[list[str] | None, typer.Option("--event", metavar="EVENT", help=f"{', '.join(EventKind)}.")]
Result = Annotated[list[str] | None, typer.Option("--result", metavar="RESULT", help=f"{', '.join(DeliveryResult)}.")]
Since = Annotated[str, typer.Option(metavar="TIME", help="Made then or later: 2026-03-10T09:00:00+07:00; else UTC.")]
Until = Annotated[str, typer.Option(metavar="TIME", help="Made before then.")]


@app.command("list")
def list_(
    *,
    tenant: AnyTenant = "",
    webhook: Webhook = None,
    call: Call = "",
    event: Event = None,
    result: Result = None,
    since: Since = "",
    until: Until = "",
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many of each tenant.")] = 50,
) -> Listing:
    """Deliveries, newest first."""
    asked = _Asked(webhook, call, event or (), result or (), since, until)

    async def rows(core: Core, owner: Tenant) -> list[Row]:
        wanted = await _filter(core, owner, asked)
        if wanted is None:
            return []
        return [_row(each) for each in await core.store.for_tenant(owner.id).delivery_log.find(wanted, limit=limit)]

    columns = ("id", "webhook_id", "call_id", "event", "result", "attempts", "created_at", "next_attempt_at")
    return list_rows(tenant, rows, columns=columns, empty="No deliveries.")


@app.command("show")
def show(ctx: typer.Context, delivery_id: DeliveryId, tenant: AnyTenant = "") -> Detail:
    """What was sent, and what each attempt got."""

    async def task(core: Core, owner: Tenant) -> Detail:
        rows = core.store.for_tenant(owner.id)
        entry = await rows.delivery_log.get(_uuid(delivery_id))
        if entry is None:
            raise NotFound("delivery", delivery_id)
        attempts = await rows.deliveries.attempts(entry.delivery.id)
        body = entry.delivery.body.decode("utf-8", "replace")
        values = {"tenant": owner.name, **_row(entry), "url": entry.delivery.url, "body": body}
        if wants_json(ctx):
            return Detail(values={**values, "log": [_attempt(attempt) for attempt in attempts]})
        return Detail(values=values, note="\n".join(_line(attempt) for attempt in attempts))

    return with_owner(tenant, task)


@app.command("resend")
def resend(delivery_id: DeliveryId, tenant: AnyTenant = "") -> Done:
    """Send one again at once, whatever became of it."""
    wanted = _uuid(delivery_id)
    with_owner(tenant, lambda core, owner: resend_delivery(core, owner, wanted))
    return Done(sentence=f"Delivery {wanted} is sent again.", values={"id": str(wanted), "is_resent": True})


@app.command("replay")
def replay(
    *,
    tenant: AnyTenant = "",
    webhook: Webhook = None,
    call: Call = "",
    event: Event = None,
    result: Result = None,
    since: Since = "",
    until: Until = "",
) -> Done:
    """Send all again that never arrived (given_up, gone, kept), or what --result names."""
    asked = _Asked(webhook, call, event or (), result or (), since, until)

    async def task(core: Core, tenants: Sequence[Tenant]) -> int:
        count = 0
        for owner in tenants:
            wanted = await _filter(core, owner, asked)
            count += await replay_deliveries(core, owner, wanted) if wanted is not None else 0
        return count

    count = with_tenants(tenant, task)
    return Done(sentence=f"{count} deliveries are sent again.", values={"deliveries": count})


@dataclass(frozen=True, slots=True)
class _Asked:
    """Which deliveries, as somebody typed it."""

    webhook: int | None
    call: str
    events: Sequence[str]
    results: Sequence[str]
    since: str
    until: str


async def _filter(core: Core, owner: Tenant, asked: _Asked) -> DeliveryFilter | None:
    """What is asked for; None when the call is not this tenant's. Raises InvalidInput."""
    call_id: UUID | None = None
    if asked.call:
        call_id = await find_call_id(core.store.for_tenant(owner.id), asked.call)
        if call_id is None:
            return None
    return DeliveryFilter(
        subscription_id=asked.webhook,
        call_id=call_id,
        kinds=frozenset(EventKind(check_one_of("event", word, list(EventKind))) for word in asked.events),
        results=frozenset(DeliveryResult(check_one_of("result", word, list(DeliveryResult))) for word in asked.results),
        since=_time("since", asked.since),
        until=_time("until", asked.until),
    )


def _time(field: str, text: str) -> datetime | None:
    """An instant; without an offset it is in UTC. Raises InvalidInput."""
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput(field, f"'{text}' is not a time such as 2026-03-10T09:00:00+07:00") from error
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _uuid(text: str) -> UUID:
    uuid = read_uuid(text)
    if uuid is None:
        raise InvalidInput("id", f"'{text}' is not a delivery's id")
    return uuid


def _row(entry: DeliveryEntry) -> dict[str, object]:
    delivery = entry.delivery
    return {
        "id": str(delivery.id),
        "webhook_id": delivery.subscription_id,
        "call_id": delivery.call_id.hex,
        "event": delivery.kind.value,
        "result": entry.result.value,
        "attempts": entry.attempts,
        "created_at": delivery.created_at,
        "finished_at": entry.finished_at,
        "next_attempt_at": entry.next_attempt_at,
    }


def _attempt(attempt: Attempt) -> dict[str, object]:
    return {
        "started_at": attempt.started_at,
        "duration_milliseconds": attempt.duration_milliseconds,
        "url": attempt.url,
        "status": attempt.status,
        "error": attempt.error,
        "response_headers": attempt.response_headers,
        "response_body": attempt.response_body.decode("utf-8", "replace"),
    }


def _line(attempt: Attempt) -> str:
    """An attempt as people read it."""
    answer = attempt.response_body.decode("utf-8", "replace")[:LONGEST_BODY]
    when = attempt.started_at.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    outcome = attempt.error if attempt.status is None else f"HTTP {attempt.status} {attempt.error}".rstrip()
    return f"{when}  {attempt.duration_milliseconds} ms  {outcome}\n  {answer}"
