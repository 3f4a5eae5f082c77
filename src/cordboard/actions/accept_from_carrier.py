"""Somebody outside called a DID: ring the agent or the group that it leads to."""

from dataclasses import replace
from datetime import datetime

import structlog

from cordboard.actions.call_checks import check_cap, check_queue
from cordboard.actions.core import Core
from cordboard.actions.find_did import FoundDid, digits_of, find_did, read_international
from cordboard.actions.members import members_of
from cordboard.actions.new_call import new_call, with_contact
from cordboard.domain.arrival import Arrival
from cordboard.domain.call_state import Call, FlowName, Leg, Party
from cordboard.domain.commands import CallerId, Target, TargetKind
from cordboard.domain.did import RouteKind
from cordboard.domain.errors import CallRefused, Refusal
from cordboard.domain.number import HIDDEN_NUMBER, national_form, read_number
from cordboard.domain.tenant import Tenant

log = structlog.get_logger()

# Twice E.164: what is longer is no number, and would not fit into an index.
LONGEST_NUMBER = 30
LONGEST_NAME = 100


async def accept_from_carrier(core: Core, node_id: int, arrival: Arrival, at: datetime) -> Call:
    """The queued call, written down, its agents' slots taken.

    Raises:
        CallRefused: NUMBER_UNKNOWN whatever is wrong with the number, so that nobody learns whose it is;
            AGENT_UNREGISTERED where it leads to a queue.
        Unavailable: the database is away.
    """
    found = await find_did(core, arrival)
    if found is None:
        raise CallRefused(Refusal.NUMBER_UNKNOWN)
    tenant, did = found.owned.tenant, found.owned.did
    if did.route_kind is None:
        log.info("did_leads_nowhere", did=did.number, tenant=tenant.id)
        raise CallRefused(Refusal.NUMBER_UNKNOWN)
    if did.route_kind is RouteKind.QUEUE:
        # Nobody can wait in a queue yet: told like a phone that is not there (480), for which carriers call again.
        log.warning("queue_takes_no_calls", did=did.number, tenant=tenant.id, queue=did.route_to)
        raise CallRefused(Refusal.AGENT_UNREGISTERED)
    number = read_caller(arrival.caller_number, tenant)
    async with core.store.for_tenant(tenant.id).transaction() as rows:
        admission = await rows.admissions.for_call(
            called=did.route_to if did.route_kind is RouteKind.AGENT else "",
            group=did.route_to if did.route_kind is RouteKind.GROUP else "",
            number=number,
            node_id=node_id,
        )
        if admission.called_name is None:
            log.info("did_leads_nowhere", did=did.number, tenant=tenant.id, route_to=did.route_to)
            raise CallRefused(Refusal.NUMBER_UNKNOWN)
        check_cap(tenant, admission)
        check_queue(core.settings, admission)
        call = new_call(core.settings, tenant, node_id=node_id, flow=FlowName.INBOUND, requested_at=at)
        call = replace(
            with_contact(call, admission, network_name=_readable(arrival.caller_name)),
            members=members_of(admission.called),
            customer_number=number,
            shown_to_agent=national_form(number, tenant.country),
            did_number=did.number,
            did_label=did.label,
            first=Party.CUSTOMER,
            legs=(_leg_of(arrival, found, at),),
        )
        await rows.calls.insert(call, is_announced=False)
    return call


def read_caller(text: str, tenant: Tenant) -> str:
    """The caller's canonical number; what is no number, as its bare digits; without any, that it is hidden."""
    number = read_number(text, tenant.country) or read_international(text)
    return number or digits_of(text)[:LONGEST_NUMBER] or HIDDEN_NUMBER


def _leg_of(arrival: Arrival, found: FoundDid, at: datetime) -> Leg:
    number, name = _readable(arrival.caller_number), _readable(arrival.caller_name)
    return Leg(
        id=arrival.leg_id,
        party=Party.CUSTOMER,
        target=Target(kind=TargetKind.TRUNK, address=number, trunk_id=found.trunk_id),
        caller=CallerId(number=number, name=name),
        ring_seconds=0,
        dialled_at=at,
        is_incoming=True,
    )


def _readable(text: str) -> str:
    """A stranger's text, without what no phone can show."""
    return "".join(character for character in text if character.isprintable()).strip()[:LONGEST_NAME]
