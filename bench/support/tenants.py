"""A tenant with many agents."""

from dataclasses import dataclass

from bench.support.sip_phones import SipPhones
from cordboard.actions.create_agent import NewAgent, create_agent
from cordboard.app import build_core
from cordboard.lab.private_copy import PrivateCopy
from cordboard.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchTenant:
    """What a bench needs: a key, and each agent's extension with the SIP account of its phone."""

    key: str
    extensions: tuple[str, ...]
    accounts: tuple[tuple[str, str], ...]


async def make_tenant(copy: PrivateCopy, agents: int, carrier_port: int, *, webhook: str = "") -> BenchTenant:
    """A tenant without limits, a trunk to 127.0.0.1:``carrier_port``, a DID, ``agents`` agents and a webhook."""
    of = ("--tenant", "bench")
    await copy.run("tenant", "create", "bench", "--limit-tenant", "0", "--limit-route", "0")
    key = await copy.run("key", "create", *of, "--all-scopes")
    await copy.run("trunk", "add", "carrier", *of, "--host", "127.0.0.1", "--port", str(carrier_port))
    await copy.run("did", "add", "+842873000001", *of)
    if webhook:
        await copy.run("webhook", "add", *of, "--dialect", "alohub", "--url", webhook, "--authorization", "partner")
    # Not by the command line: starting it for each of some hundred agents would take minutes.
    core = await build_core(Settings.load(copy.environment))
    try:
        tenant = await core.store.system.tenants.by_name("bench")
        if tenant is None:
            raise LookupError("bench")
        made = [
            await create_agent(core, tenant, NewAgent(user_name=f"agent{number}", extension=str(1000 + number)))
            for number in range(agents)
        ]
    finally:
        await core.store.close()
    return BenchTenant(
        key=key["key"],
        extensions=tuple(each.agent.extension for each in made),
        accounts=tuple((each.agent.sip_username, each.sip_password) for each in made),
    )


async def register(copy: PrivateCopy, tenant: BenchTenant, phone_port: int) -> None:
    """Register every agent's phone from 127.0.0.1:``phone_port``, and leave the port to who will answer there."""
    phones = await SipPhones.open(("127.0.0.1", copy.sip_port), phone_port)
    try:
        await phones.register(tenant.accounts)
    finally:
        phones.close()
