"""Accept a call: check it, take the agent's slot, write it down for its node. Nobody is waited for."""

from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from cordboard.actions.call_checks import check_cap, check_destination, check_queue, check_way_out
from cordboard.actions.core import Core
from cordboard.actions.members import members_of
from cordboard.actions.new_call import new_call, with_contact
from cordboard.domain.call_state import Call, FlowName, Party
from cordboard.domain.errors import CallRefused, Refusal
from cordboard.domain.group import Group
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
    """What a client asks for, as it wrote it. ``campaign`` is a callout's id, ``did_number`` canonical.

    The extension's agent is rung; without an extension, the campaign's agent who has been idle longest. With
    ``may_be_group`` the extension may be a group's: then all its members who are free, at once. ``did_number`` is shown
    to the customer in place of the agent's own.
    """

    extension: str
    number: str
    request_id: str = ""
    first: Party = Party.AGENT
    campaign: str = ""
    may_be_group: bool = False
    did_number: str = ""


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
        group = await rows.groups.by_extension(request.extension) if request.may_be_group else None
        number, admission = await _admit(rows, tenant, request, group)
        node_id = _check_room(core.settings, tenant, admission, number)
        call = new_call(core.settings, tenant, node_id=node_id, flow=FlowName.CLICK_TO_CALL, requested_at=now)
        call = _with_agents(call, admission, group)
        call = _with_customer(call, admission, number, tenant)
        call = replace(call, first=request.first, request_id=request.request_id)
        await rows.calls.insert(call)
        if request.request_id:
            await rows.requests.insert(request.request_id, call.id, call.reference, now)
    return AcceptedCall(id=call.id, reference=call.reference, request_id=request.request_id)


async def _admit(rows: TenantRows, tenant: Tenant, request: CallRequest, group: Group | None) -> tuple[str, Admission]:
    """The canonical number and what the call would run on, when both parties may be called at all."""
    callout_id = None if request.extension else await _callout_id(rows, request.campaign)
    number = read_number(request.number, tenant.country)
    admission = await rows.admissions.for_call(
        request.extension,
        callout_id=callout_id,
        caller_group="" if group is None else group.extension,
        called=request.number.strip(),
        number=number or "",
        did_number=request.did_number,
    )
    if not tenant.is_enabled:
        raise CallRefused(Refusal.AGENT_UNKNOWN)
    if callout_id is None:
        admission = _with_enabled_callers(admission, group)
    if admission.called_name is not None:
        raise CallRefused(Refusal.NUMBER_IS_EXTENSION)
    if request.did_number and not await rows.dids.exists(request.did_number):
        admission = replace(admission, did_number="")
    return check_destination(number, tenant), admission


async def _callout_id(rows: TenantRows, campaign: str) -> int | None:
    """The callout that a campaign is; None when there is no word of one."""
    if not campaign:
        return None
    callout_id = read_id(campaign)
    if callout_id is None or not await rows.callouts.exists(callout_id):
        raise CallRefused(Refusal.CAMPAIGN_UNKNOWN)
    return callout_id


def _with_enabled_callers(admission: Admission, group: Group | None) -> Admission:
    """The same without agents who are disabled, if who was named is there and has a phone to ring."""
    callers = tuple(line for line in admission.callers if line.agent.is_enabled)
    if group is None and not callers:
        raise CallRefused(Refusal.AGENT_UNKNOWN)
    admission = replace(admission, callers=callers)
    if not admission.is_registered:
        raise CallRefused(Refusal.AGENT_UNREGISTERED)
    return admission


def _check_room(settings: Settings, tenant: Tenant, admission: Admission, number: str) -> int:
    """The node that has room for one more call. An emergency call passes every cap but the agent's own line."""
    # Of a campaign: without a caller nobody is free, without a phone whoever is free is at a node that is away.
    if not admission.has_free_caller:
        raise CallRefused(Refusal.AGENT_BUSY)
    check_cap(tenant, admission, number)
    check_way_out(admission)
    if admission.node is None or not admission.node.is_connected:
        raise CallRefused(Refusal.ENGINE_AWAY)
    check_queue(settings, admission)
    return admission.node.id


def _with_agents(call: Call, admission: Admission, group: Group | None) -> Call:
    """Whom the call rings for the agent. Of a group nobody is the call's agent yet."""
    members = members_of(admission.callers)
    if group is not None:
        # A phone that picks up by itself would leave the others no chance.
        return replace(call, members=members, agent_name=group.name, agent_extension=group.extension)
    agent = admission.callers[0].agent
    return replace(
        call,
        members=tuple(replace(member, is_auto_answered=agent.is_auto_answered) for member in members),
        agent_id=agent.id,
        agent_user_name=agent.user_name,
        agent_name=agent.full_name,
        agent_extension=agent.extension,
    )


def _with_customer(call: Call, admission: Admission, number: str, tenant: Tenant) -> Call:
    """Whom the call goes to, and the ways there."""
    return replace(
        with_contact(call, admission),
        customer_number=number,
        shown_to_agent=national_form(number, tenant.country),
        did_number=admission.did_number,
        routes=routes_to(number, trunks=admission.trunks, did_number=admission.did_number, country=tenant.country),
    )
