"""``cordboard call``: make one, and watch it."""

import sys
from datetime import datetime
from typing import Annotated

import typer

from cordboard.actions.core import Core
from cordboard.actions.make_call import CallRequest, make_call
from cordboard.cli.call_rows import row_of
from cordboard.cli.follow import Follower
from cordboard.cli.output import Detail, wants_json
from cordboard.cli.session import TenantName, with_tenant
from cordboard.cli.timeline import Moment
from cordboard.domain.tenant import Tenant

app = typer.Typer()


@app.command("call")
def call(
    ctx: typer.Context,
    tenant: TenantName,
    from_: Annotated[str, typer.Option("--from", metavar="EXTENSION", help="The agent's extension.")],
    to: Annotated[str, typer.Option(metavar="NUMBER", help="The customer's number.")],
    follow: Annotated[bool, typer.Option("--follow", help="Show what happens to it until all is settled.")] = False,
) -> Detail | None:
    """Make a call: the agent's phone rings first, then the customer's."""
    request = CallRequest(extension=from_, number=to)

    async def task(core: Core, owner: Tenant) -> Detail | None:
        made = await make_call(core, owner, request)
        identity: dict[str, object] = {"reference": made.reference, "id": made.id.hex}
        if not follow:
            return Detail(values=identity)
        told: list[Moment] = []
        teller = told.append if wants_json(ctx) else _Printer(owner)
        follower = Follower(core, owner, made.id, teller)
        await follower.follow()
        if not wants_json(ctx):
            return None
        timeline = [{"at": moment.at, "event": moment.event, "text": moment.text} for moment in told]
        record = row_of(follower.record) if follower.record else None
        return Detail(values=identity | {"timeline": timeline, "record": record})

    return with_tenant(tenant, task)


class _Printer:
    """Prints each moment as it comes: the time in the tenant's zone, and how long after the first it was."""

    def __init__(self, tenant: Tenant) -> None:
        self._zone = tenant.zone
        self._first_at: datetime | None = None

    def __call__(self, moment: Moment) -> None:
        """One line."""
        self._first_at = self._first_at or moment.at
        seconds = (moment.at - self._first_at).total_seconds()
        clock = moment.at.astimezone(self._zone).strftime("%H:%M:%S.%f")[:-3]
        sys.stdout.write(f"{clock}  {seconds:+8.3f} s  {moment.text}\n")
        sys.stdout.flush()
