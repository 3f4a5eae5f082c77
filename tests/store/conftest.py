"""A tenant at work, in a database of the test's own."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from cordboard.domain.agent import Agent
from cordboard.domain.call_facts import CallFacts, facts_of
from cordboard.domain.call_state import Call, CallPhase, EndedBy, Ending, EndReason
from cordboard.domain.registration import Node
from cordboard.domain.tenant import Tenant
from cordboard.store import Store
from cordboard.store.store import OpenTenantRows
from tests.support.calls import member, queued_call

NOW = datetime(2026, 3, 10, 9, 52, 27, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Office:
    """A tenant with an agent whose phone is registered at a live node, a trunk and a DID."""

    store: Store
    tenant: Tenant
    agent: Agent
    node: Node

    @property
    def rows(self) -> OpenTenantRows:
        return self.store.for_tenant(self.tenant.id)

    def call(self, **changes: Any) -> Call:
        """A queued call of the agent."""
        call_id = changes.pop("id", None) or uuid4()
        values = {
            "id": call_id,
            "tenant_id": self.tenant.id,
            "node_id": self.node.id,
            "agent_id": self.agent.id,
            "members": (replace(member(), agent_id=changes.get("agent_id", self.agent.id)),),
            "reference": f"20260310165227-{call_id.hex[:8].upper()}-3421",
        }
        return queued_call(**(values | changes))

    def ended(self, seconds: float = 0, **changes: Any) -> CallFacts:
        """The facts of a call that was requested so many seconds after ``NOW`` and never connected."""
        at = NOW + timedelta(seconds=seconds)
        call = self.call(
            requested_at=at,
            phase=CallPhase.ENDED,
            ended_at=at + timedelta(seconds=9),
            ending=Ending(reason=EndReason.CUSTOMER_NO_ANSWER, by=EndedBy.SYSTEM),
            **changes,
        )
        return facts_of(call)


async def open_office(store: Store, name: str, *, extension: str = "6688", did: str = "+842873000001") -> Office:
    tenant = await store.system.tenants.create(name)
    rows = store.for_tenant(tenant.id)
    agent = await rows.agents.create(user_name="alice", extension=extension, sip_password="secret", first_name="Alice")
    await rows.trunks.add(name="carrier", host="127.0.0.2", password="trunk secret")
    await rows.dids.add(number=did)
    node = await store.system.nodes.upsert("node-1")
    await store.system.nodes.beat(node.id, at=NOW, startup_time="1", is_connected=True, live_calls=0)
    return Office(store=store, tenant=tenant, agent=agent, node=node)


@pytest.fixture
async def office(store: Store) -> Office:
    return await open_office(store, "acme")


@pytest.fixture
async def other_office(store: Store) -> Office:
    return await open_office(store, "globex", did="+842873000002")
