"""``cordboard agent``: people who take calls."""

from typing import Annotated

import typer

from cordboard.actions.core import Core
from cordboard.actions.create_agent import NewAgent, create_agent
from cordboard.actions.remove_agent import remove_agent
from cordboard.cli.output import Detail, Done, Listing, Row
from cordboard.cli.session import AnyTenant, TenantName, list_rows, with_tenant
from cordboard.domain.tenant import Tenant

app = typer.Typer(help="Agents: people who take calls, and their phones' SIP accounts.")


@app.command("create")
def create(
    *,
    tenant: TenantName,
    user_name: Annotated[str, typer.Option(metavar="U", help="Unique within the tenant.")],
    extension: Annotated[str, typer.Option(metavar="E", help="2 to 8 digits, no leading 0; unique within the tenant.")],
    first_name: Annotated[str, typer.Option()] = "",
    last_name: Annotated[str, typer.Option()] = "",
    email: Annotated[str, typer.Option()] = "",
    password: Annotated[str, typer.Option(help="For logging in, not for the phone.")] = "",
    auto_answer: Annotated[bool, typer.Option("--auto-answer", help="The phone picks up by itself.")] = False,
    max_calls: Annotated[int, typer.Option(help="Calls at one time.")] = 1,
) -> Detail:
    """Make an agent and the SIP account of the agent's phones."""
    new = NewAgent(
        user_name=user_name,
        extension=extension,
        first_name=first_name,
        last_name=last_name,
        email=email,
        password=password,
        is_auto_answered=auto_answer,
        max_calls=max_calls,
    )
    made = with_tenant(tenant, lambda core, owner: create_agent(core, owner, new))
    values = {
        "id": made.agent.id,
        "user_name": made.agent.user_name,
        "extension": made.agent.extension,
        "sip_username": made.agent.sip_username,
        "sip_password": made.sip_password,
    }
    return Detail(values=values, note="The SIP password is shown this once.")


@app.command("list")
def list_(tenant: AnyTenant = "") -> Listing:
    """Agents, and the names their phones register with."""
    columns = ("user_name", "extension", "name", "sip_username", "is_enabled", "is_auto_answered")
    return list_rows(tenant, _rows, columns=columns, empty="No agents. Make one: agent create")


async def _rows(core: Core, tenant: Tenant) -> list[Row]:
    return [
        {
            "id": agent.id,
            "user_name": agent.user_name,
            "extension": agent.extension,
            "name": agent.full_name,
            "email": agent.email,
            "sip_username": agent.sip_username,
            "is_enabled": agent.is_enabled,
            "is_auto_answered": agent.is_auto_answered,
            "max_calls": agent.max_calls,
        }
        for agent in await core.store.for_tenant(tenant.id).agents.list()
    ]


@app.command("remove")
def remove(user_name: Annotated[str, typer.Argument(metavar="USER_NAME")], tenant: TenantName) -> Done:
    """Remove an agent. A call that the agent is in goes on; the agent's phones can no longer register."""
    with_tenant(tenant, lambda core, owner: remove_agent(core, owner, user_name))
    return Done(sentence=f"Agent '{user_name}' is removed.", values={"user_name": user_name, "is_removed": True})
