"""An agent dialled a number on a phone: an extension, a group, or somebody outside."""

from dataclasses import replace
from datetime import datetime

from cordboard.actions.call_checks import check_cap, check_destination, check_queue, check_way_out
from cordboard.actions.core import Core
from cordboard.actions.members import members_besides
from cordboard.actions.new_call import new_call, with_contact
from cordboard.domain.arrival import Arrival
from cordboard.domain.call_state import Call, FlowName, Leg, Party
from cordboard.domain.commands import CallerId, Target, TargetKind
from cordboard.domain.errors import CallRefused, Refusal
from cordboard.domain.number import is_emergency_number, national_form, read_number
from cordboard.domain.routing import routes_to
from cordboard.domain.tenant import Tenant
from cordboard.store import Admission, Line

# A second call while one is on hold, to ask somebody before a transfer.
CONSULTATIONS = 1


async def accept_from_phone(core: Core, node_id: int, arrival: Arrival, at: datetime) -> Call:
    """The queued call, written down, its agents' slots taken.

    Raises:
        CallRefused, Unavailable.
    """
    phone = await core.store.system.lines.of_phone(arrival.sip_username)
    if phone is None:
        raise CallRefused(Refusal.AGENT_UNKNOWN)
    tenant, dialled = phone.tenant, _dialled(arrival)
    number = read_number(dialled, tenant.country)
    # Whatever else has that number: an emergency call goes out.
    is_emergency = number is not None and is_emergency_number(number, tenant.country)
    async with core.store.for_tenant(tenant.id).transaction() as rows:
        admission = await rows.admissions.for_call(
            phone.extension, called="" if is_emergency else dialled, number=number or "", node_id=node_id
        )
        caller = admission.caller
        if caller is None or not caller.agent.is_enabled:
            raise CallRefused(Refusal.AGENT_UNKNOWN)
        is_internal = admission.called_name is not None
        if not is_internal:
            number = check_destination(number, tenant)
        if not is_emergency and caller.calls >= caller.agent.max_calls + CONSULTATIONS:
            raise CallRefused(Refusal.AGENT_BUSY)
        check_cap(tenant, admission, "" if is_internal else number or "")
        if not is_internal:
            check_way_out(admission)
        check_queue(core.settings, admission)
        flow = FlowName.INTERNAL if is_internal else FlowName.OUTBOUND
        call = _with_caller(
            new_call(core.settings, tenant, node_id=node_id, flow=flow, requested_at=at), caller, arrival.leg_id
        )
        if is_internal:
            call = _to_colleagues(call, dialled, admission, caller)
        else:
            call = _to_outside(call, number or "", admission, tenant)
        await rows.calls.insert(call, is_announced=False)
    return call


def _dialled(arrival: Arrival) -> str:
    """What the request URI says; To is no more than a copy that phones may fill otherwise."""
    text = arrival.dialled[0].strip() if arrival.dialled else ""
    return text if text.isprintable() else ""


def _with_caller(call: Call, caller: Line, leg_id: str) -> Call:
    agent = caller.agent
    leg = Leg(
        id=leg_id,
        party=Party.AGENT,
        target=Target(kind=TargetKind.PHONE, address=agent.sip_username),
        caller=CallerId(number=agent.extension, name=agent.full_name),
        ring_seconds=0,
        dialled_at=call.requested_at,
        agent_id=agent.id,
        is_incoming=True,
    )
    return replace(
        call,
        agent_id=agent.id,
        agent_user_name=agent.user_name,
        agent_name=agent.full_name,
        agent_extension=agent.extension,
        first=Party.AGENT,
        legs=(leg,),
    )


def _to_colleagues(call: Call, dialled: str, admission: Admission, caller: Line) -> Call:
    return replace(
        call,
        members=members_besides(admission.called, caller),
        customer_number=dialled,
        customer_name=admission.called_name or "",
        shown_to_agent=dialled,
    )


def _to_outside(call: Call, number: str, admission: Admission, tenant: Tenant) -> Call:
    return replace(
        with_contact(call, admission),
        customer_number=number,
        shown_to_agent=national_form(number, tenant.country),
        did_number=admission.did_number,
        routes=routes_to(number, trunks=admission.trunks, did_number=admission.did_number, country=tenant.country),
    )
