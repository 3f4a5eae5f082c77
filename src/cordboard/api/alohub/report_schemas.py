"""Wire types of the call reports, field by field in the documents' order.

Sources: "Call Report" (``/v1/reports/call-logs``), "Call Lookup" (``/api/report/call-logs``).
"""

from typing import Annotated

import msgspec
from msgspec import field

from cordboard.api.alohub.schemas import Envelope
from cordboard.api.common.wire_types import REQUIRED, Text, WholeNumber, among, given, says

_FROM = says(
    "Calls that began then or later. ISO 8601; without an offset, in the tenant's zone.", "2026-04-14T00:00:00+07:00"
)
_UNTIL = says(
    "Calls that began by then, that second included. The name has a small t: `callEndTime` is ignored.",
    "2026-04-20T23:59:59+07:00",
)
_PAGE = says("From 1. (1)", 1)
_LIMIT = says("Rows of a page, 1 to 1,000. (50)", 50)

_CALL_ID = says("The call's id.", "20260310095227-ABCXYZ-342")
_CALLER = says("Who called: the customer's number (inbound), else the agent's extension.", "0912345678")
_CALLED = says("Who was called: the DID (inbound), the customer's number, or an extension.", "alohub2")
_AGENT_ID = says('The agent\'s user name; of an inbound call who answered, else "".', "")
_START = says("When the call was asked for, or came in.", "21/01/2026 09:52:33")
_RING = says("When the other side first rang.", "21/01/2026 09:52:35")
_CONNECT = says('When both sides were connected, else "".', "")
_END = says("When its last leg ended.", "21/01/2026 09:52:41")
_DESCRIPTION = says(
    "How it ended, in the tenant's language, after the direction.", "INBOUND-Khách hàng kết thúc trước khi timeout"
)


class ReportBody(msgspec.Struct, kw_only=True):
    """What narrows the list, all of it optional."""

    phone_number: Annotated[
        Text,
        says(
            "Caller or called: a whole number in any form; 3 to 8 digits match any number that has them in it.",
            "0912345678",
        ),
    ] = given("phoneNumber")
    call_start_time: Annotated[Text, _FROM] = given("callStartTime")
    call_end_time: Annotated[Text, _UNTIL] = given("callEndtime")
    call_type: Annotated[Text, says("0 inbound, 1 outbound.", 0)] = given("callType")
    page: Annotated[WholeNumber, _PAGE] = given()
    limit: Annotated[WholeNumber, _LIMIT] = given()


class LookupBody(ReportBody, kw_only=True):
    """What narrows the list at the older path: times, page and limit must be given."""

    call_start_time: Annotated[Text, _FROM, REQUIRED] = given("callStartTime")
    call_end_time: Annotated[Text, _UNTIL, REQUIRED] = given("callEndtime")
    page: Annotated[WholeNumber, _PAGE, REQUIRED] = given()
    limit: Annotated[WholeNumber, _LIMIT, REQUIRED] = given()


class ReportQuery(msgspec.Struct, kw_only=True):
    """How the list is shown."""

    expand: Annotated[
        str,
        says("`customers`: a row for each contact that the number may mean, with the same call id."),
        among("", "customers"),
    ] = ""


class ReportPath(msgspec.Struct, kw_only=True, rename="camel"):
    """Which call."""

    call_id: Annotated[str, says("`YYYYMMDDHHMMSS-XXXXXXXX-NNN`.", "20260310095227-ABCXYZ-342")]


class LookupPath(msgspec.Struct, kw_only=True):
    """Which call."""

    call_id: Annotated[str, says("`YYYYMMDDHHMMSS-XXXXXXXX-NNN`.", "20260121095227-IMCRRNJW-342")]


class ReportRow(msgspec.Struct, kw_only=True, rename="camel"):
    """A call in the list. Every value is a string; times are `dd/MM/yyyy HH:mm:ss` in the tenant's zone."""

    call_id: Annotated[str, _CALL_ID]
    caller: Annotated[str, _CALLER]
    called: Annotated[str, _CALLED]
    start_time: Annotated[str, _START]
    waiting_time: Annotated[str, says("Seconds from ringing to the connection, or to the end.", "6")]
    first_ring_time: Annotated[str, _RING]
    first_connect_time: Annotated[str, _CONNECT]
    agent_id: Annotated[str, _AGENT_ID]
    end_time: Annotated[str, _END]
    acd_time: Annotated[str, says('Seconds from the connection to the end, "0" without one.', "0")]
    description: Annotated[str, _DESCRIPTION]
    customer_name: Annotated[
        str, says("The contact's name, else the network's name for the number, else the number.", "0912345678")
    ]
    url: Annotated[str, says('The recording\'s full, signed URL, "" without one.', "")]


class ReportDetail(msgspec.Struct, kw_only=True, rename="camel"):
    """One call. `answerTime` and `duration` are numbers here."""

    call_id: Annotated[str, _CALL_ID]
    caller: Annotated[str, _CALLER]
    called: Annotated[str, _CALLED]
    agent_id: Annotated[str, _AGENT_ID]
    start_time: Annotated[str, _START]
    end_time: Annotated[str, _END]
    ring_time: Annotated[str, _RING]
    connect_time: Annotated[str, _CONNECT]
    answer_time: Annotated[int, says("Seconds from ringing to the answer, at least 1; 0 when nobody answered.", 0)]
    duration: Annotated[int, says("Seconds from start to end.", 8)]
    call_type: Annotated[str, says('"0" inbound, "1" outbound.', "0"), among("0", "1")]
    description: Annotated[str, _DESCRIPTION]
    customer_name: Annotated[
        str,
        says(
            "The contact's name, else the network's name for the number, else the number.",
            "20260107172924-KZGTVFTE-600",
        ),
    ]
    recording_url: Annotated[str, says('The recording\'s full, signed URL, "" without one.', "")] = field(
        name="recordingUrl"
    )


class LookupDetail(ReportDetail, kw_only=True):
    """The same at the older path, which has two fields more."""

    lookup_recording_url: Annotated[str, says("The same as `recordingUrl`.", "")] = field(name="recording_url")
    transcript: Annotated[str, says('What was said; always "": nothing is transcribed yet.', "")] = ""


class ReportAnswer(Envelope, kw_only=True):
    """A page of calls."""

    total_record: Annotated[int, says("All calls that match, not the page's rows.", 3829)] = field(name="totalRecord")
    data: list[ReportRow]


class DetailAnswer(Envelope, kw_only=True):
    """One call, or none."""

    total_record: Annotated[int, says("1, or 0 when there is no such call.", 1)] = field(name="totalRecord")
    data: list[ReportDetail]


class LookupAnswer(DetailAnswer, kw_only=True):
    """One call, or none, at the older path."""

    data: list[LookupDetail]  # type: ignore[assignment] # its row is a report's with two fields more
