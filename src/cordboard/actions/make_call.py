"""Accept a call: check it, take the agent's slot, write it down for its node. Nobody is waited for."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from cordboard.actions.call_checks import check_cap, check_destination, check_queue, check_way_out
from cordboard.actions.core import Core
from cordboard.actions.members import members_of
from cordboard.actions.new_call import new_call
from cordboard.domain.call_state import Call, FlowName, Party
from cordboard.domain.errors import CallRefused, Refusal
from cordboard.domain.ids import read_id
from cordboard.domain.number import national_form, read_number
from cordboard.domain.routing import routes_to
from cordboard.domain.tenant import Tenant
from cordboard.settings import Settings
from cordboard.store import Admission, TenantRows

# How long a request id that was accepted stands for its call.
REQUEST_ID_KEPT = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRequest:
    """What a client asks for, as it wrote it. ``campaign`` is a callout's id.

    The extension's agent is rung; without an extension, the campaign's agent who has been idle longest.
    """

    extension: str
    number: str
    request_id: str = ""
    first: Party = Party.AGENT
    campaign: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedCall:
    """A call that will be placed; or, for a request id sent again, the one that was."""

    id: UUID
    reference: str
    request_id: str


async def make_call(core: Core, tenant: Tenant, request: CallRequest) -> AcceptedCall:
    """Accept a click-to-call request, in one transaction.

    Raises:
        CallRefused: it will not be placed; nothing is written, the request id stays free. Checked in the order of
            ``Refusal``.
        Unavailable: the database is away.
    """
    now = core.clock.now()
    async with core.store.for_tenant(tenant.id).transaction() as rows:
        if request.request_id:
            # Held until commit: of two equal requests at once the second waits here, then finds the first's call.
            await rows.requests.lock(request.request_id)
            known = await rows.requests.find(request.request_id, now - REQUEST_ID_KEPT)
            if known is not None:
                return AcceptedCall(id=known.id, reference=known.reference, request_id=request.request_id)
        number, admission = await _admit(rows, tenant, request)
        node_id = _check_room(core.settings, tenant, admission, number)
        call = _new_call(core.settings, tenant, request, number=number, admission=admission, node_id=node_id, now=now)
        await rows.calls.insert(call)
        if request.request_id:
            await rows.requests.insert(request.request_id, call.id, call.reference, now)
    return AcceptedCall(id=call.id, reference=call.reference, request_id=request.request_id)


async def _admit(rows: TenantRows, tenant: Tenant, request: CallRequest) -> tuple[str, Admission]:
    """The canonical number and what the call would run on, when both parties may be called at all."""
    callout_id = None if request.extension else await _callout_id(rows, request.campaign)
    number = read_number(request.number, tenant.country)
    admission = await rows.admissions.for_call(
        request.extension, callout_id=callout_id, called=request.number.strip(), number=number or ""
    )
    if not tenant.is_enabled:
        raise CallRefused(Refusal.AGENT_UNKNOWN)
    if callout_id is None:
        _check_agent(admission)
    if admission.called_name is not None:
        raise CallRefused(Refusal.NUMBER_IS_EXTENSION)
    return check_destination(number, tenant), admission


async def _callout_id(rows: TenantRows, campaign: str) -> int | None:
    """The callout that a campaign is; None when there is no word of one."""
    if not campaign:
        return None
    callout_id = read_id(campaign)
    if callout_id is None or not await rows.callouts.exists(callout_id):
        raise CallRefused(Refusal.CAMPAIGN_UNKNOWN)
    return callout_id


def _check_agent(admission: Admission) -> None:
    """Whether the agent who was named has a phone to ring."""
    if admission.caller is None or not admission.caller.agent.is_enabled:
        raise CallRefused(Refusal.AGENT_UNKNOWN)
    if not admission.is_registered:
        raise CallRefused(Refusal.AGENT_UNREGISTERED)


def _check_room(settings: Settings, tenant: Tenant, admission: Admission, number: str) -> int:
    """The node that has room for one more call. An emergency call passes every cap but the agent's own line."""
    # Of a campaign: without a caller nobody is free, without a phone whoever is free is at a node that is away.
    if admission.caller is None or not admission.is_registered or not admission.caller.has_room:
        raise CallRefused(Refusal.AGENT_BUSY)
    check_cap(tenant, admission, number)
    check_way_out(admission)
    if admission.node is None or not admission.node.is_connected:
        raise CallRefused(Refusal.ENGINE_AWAY)
    check_queue(settings, admission)
    return admission.node.id


def _new_call(
    settings: Settings,
    tenant: Tenant,
    request: CallRequest,
    *,
    number: str,
    admission: Admission,
    node_id: int,
    now: datetime,
) -> Call:
    if admission.caller is None:
        raise CallRefused(Refusal.AGENT_UNKNOWN)
    agent = admission.caller.agent
    (member,) = members_of((admission.caller,))
    return replace(
        new_call(settings, tenant, node_id=node_id, flow=FlowName.CLICK_TO_CALL, requested_at=now),
        agent_id=agent.id,
        agent_user_name=agent.user_name,
        agent_name=agent.full_name,
        agent_extension=agent.extension,
        members=(replace(member, is_auto_answered=agent.is_auto_answered),),
        customer_number=number,
        customer_name=admission.contact_name,
        shown_to_agent=national_form(number, tenant.country),
        did_number=admission.did_number,
        routes=routes_to(number, trunks=admission.trunks, did_number=admission.did_number, country=tenant.country),
        first=request.first,
        request_id=request.request_id,
    )
