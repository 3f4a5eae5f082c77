"""The record of a call as this dialect's telephony event ("Telephony events"). Pure."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import UNSET, UnsetType

from cordboard.api.common.signed_urls import RecordingUrl
from cordboard.api.common.wire_types import YES, among, says
from cordboard.api.voxloud.times import milliseconds, shown_time
from cordboard.domain.call_facts import CallFacts, Direction
from cordboard.domain.call_state import EndReason, FlowName, Party
from cordboard.domain.cause import Outcome
from cordboard.domain.number import HIDDEN_NUMBER
from cordboard.domain.tenant import Tenant

PHONE_CALL = "PHONE_CALL"
CLICK_TO_CALL = "CLICK_TO_CALL"
FAX_CALL = "FAX_CALL"

# Where contacts are from that name no other system.
OWN_CRM = "Voxloud"

DIRECTIONS = {Direction.INTERNAL: "INTERNAL", Direction.OUTBOUND: "OUTBOUND", Direction.INBOUND: "INBOUND"}
FIRST_PARTIES = {Party.AGENT: "EXTENSION", Party.CUSTOMER: "CONTACT"}

# A name and a number.
Names = tuple[str, str]

TERMINATED = "CALL_TERMINATED"
TRANSFERRED = "CALL_TRANSFERRED"
CANCELED = "CALL_CANCELED_BY_ORIGINATOR"
NO_ANSWER = "CALL_LOST_NO_ANSWER"
_LAST_EVENTS = {Outcome.BUSY: "CALL_LOST_USER_BUSY", Outcome.REJECTED: "CALL_REJECTED"}
_GIVEN_UP = frozenset({EndReason.AGENT_GAVE_UP, EndReason.CUSTOMER_GAVE_UP})


class TelephonyEvent(msgspec.Struct, rename="camel"):
    """What is known of a call that is over. No key is ever null: what is not known, or is of another type, is left out.

    Numbers are E.164 digits without ``+``, extensions as they are; seconds are whole.
    """

    id: Annotated[int, says("The record's number.", 8395)]
    type: Annotated[str, says("What it was.", PHONE_CALL), among(PHONE_CALL, FAX_CALL, CLICK_TO_CALL)]
    account_id: Annotated[str, says("The company's.", "faffd4879c2b686fe9c5fb1673ce2800")]
    direction: Annotated[str, says("Which way it went.", "INTERNAL"), among(*DIRECTIONS.values())]
    timestamp: Annotated[
        int | str,
        says("When it began: milliseconds since 1970; in lists as `2018-05-15T15:47:03.000+0000`.", 1523369486000),
    ]
    originator_name: Annotated[str, says("Who called.", "User1 User2")]
    originator_number: Annotated[str, says("The caller's number.", "101")]
    destination_name: Annotated[str, says("Who was called.", "User2 User2")]
    destination_number: Annotated[str, says("The number that was called.", "102")]
    answerer_name: Annotated[str | UnsetType, says("Who answered.", "User2 User2")] = UNSET
    answerer_number: Annotated[str | UnsetType, says("The number of who answered.", "102")] = UNSET
    mask_caller_number: Annotated[bool | UnsetType, says("Whether the caller hid the number.")] = UNSET
    last_event: Annotated[str | UnsetType, says("How it ended.", TERMINATED)] = UNSET
    duration: Annotated[int, says("Seconds from its beginning to its end, ringing included.", 4)] = 0
    ring_time: Annotated[int | UnsetType, says("Seconds until the first answer.", 1)] = UNSET
    queue_call_id: Annotated[str | UnsetType, says("`callId` again, of click-to-calls.")] = UNSET
    click_to_call_type: Annotated[str | UnsetType, says("Who was called first, of click-to-calls.")] = UNSET
    archived: Annotated[bool, says("Whether it was put away.")] = False
    call_id: Annotated[str, says("The call: 32 hexadecimal digits.", "1734bfbbd5dc4a9c8de1d2e5235e6389")] = ""
    recorded: Annotated[bool | UnsetType, says("Whether there is a recording."), YES] = UNSET
    recording_url: Annotated[str | UnsetType, says("The recording, signed: it plays without a key.")] = UNSET
    voicemail: Annotated[bool | UnsetType, says("Whether a message was left.")] = UNSET
    voicemail_url: Annotated[str | UnsetType, says("The message, signed.")] = msgspec.field(
        default=UNSET, name="voicemail_url"
    )
    labels: Annotated[tuple[str, ...] | UnsetType, says("What somebody marked it with.", [])] = UNSET
    rule_names: Annotated[tuple[str, ...] | UnsetType, says("The IVR rules that it went through.", [])] = UNSET
    contact_crm: Annotated[str | UnsetType, says("The system (CRM) that the contact comes from.")] = UNSET
    contact_crm_url: Annotated[str | UnsetType, says("The contact's page there.")] = UNSET
    crm_logo: Annotated[str | UnsetType, says("A picture of that system.")] = UNSET
    transcription: Annotated[str | UnsetType, says("What was said.")] = UNSET
    summary: Annotated[str | UnsetType, says("What was said, in short.")] = UNSET
    sentiment_score: Annotated[int | UnsetType, says("How it felt, 0 to 100.")] = msgspec.field(
        default=UNSET, name="sentiment_score"
    )


class FaxEvent(msgspec.Struct):
    """A fax, as its webhook has it. ``description`` is that of faxes that went out."""

    id: Annotated[int, says("The fax's number.", 1234)]
    timestamp: Annotated[int, says("When it came or went: milliseconds since 1970.", 1523369486000)]
    direction: Annotated[str, says("Which way it went.", "outbound"), among("inbound", "outbound")]
    sender: Annotated[str, says("Who sent it: E.164 digits.", "39123456789")]
    recipient: Annotated[str, says("Who received it: E.164 digits.", "39987654321")]
    attachment_url: Annotated[str, says("Its pages.", "https://pbx.example/fax.pdf")]
    total_pages: Annotated[int, says("How many.", 4)]
    description: Annotated[str | UnsetType, says("What it is about.", "A fax description")] = UNSET


def record_data(tenant: Tenant, facts: CallFacts, url_of: RecordingUrl) -> TelephonyEvent:
    """The ``data`` of the webhook of a record that is final, and what is answered when it is asked for by itself."""
    is_click_to_call = facts.flow is FlowName.CLICK_TO_CALL
    (originator_name, originator_number), (destination_name, destination_number) = parties(
        facts.direction,
        (facts.agent_name, facts.agent_extension),
        (facts.customer_name, facts.customer_number),
        (facts.did_label, facts.did_number),
    )
    name, crm = facts.recorded_name, contact_crm(facts)
    began = whole_seconds(facts.requested_at)
    ended = max(began, whole_seconds(facts.ended_at or facts.requested_at))
    event = TelephonyEvent(
        id=facts.number or 0,
        type=CLICK_TO_CALL if is_click_to_call else PHONE_CALL,
        account_id=tenant.account_id,
        direction=DIRECTIONS[facts.direction],
        timestamp=milliseconds(facts.requested_at),
        originator_name=originator_name,
        originator_number=originator_number,
        destination_name=destination_name,
        destination_number=destination_number,
        duration=ended - began,
        ring_time=ended - began if facts.answered_at is None else whole_seconds(facts.answered_at) - began,
        archived=facts.is_archived,
        call_id=facts.id.hex,
        recorded=bool(name),
        recording_url=url_of(facts.tenant_id, name) if name else UNSET,
        labels=facts.labels,
        rule_names=facts.rule_names,
        contact_crm=crm or UNSET,
        contact_crm_url=facts.contact_crm_url or UNSET,
        crm_logo=tenant.crm_logos.get(crm, UNSET),
        transcription=facts.transcription or UNSET,
        summary=facts.summary or UNSET,
        sentiment_score=UNSET if facts.sentiment_score is None else facts.sentiment_score,
    )
    if is_click_to_call:
        event.queue_call_id = event.call_id
        event.click_to_call_type = FIRST_PARTIES[facts.first]
    else:
        _add_phone_call(event, facts, url_of)
    return event


def listed_record(tenant: Tenant, facts: CallFacts, url_of: RecordingUrl) -> TelephonyEvent:
    """The same as an element of a list."""
    event = record_data(tenant, facts, url_of)
    event.timestamp = shown_time(facts.requested_at)
    return event


def _add_phone_call(event: TelephonyEvent, facts: CallFacts, url_of: RecordingUrl) -> None:
    if facts.answerer_number:
        event.answerer_name, event.answerer_number = named(facts.answerer_name, facts.answerer_number)
    event.mask_caller_number = facts.has_hidden_caller
    event.last_event = last_event(facts)
    event.voicemail = bool(facts.voicemail_name)
    if facts.voicemail_name:
        event.voicemail_url = url_of(facts.tenant_id, facts.voicemail_name)


def parties(direction: Direction, own: Names, customer: Names, did: Names) -> tuple[Names, Names]:
    """The originator and the destination."""
    if direction is Direction.INBOUND:
        if customer[1] == HIDDEN_NUMBER:
            customer = HIDDEN_NUMBER, HIDDEN_NUMBER
        return named(*customer), named(*did)
    shown_number = own[1] if direction is Direction.INTERNAL else did[1]
    return named(own[0], shown_number), named(*customer)


def named(name: str, number: str) -> Names:
    """A party's name, which is its number where nobody knows one, and its number as it is shown."""
    number = digits(number)
    return name or number, number


def last_event(facts: CallFacts) -> str:
    """How a phone call ended, in one of this dialect's words."""
    if facts.connected_at is not None:
        return TRANSFERRED if facts.transferred_to else TERMINATED
    if facts.end_reason in _GIVEN_UP:
        return CANCELED
    return _LAST_EVENTS.get(facts.outcome or Outcome.FAILED, NO_ANSWER)


def digits(number: str) -> str:
    """E.164 without ``+``; an extension, or whatever else stands for a number, as it is."""
    return number.removeprefix("+")


def whole_seconds(at: datetime) -> int:
    """Since 1970, cut: durations are differences of these, in both dialects."""
    return int(at.timestamp() // 1)


def contact_crm(facts: CallFacts) -> str:
    """Where the contact is from; "" without one."""
    return facts.contact_crm or ("" if facts.contact_id is None else OWN_CRM)
