"""Accept a call: check it, take the agent's slot, write it down for its node. Nobody is waited for."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from cordboard.actions.core import Core
from cordboard.domain import ids
from cordboard.domain.call_state import Call, FlowName, Party
from cordboard.domain.commands import Target, TargetKind
from cordboard.domain.errors import CallRefused, Refusal
from cordboard.domain.number import is_allowed_destination, is_emergency_number, national_form, read_number
from cordboard.domain.routing import routes_to
from cordboard.domain.tenant import Tenant
from cordboard.settings import Settings
from cordboard.store import Admission, TenantRows

# How long a request id that was accepted stands for its call.
REQUEST_ID_KEPT = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRequest:
    """What a client asks for, as it wrote it. ``campaign`` names an outbound queue whose next free agent is rung."""

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
        _check_capacity(core.settings, tenant, admission, number)
        call = _new_call(core.settings, tenant, request, number=number, admission=admission, now=now)
        await rows.calls.insert(call)
        if request.request_id:
            await rows.requests.insert(request.request_id, call.id, call.reference, now)
    return AcceptedCall(id=call.id, reference=call.reference, request_id=request.request_id)


async def _admit(rows: TenantRows, tenant: Tenant, request: CallRequest) -> tuple[str, Admission]:
    """The canonical number and what the call would run on, when both parties may be called at all."""
    if request.campaign and not request.extension:
        raise CallRefused(Refusal.CAMPAIGN_UNKNOWN)
    admission = await rows.admissions.for_call(request.extension, request.number.strip())
    if admission is None or not admission.agent.is_enabled:
        raise CallRefused(Refusal.AGENT_UNKNOWN)
    if not admission.is_registered:
        raise CallRefused(Refusal.AGENT_UNREGISTERED)
    if admission.is_internal:
        raise CallRefused(Refusal.NUMBER_IS_EXTENSION)
    number = read_number(request.number, tenant.country)
    if number is None:
        raise CallRefused(Refusal.NUMBER_INVALID)
    if not is_allowed_destination(number, tenant.country, tenant.allowed_destinations):
        raise CallRefused(Refusal.DESTINATION_DENIED)
    return number, admission


def _check_capacity(settings: Settings, tenant: Tenant, admission: Admission, number: str) -> None:
    """Whether there is room for one more call; an emergency call passes every cap but the agent's own line."""
    if admission.agent_calls >= admission.agent.max_calls:
        raise CallRefused(Refusal.AGENT_BUSY)
    is_capped = tenant.max_calls is not None and not is_emergency_number(number, tenant.country)
    if is_capped and admission.tenant_calls >= (tenant.max_calls or 0):
        raise CallRefused(Refusal.CAP_REACHED)
    if not admission.trunks:
        raise CallRefused(Refusal.NO_TRUNK)
    if not admission.did_number:
        raise CallRefused(Refusal.NO_NUMBER)
    if admission.node is None or not admission.node.is_connected:
        raise CallRefused(Refusal.ENGINE_AWAY)
    if admission.queued_calls >= settings.start_rate * settings.queue_seconds:
        raise CallRefused(Refusal.QUEUE_FULL)


def _new_call(
    settings: Settings, tenant: Tenant, request: CallRequest, *, number: str, admission: Admission, now: datetime
) -> Call:
    agent, node = admission.agent, admission.node
    if node is None:
        raise CallRefused(Refusal.ENGINE_AWAY)
    call_id = ids.new_call_id()
    return Call(
        id=call_id,
        tenant_id=tenant.id,
        node_id=node.id,
        reference=ids.new_reference(now.astimezone(tenant.zone)),
        flow=FlowName.CLICK_TO_CALL,
        requested_at=now,
        agent_id=agent.id,
        agent_user_name=agent.user_name,
        agent_name=agent.full_name,
        agent_extension=request.extension,
        agent_target=Target(kind=TargetKind.PHONE, address=agent.sip_username),
        customer_number=number,
        shown_to_agent=national_form(number, tenant.country),
        did_number=admission.did_number,
        routes=routes_to(number, trunks=admission.trunks, did_number=admission.did_number, country=tenant.country),
        first=request.first,
        is_auto_answered=agent.is_auto_answered,
        request_id=request.request_id,
        agent_ring_seconds=settings.agent_ring_seconds,
        customer_ring_seconds=settings.customer_ring_seconds,
        recording_name=ids.new_recording_name(call_id),
    )
