"""This dialect's webhooks: what a call means to one user while it goes on, and its record ("Webhooks")."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Annotated, Generic, TypeVar

import msgspec

from cordboard.actions.core import Renderer
from cordboard.api.common.signed_urls import RecordingUrl
from cordboard.api.common.wire_types import among, says
from cordboard.api.voxloud.records import (
    CLICK_TO_CALL,
    FAX_CALL,
    PHONE_CALL,
    FaxEvent,
    TelephonyEvent,
    record_data,
)
from cordboard.api.voxloud.times import milliseconds
from cordboard.domain.agent import Agent
from cordboard.domain.call_facts import CallFacts, Direction
from cordboard.domain.number import HIDDEN_NUMBER
from cordboard.domain.tenant import Tenant
from cordboard.domain.webhook import EventKind, Notice

# What subscriptions ask for, by the kinds of the house.
EVENT_TYPES: Mapping[EventKind, str] = MappingProxyType(
    {
        EventKind.FAX_RECORDED: FAX_CALL,
        EventKind.PHONE_CALL_RECORDED: PHONE_CALL,
        EventKind.CLICK_TO_CALL_RECORDED: CLICK_TO_CALL,
        EventKind.CALL_STARTED: "CALL_STARTED",
        EventKind.CALL_OFFERED: "CALL_INCOMING",
        EventKind.CALL_ANSWERED: "CALL_ANSWERED",
        EventKind.CALL_LEFT: "CALL_HANGUP",
    }
)
_CALL_EVENT_TYPES = ("STARTED", "INCOMING", "ANSWERED", "HANGUP")


class PhoneCallEvent(msgspec.Struct, rename="camel"):
    """What a call means to one user while it goes on. Text that is not known is empty."""

    timestamp: Annotated[int, says("When it happened, in milliseconds since 1970.", 1512552226000)]
    destination_number: Annotated[str, says("Who is called: E.164, or an extension.", "+3912345678")]
    destination_name: Annotated[str, says("The name of whoever is called.", "Some User")]
    originator_number: Annotated[str, says("Who calls: E.164, or an extension.", "+390687654321")]
    originator_name: Annotated[str, says("The name of whoever calls.", "Another User")]
    call_id: Annotated[str, says("The call: 32 hexadecimal digits.", "9cb33f1b427c4d8983a064f0bd68be95")]
    type: Annotated[str, among(*_CALL_EVENT_TYPES), says("What happened.", "INCOMING")]
    sip_username: Annotated[str, says("The SIP username of the user whom it concerns.", "sip_user")]
    user_email: Annotated[str, says("The user's e-mail address.", "some.user@example.com")]
    user_extension: Annotated[int, says("The user's extension.", 101)]


Data = TypeVar("Data", PhoneCallEvent, TelephonyEvent, FaxEvent)


class Webhook(msgspec.Struct, Generic[Data]):
    """Every webhook's body."""

    timestamp: Annotated[int, says("When the event was made, in milliseconds since 1970.", 1512552226000)]
    type: Annotated[str, among(*EVENT_TYPES.values()), says("Which event it is.", "CALL_INCOMING")]
    data: Data
    pbx_id: Annotated[int, says("The company's number.", 117)]


_encoder = msgspec.json.Encoder()


def build_renderer(url_of: RecordingUrl) -> Renderer:
    """The renderer of this dialect. Pure: the same notice gives the same bytes."""

    def render(tenant: Tenant, notice: Notice) -> bytes:
        kind = EVENT_TYPES[notice.kind]
        if notice.agent is None:
            return webhook_body(tenant, notice.at, kind, record_data(tenant, notice.facts, url_of))
        return webhook_body(tenant, notice.at, kind, _call_event(notice, notice.agent))

    return Renderer(kinds=frozenset(EVENT_TYPES), render=render, has_single_kind=True)


def webhook_body(tenant: Tenant, at: datetime, event_type: str, data: Data) -> bytes:
    """The body of one webhook."""
    return _encoder.encode(Webhook(timestamp=milliseconds(at), type=event_type, data=data, pbx_id=tenant.pbx_id))


def _call_event(notice: Notice, agent: Agent) -> PhoneCallEvent:
    facts = notice.facts
    originator_name, originator_number, destination_name, destination_number = _parties(facts, agent)
    return PhoneCallEvent(
        timestamp=milliseconds(notice.at),
        destination_number=destination_number,
        destination_name=destination_name,
        originator_number=originator_number,
        originator_name=originator_name,
        call_id=facts.id.hex,
        type=EVENT_TYPES[notice.kind].removeprefix("CALL_"),
        sip_username=agent.sip_username,
        user_email=agent.email,
        user_extension=int(agent.extension or 0),
    )


def _parties(facts: CallFacts, agent: Agent) -> tuple[str, str, str, str]:
    """Name and number of the originator, and of the destination; on our side, of the user whom the event concerns."""
    customer = facts.customer_number
    customer_name = facts.customer_name or customer
    match facts.direction:
        case Direction.INBOUND:
            if facts.has_hidden_caller:
                customer_name = HIDDEN_NUMBER
            return customer_name, customer, agent.full_name, facts.did_number
        case Direction.INTERNAL:
            own = facts.agent_extension
            return facts.agent_name or own, own, customer_name, customer
        case Direction.OUTBOUND:
            return agent.full_name, facts.did_number, customer_name, customer
