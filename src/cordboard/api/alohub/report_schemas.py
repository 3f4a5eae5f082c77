"""Wire types of the call reports, field by field in the documents' order.

Sources: "Call Report" (``/v1/reports/call-logs``), "Call Lookup" (``/api/report/call-logs``), WIRE 1.7.
"""

import msgspec
from msgspec import Raw, field

from cordboard.api.alohub.schemas import Envelope


def _given(name: str) -> Raw:
    """A field of a body: its bytes as they came, empty when it is not there."""
    return field(name=name, default=Raw())


class ReportBody(msgspec.Struct, kw_only=True):
    """The body of both lists. ``callEndtime`` is spelt so; what else is spelt like it is unknown, hence ignored."""

    phone_number: Raw = _given("phoneNumber")
    call_start_time: Raw = _given("callStartTime")
    call_end_time: Raw = _given("callEndtime")
    call_type: Raw = _given("callType")
    page: Raw = _given("page")
    limit: Raw = _given("limit")


class ReportRow(msgspec.Struct, kw_only=True, rename="camel"):
    """A call in the list. Every value is a string, durations in seconds too; ``url`` is a full one, "" when none."""

    call_id: str
    caller: str
    called: str
    start_time: str
    waiting_time: str
    first_ring_time: str
    first_connect_time: str
    agent_id: str
    end_time: str
    acd_time: str
    description: str
    customer_name: str
    url: str


class ReportDetail(msgspec.Struct, kw_only=True, rename="camel"):
    """One call. ``answer_time`` and ``duration`` are numbers here, ``call_type`` is the string "0" or "1"."""

    call_id: str
    caller: str
    called: str
    agent_id: str
    start_time: str
    end_time: str
    ring_time: str
    connect_time: str
    answer_time: int
    duration: int
    call_type: str
    description: str
    customer_name: str
    recording_url: str = field(name="recordingUrl")


class LookupDetail(ReportDetail, kw_only=True):
    """The same at the older path, which has two fields more."""

    lookup_recording_url: str = field(name="recording_url")
    transcript: str = ""


class ReportAnswer(Envelope, kw_only=True):
    """A page of calls. ``total_record`` counts all calls that match, not the page's rows."""

    total_record: int = field(name="totalRecord")
    data: list[ReportRow]


class DetailAnswer(Envelope, kw_only=True):
    """One call, or none: then ``total_record`` is 0."""

    total_record: int = field(name="totalRecord")
    data: list[ReportDetail]
