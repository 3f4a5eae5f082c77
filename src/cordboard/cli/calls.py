"""``cordboard calls``: live ones and the records of ended ones."""

import re
from collections.abc import Sequence
from contextlib import suppress
from typing import Annotated
from uuid import UUID

import typer

from cordboard.actions.core import Core
from cordboard.actions.instruct_call import instruct_call
from cordboard.cli.call_rows import ENDED_COLUMNS, LIVE_COLUMNS, row_of
from cordboard.cli.output import Detail, Done, Listing, Row, wants_json
from cordboard.cli.session import AnyTenant, list_rows, with_owner, with_tenants
from cordboard.cli.watch import tell_json, tell_people, watch
from cordboard.domain.call_facts import CallFacts, facts_of
from cordboard.domain.call_state import Call
from cordboard.domain.cdr import CdrFilter
from cordboard.domain.errors import InvalidInput, NotFound
from cordboard.domain.instruction import InstructionKind
from cordboard.domain.tenant import Tenant
from cordboard.store import TenantRows

app = typer.Typer(help="Live calls and the records of ended ones.")

CallName = Annotated[str, typer.Argument(metavar="ID", help="Its reference, its 32 hex digits or its record's number.")]

_HEX = re.compile(r"[0-9a-f]{32}\Z", re.IGNORECASE)
_REFERENCE = re.compile(r"[0-9]{14}-[A-Z0-9]{1,16}-[0-9]{1,10}\Z")
_NUMBER = re.compile(r"[0-9]{1,16}\Z")


@app.command("list")
def list_(
    ctx: typer.Context,
    tenant: AnyTenant = "",
    ended: Annotated[bool, typer.Option("--ended", help="The latest records instead of live calls.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many records of a tenant.")] = 20,
    follow: Annotated[bool, typer.Option("--follow", help="Tell of calls as they go, until Ctrl-C.")] = False,
) -> Listing | None:
    """Live calls, or with --ended the latest records; newest first.

    With --follow what happens to calls as they begin, change and end: a line for each moment, with --json an object.
    """
    if follow:
        tell = tell_json if wants_json(ctx) else tell_people
        with suppress(KeyboardInterrupt):
            with_tenants(tenant, lambda core, owners: watch(core, owners, tell))
        return None
    if not ended:
        return list_rows(tenant, _live, columns=LIVE_COLUMNS, empty="No live calls.")

    async def records(core: Core, owner: Tenant) -> Sequence[Row]:
        page = await core.store.for_tenant(owner.id).cdrs.find(CdrFilter(limit=limit))
        return [row_of(facts) for facts in page.rows]

    return list_rows(tenant, records, columns=ENDED_COLUMNS, empty="No records.")


async def _live(core: Core, tenant: Tenant) -> Sequence[Row]:
    return [row_of(facts_of(call), call) for call in await core.store.for_tenant(tenant.id).calls.live()]


@app.command("show")
def show(call_id: CallName, tenant: AnyTenant = "") -> Detail:
    """All that is known of one call."""

    async def task(core: Core, owner: Tenant) -> Detail:
        live, record = await _find(core.store.for_tenant(owner.id), call_id)
        return Detail(values={"tenant": owner.name, **(row_of(facts_of(live), live) if live else row_of(record))})

    return with_owner(tenant, task)


@app.command("hangup")
def hangup(call_id: CallName, tenant: AnyTenant = "") -> Done:
    """End a live call."""
    return _instruct(tenant, call_id, InstructionKind.HANG_UP, "is being hung up")


@app.command("hold")
def hold(call_id: CallName, tenant: AnyTenant = "") -> Done:
    """Let the customer wait and hear music."""
    return _instruct(tenant, call_id, InstructionKind.HOLD, "is put on hold")


@app.command("resume")
def resume(call_id: CallName, tenant: AnyTenant = "") -> Done:
    """Let both hear each other again."""
    return _instruct(tenant, call_id, InstructionKind.RESUME, "is taken off hold")


@app.command("transfer")
def transfer(
    call_id: CallName,
    to: Annotated[str, typer.Option(metavar="NUMBER", help="An extension of an agent or group, or a number outside.")],
    tenant: AnyTenant = "",
) -> Done:
    """Put somebody else in the agent's place. Until that one answers, the customer waits and the agent's call stays."""
    return _instruct(tenant, call_id, InstructionKind.TRANSFER, f"is being transferred to {to}", argument=to)


@app.command("pause-recording")
def pause_recording(call_id: CallName, tenant: AnyTenant = "") -> Done:
    """Record silence from now on."""
    return _instruct(tenant, call_id, InstructionKind.PAUSE_RECORDING, "is recorded as silence from now on")


@app.command("resume-recording")
def resume_recording(call_id: CallName, tenant: AnyTenant = "") -> Done:
    """Record what is said again."""
    return _instruct(tenant, call_id, InstructionKind.RESUME_RECORDING, "is recorded again")


def _instruct(tenant: str, call_id: str, kind: InstructionKind, what: str, *, argument: str = "") -> Done:
    async def task(core: Core, owner: Tenant) -> Done:
        live, record = await _find(core.store.for_tenant(owner.id), call_id)
        if live is None:
            raise InvalidInput("call", f"{record.reference} has ended")
        await instruct_call(core, owner.id, live.id, kind, argument)
        values = {"reference": live.reference, "id": live.id.hex, "instruction": kind.value}
        if argument:
            values["to"] = argument
        return Done(sentence=f"Call {live.reference} {what}.", values=values)

    return with_owner(tenant, task)


async def find_call_id(rows: TenantRows, call_id: str) -> UUID | None:
    """The id of a call, by any of its names; None when there is none. Raises InvalidInput: it is no name of a call."""
    if _HEX.match(call_id):
        return UUID(hex=call_id)
    try:
        return (await _find(rows, call_id))[1].id
    except NotFound:
        return None


async def _find(rows: TenantRows, call_id: str) -> tuple[Call | None, CallFacts]:
    """The live call, if it lives, and its facts. Raises InvalidInput, NotFound."""
    live: Call | None = None
    record: CallFacts | None = None
    if _HEX.match(call_id):
        key = UUID(hex=call_id)
        live = await rows.calls.get(key)
        record = facts_of(live) if live else await rows.cdrs.get(key)
    elif _REFERENCE.match(call_id):
        live = await rows.calls.by_reference(call_id)
        record = facts_of(live) if live else await rows.cdrs.by_reference(call_id)
    elif _NUMBER.match(call_id):
        record = await rows.cdrs.by_number(int(call_id))
    else:
        raise InvalidInput("id", f"'{call_id}' is no reference, no 32 hex digits and no number")
    if record is None:
        raise NotFound("call", call_id)
    return live, record
