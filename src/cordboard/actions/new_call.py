"""A call as it begins: its identities, and what the settings say of it."""

from datetime import datetime

from cordboard.domain import ids
from cordboard.domain.call_state import Call, FlowName
from cordboard.domain.tenant import Tenant
from cordboard.settings import Settings


def new_call(settings: Settings, tenant: Tenant, *, node_id: int, flow: FlowName, requested_at: datetime) -> Call:
    """A queued call of nobody to nobody yet."""
    call_id = ids.new_call_id()
    return Call(
        id=call_id,
        tenant_id=tenant.id,
        node_id=node_id,
        reference=ids.new_reference(requested_at.astimezone(tenant.zone)),
        flow=flow,
        requested_at=requested_at,
        customer_number="",
        shown_to_agent="",
        did_number="",
        agent_ring_seconds=settings.agent_ring_seconds,
        customer_ring_seconds=settings.customer_ring_seconds,
        recording_name=ids.new_recording_name(call_id),
    )
