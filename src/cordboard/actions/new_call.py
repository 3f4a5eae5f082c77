"""A call as it begins: its identities, and what the settings say of it."""

from dataclasses import replace
from datetime import datetime

from cordboard.domain import ids
from cordboard.domain.call_state import Call, FlowName
from cordboard.domain.tenant import Tenant
from cordboard.settings import Settings
from cordboard.store import Admission


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


def with_contact(call: Call, admission: Admission, *, network_name: str = "") -> Call:
    """The call with the name of whoever is outside: as a contact's, else as the network says."""
    contact = admission.contact
    if contact is None:
        return replace(call, customer_name=network_name)
    return replace(
        call,
        customer_name=contact.name or network_name,
        contact_id=contact.id,
        contact_crm=contact.crm_name,
        contact_crm_url=contact.crm_url,
    )
