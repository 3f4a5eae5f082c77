"""A Core to test actions with, and a tenant that can make calls."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cordboard.actions.add_did import add_did
from cordboard.actions.add_trunk import NewTrunk, add_trunk
from cordboard.actions.core import Core, Renderer
from cordboard.actions.create_agent import NewAgent, create_agent
from cordboard.actions.create_tenant import NewTenant, create_tenant
from cordboard.app import SystemClock
from cordboard.domain.agent import Agent
from cordboard.domain.clock import Clock
from cordboard.domain.registration import Node, Registration
from cordboard.domain.tenant import Tenant
from cordboard.domain.webhook import EventKind, Notice
from cordboard.settings import Settings
from cordboard.store import Store


def plain_body(_tenant: Tenant, notice: Notice) -> bytes:
    """A dialect of the tests' own: what matters of a call, in a line."""
    facts = notice.facts
    outcome = facts.outcome.value if facts.outcome else "live"
    return f"{facts.reference} {outcome} {facts.recording_status.value}".encode()


FAR_AHEAD = 1_000_000

EVERY_KIND = Renderer(kinds=frozenset(EventKind), render=plain_body)
PLAIN: Mapping[str, Renderer] = {"plain": EVERY_KIND, "alohub": EVERY_KIND}


def make_core(
    store: Store,
    folder: Path,
    *,
    clock: Clock | None = None,
    renderers: Mapping[str, Renderer] = PLAIN,
    **changes: object,
) -> Core:
    """A Core over ``store`` whose home is ``folder``."""
    settings = Settings.load({"CORDBOARD_HOME": str(folder)}).changed(**changes)
    return Core(settings=settings, clock=clock or SystemClock(), store=store, renderers=renderers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """A tenant whose agent's phone is registered at a connected node."""

    core: Core
    tenant: Tenant
    agent: Agent
    node: Node


async def open_shop(core: Core, *, name: str = "shop", extension: str = "6688", **tenant: object) -> Shop:
    """A tenant with an agent, a trunk, a DID, and a node that is alive."""
    made = await create_tenant(core, NewTenant(name=name, **tenant))  # type: ignore[arg-type] # fields of NewTenant
    agent = (await create_agent(core, made, NewAgent(user_name="alice", extension=extension))).agent
    await add_trunk(core, made, NewTrunk(name="carrier", host="127.0.0.1"))
    number = f"+8428{73000000 + made.id}"
    await add_did(core, made, number=number)
    node = await core.store.system.nodes.upsert("node-1")
    await beat(core, node)
    await register(core, node, agent)
    return Shop(core=core, tenant=made, agent=agent, node=node)


async def beat(core: Core, node: Node, *, is_connected: bool = True) -> None:
    """A sign of life of the node, which is ahead of all that a test configures: nobody has to wait for it."""
    revision = await core.store.system.configuration.revision() + FAR_AHEAD
    await core.store.system.nodes.beat(
        node.id, at=datetime.now(UTC), startup_time="once", is_connected=is_connected, live_calls=0
    )
    await core.store.system.nodes.set_applied_revision(node.id, revision)


async def register(core: Core, node: Node, agent: Agent, *, phones: int = 1) -> None:
    """Say that so many phones of the agent are there."""
    contacts = tuple(f"sip:{agent.sip_username}@127.0.0.1:{5070 + number}" for number in range(phones))
    registration = Registration(sip_username=agent.sip_username, contacts=contacts, at=datetime.now(UTC))
    await core.store.system.registrations.put(node.id, registration)
