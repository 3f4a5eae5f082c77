"""Find out whom a party of a call may be transferred to."""

from cordboard.actions.call_checks import check_destination, check_way_out
from cordboard.actions.core import Core
from cordboard.actions.members import members_of
from cordboard.domain.call_state import Call, Destination, Leg, Party
from cordboard.domain.commands import TargetKind
from cordboard.domain.errors import CallRefused, InvalidInput, NotFound, Refusal
from cordboard.domain.number import is_emergency_number, read_number
from cordboard.domain.routing import routes_to
from cordboard.domain.tenant import Tenant
from cordboard.store import Admission, TenantRows


async def route_transfer(core: Core, call: Call, leg: Leg | None, number: str) -> Destination:
    """Whom ``number`` leads to, as ``leg`` dialled it; None: somebody from outside asks, for the agent's side.

    An extension or a group: the slots of those who will be rung are taken, until the call is saved with other agents.
    An outside number: by the tenant's allow-list, calling from the call's own DID, else from that of whoever asks.

    Raises:
        CallRefused: it may not be called, or not by that leg: nobody outside sends our calls elsewhere.
        InvalidInput: it is on this call already.
        NotFound: the call is over, or nobody is on the agent's side.
        Unavailable: the database is away.
    """
    asker = leg or call.line(Party.AGENT)
    if asker is None:
        raise NotFound("party that could transfer call", call.reference)
    if leg is not None and leg.agent_id is None:
        raise CallRefused(Refusal.AGENT_UNKNOWN)
    extension = await _extension_of(core, asker)
    async with core.store.for_tenant(call.tenant_id).transaction() as rows:
        tenant = await rows.tenants.get()
        dialled = number.strip()
        canonical = read_number(dialled, tenant.country)
        is_emergency = canonical is not None and is_emergency_number(canonical, tenant.country)
        admission = await rows.admissions.for_call(
            extension,
            called="" if is_emergency or not dialled.isprintable() else dialled,
            did_number=call.did_number,
            node_id=call.node_id,
        )
        if admission.called_name is not None:
            return await _to_colleagues(rows, call, dialled, admission)
        return _to_outside(call, canonical, admission, tenant)


async def _extension_of(core: Core, leg: Leg) -> str:
    if leg.target.kind is not TargetKind.PHONE:
        return ""
    phone = await core.store.system.lines.of_phone(leg.target.address)
    return "" if phone is None else phone.extension


async def _to_colleagues(rows: TenantRows, call: Call, dialled: str, admission: Admission) -> Destination:
    others = [line for line in admission.called if line.agent.id not in call.busy_agents]
    if admission.called and not others:
        raise InvalidInput("number", f"'{dialled}' is on this call already")
    members = members_of(others)
    rung = [member.agent_id for member in members if member.phones and not member.is_busy]
    if not await rows.calls.occupy(call.id, rung):
        raise NotFound("live call", call.reference)
    return Destination(number=dialled, members=members)


def _to_outside(call: Call, number: str | None, admission: Admission, tenant: Tenant) -> Destination:
    number = check_destination(number, tenant)
    if number == call.customer_number:
        raise InvalidInput("number", f"'{number}' is on this call already")
    check_way_out(admission)
    routes = routes_to(number, trunks=admission.trunks, did_number=admission.did_number, country=tenant.country)
    return Destination(number=number, routes=routes)
