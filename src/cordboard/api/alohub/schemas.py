"""Alohub's wire types: bodies as clients send them, answers field by field in the documents' order.

Sources: "Calls, Lookup & Recording" sections 2 and 3, the call event webhook's page, WIRE 1.3 to 1.5 and 1.9.
"""

from typing import Literal

import msgspec
from msgspec import Raw, field

SUCCESS = "SUCCESS"


def _given(name: str) -> Raw:
    """A field of a body: its bytes as they came, empty when it is not there."""
    return field(name=name, default=Raw())


class CallBody(msgspec.Struct, kw_only=True):
    """The body of makeCall and click-to-call. ``phone`` and ``campaignId`` are click-to-call's own."""

    phone_number: Raw = _given("phoneNumber")
    phone: Raw = _given("phone")
    ip_phone: Raw = _given("ipPhone")
    campaign_id: Raw = _given("campaignId")
    transaction_id: Raw = _given("transactionId")


class SearchBody(msgspec.Struct, kw_only=True):
    """The body of searchCallV2 and searchCallV1, all of it optional."""

    starttime: Raw = _given("starttime")
    endtime: Raw = _given("endtime")
    call_id: Raw = _given("call_id")
    customer_number: Raw = _given("customer_number")
    call_type: Raw = _given("callType")
    agent: Raw = _given("agent")
    ip_phone: Raw = _given("ipPhone")
    transaction_id: Raw = _given("transactionId")
    page: Raw = _given("page")
    limit: Raw = _given("limit")
    call_status: Raw = _given("call_status")
    direction: Raw = _given("direction")


class Envelope(msgspec.Struct, kw_only=True):
    """What every answer begins with. ``success`` is the string "1" or "0"."""

    success: Literal["0", "1"] = "1"
    error_code: str = SUCCESS
    error_message: str = SUCCESS


class CallAnswer(Envelope, kw_only=True):
    """The answer to makeCall and click-to-call. ``call_id`` is "" for a refused call."""

    call_id: str
    transaction_id: str = field(name="transactionId")


class CallRow(msgspec.Struct, kw_only=True):
    """A call in searchCallV2. Every value is a string, "" when unknown; ``recording_url`` is the bare file name."""

    call_id: str
    source: str
    direction: str
    call_status: str
    starttime: str
    answertime: str
    endtime: str
    total_duration: str
    holding_duration: str
    hangup_by: str
    recording_url: str
    caller_number: str
    destination_number: str
    transaction_id: str = field(name="transactionId")
    agent: str


class CallRowV1(CallRow, kw_only=True):
    """A call in searchCallV1: the same row and the number or hotline that was called."""

    called: str


class SearchAnswer(Envelope, kw_only=True):
    """A page of calls. ``total_record`` counts all that match, not the page's rows."""

    total_record: int = field(name="totalRecord")
    data: list[CallRow]


class CallEventBody(msgspec.Struct, kw_only=True):
    """The call event webhook. ``transaction_id`` has a capital D on the wire, here alone."""

    call_id: str
    call_status: str
    direction: str
    caller_number: str
    destination_number: str
    starttime: str
    answertime: str
    endtime: str
    hangup_by: str
    hotline: str
    total_duration: str
    holding_duration: str
    recording_url: str
    object_id: int = field(name="objectId", default=1)
    transaction_id: str = field(name="transactionID")
    user_name: str = field(name="userName")
    event_type: str = field(name="eventType", default="call")
