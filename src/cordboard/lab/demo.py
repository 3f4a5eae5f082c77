"""The demo tenant: agents whose phones the lab plays, a group, a number, and a trunk to the lab's carrier."""

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from cordboard.actions.add_did import add_did
from cordboard.actions.add_trunk import NewTrunk, add_trunk
from cordboard.actions.core import Core
from cordboard.actions.create_agent import NewAgent, create_agent
from cordboard.actions.create_group import create_group
from cordboard.actions.create_key import create_key
from cordboard.actions.create_tenant import NewTenant, create_tenant
from cordboard.actions.remove_agent import remove_agent
from cordboard.actions.remove_group import remove_group
from cordboard.actions.remove_trunk import remove_trunk
from cordboard.domain.did import RouteKind
from cordboard.domain.errors import AlreadyExists, InvalidInput
from cordboard.domain.tenant import SCOPES, Tenant
from cordboard.lab import number_plan
from cordboard.lab.accounts import DemoAccount, DemoSecrets, read_secrets, write_secrets
from cordboard.lab.configuration import CARRIER_HOSTS
from cordboard.nodes.ports import split_address
from cordboard.settings import Settings

TENANT = "demo"
TRUNK = "lab-carrier"
DID = number_plan.DEMO_DID
GROUP = "sales"
GROUP_EXTENSION = "700"

# 6688 is the extension in the vendor's samples.
AGENTS = (
    NewAgent(user_name="alice", extension="6688", first_name="Alice", last_name="Nguyen"),
    NewAgent(user_name="bob", extension="101", first_name="Bob", last_name="Tran"),
)
# A call that is heard at once, and what follows when somebody listens.
FIRST_NUMBER = number_plan.number("2002")


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """What there is to try."""

    tenant: str
    key: str = field(repr=False)
    accounts: tuple[DemoAccount, ...]
    did: str
    curl: str = field(repr=False)

    @property
    def numbers(self) -> Sequence[tuple[str, str]]:
        """Numbers to call, and what each does."""
        return number_plan.EXAMPLES

    @property
    def inside(self) -> Sequence[tuple[str, str]]:
        """Numbers to dial on an agent's phone, and who rings; the DID's calls come back in through the carrier."""
        first = AGENTS[0].user_name
        return (
            *((agent.extension, agent.user_name) for agent in AGENTS),
            (GROUP_EXTENSION, f"group '{GROUP}': all of them"),
            (DID, f"out through the carrier and in again, to {first}"),
        )


async def seed(core: Core) -> Demo:
    """Make the demo tenant, or what is missing of it; ``settings.lab_sip`` says where the lab's carrier is.

    Raises:
        AlreadyExists: another tenant has its number. Unavailable: the database is away.
    """
    kept = read_secrets(core.settings.run)
    tenant = await core.store.system.tenants.by_name(TENANT)
    if tenant is None:
        tenant = await create_tenant(core, NewTenant(name=TENANT, cors_origins=("*",)))
    kept = await _seed_key(core, tenant, kept)
    for new in AGENTS:
        kept = await _seed_agent(core, tenant, new, kept)
    rows = core.store.for_tenant(tenant.id)
    if not any(did.number == DID for did in await rows.dids.list()):
        await add_did(core, tenant, number=DID, label="Demo", route_kind=RouteKind.AGENT, route_to=AGENTS[0].extension)
    await _seed_group(core, tenant)
    await _seed_trunk(core, tenant)
    return Demo(
        tenant=TENANT, key=kept.key, accounts=kept.accounts, did=DID,
        curl=curl(core.settings, kept.key, FIRST_NUMBER, AGENTS[0].extension),
    )  # fmt: skip


def curl(settings: Settings, key: str, number: str, extension: str) -> str:
    """A line for a terminal that makes a whole call."""
    body = json.dumps({"phoneNumber": number, "ipPhone": extension})
    return (
        f"curl -s {settings.public_url}/api/v1.0/base/makeCall -H 'Authorization: {key}' "
        f"-H 'Content-Type: application/json' -d '{body}'"
    )


async def _seed_key(core: Core, tenant: Tenant, kept: DemoSecrets) -> DemoSecrets:
    if kept.key:
        identity = await core.store.system.keys.identify(kept.key)
        if identity and identity.tenant.id == tenant.id:
            return kept
    # A database made anew gets the old key, so that what somebody has written down goes on working.
    created = await create_key(core, tenant, scopes=SCOPES, name=TENANT, value=kept.key)
    kept = replace(kept, key=created.value)
    write_secrets(core.settings.run, kept)
    return kept


async def _seed_agent(core: Core, tenant: Tenant, new: NewAgent, kept: DemoSecrets) -> DemoSecrets:
    agent = await core.store.for_tenant(tenant.id).agents.by_user_name(new.user_name)
    account = kept.account(new.user_name)
    if agent and account and account.sip_username == agent.sip_username:
        return kept
    if agent:
        await remove_agent(core, tenant, new.user_name)  # nobody knows its phone's password any more
    created = await create_agent(core, tenant, new)
    kept = kept.with_account(
        DemoAccount(
            user_name=new.user_name, extension=new.extension,
            sip_username=created.agent.sip_username, sip_password=created.sip_password,
        )
    )  # fmt: skip
    write_secrets(core.settings.run, kept)
    return kept


async def _seed_group(core: Core, tenant: Tenant) -> None:
    group = await core.store.for_tenant(tenant.id).groups.by_name(GROUP)
    if group and group.members:
        return
    # Somebody gave its number away, or a DID leads to it: nobody's start shall fail for that.
    with suppress(AlreadyExists, InvalidInput):
        if group:
            await remove_group(core, tenant, GROUP)  # its members were made anew
        members = [agent.extension for agent in AGENTS]
        await create_group(core, tenant, name=GROUP, extension=GROUP_EXTENSION, members=members)


async def _seed_trunk(core: Core, tenant: Tenant) -> None:
    _, port = split_address(core.settings.lab_sip, "CORDBOARD_LAB_SIP")
    for trunk in await core.store.for_tenant(tenant.id).trunks.list():
        if trunk.name != TRUNK:
            continue
        if (trunk.host, trunk.port) == (CARRIER_HOSTS[0], port):
            return
        await remove_trunk(core, tenant, TRUNK)
    await add_trunk(core, tenant, NewTrunk(name=TRUNK, host=CARRIER_HOSTS[0], port=port))
