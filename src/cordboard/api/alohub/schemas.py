"""Alohub's wire types: bodies as clients send them, answers field by field in the documents' order.

Sources: "Calls, Lookup & Recording" sections 2 to 4, the call event webhook's page. The examples are theirs, too.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import field

from cordboard.api.common.wire_types import REQUIRED, Text, Texts, WholeNumber, among, given, says

SUCCESS = "SUCCESS"

_CUSTOMER = says("The customer's number, in any form that is dialled in the tenant's country.", "0123456789")
_EXTENSION = says("The agent's extension (IP phone).", "6688")
_TRANSACTION_ID = says(
    "Your own id of this call, at most 128 characters. The same one within 24 hours gives the first call again and"
    " rings nobody.",
    "ALOHUB_3432323435545",
)
_TIME = "`YYYY-MM-DD HH:mm:ss` in the tenant's zone, or ISO 8601 with an offset."


class MakeCallBody(msgspec.Struct, kw_only=True):
    """The body of makeCall."""

    phone_number: Annotated[Text, _CUSTOMER, REQUIRED] = given("phoneNumber")
    ip_phone: Annotated[Text, _EXTENSION, REQUIRED] = given("ipPhone")
    transaction_id: Annotated[Text, _TRANSACTION_ID] = given("transactionId")


class ClickToCallBody(msgspec.Struct, kw_only=True):
    """The body of click-to-call: a number as `phoneNumber` or `phone`, and an agent by `ipPhone` or `campaignId`."""

    phone_number: Annotated[Text, _CUSTOMER] = given("phoneNumber")
    phone: Annotated[Text, says("The customer's number, where there is no `phoneNumber`.")] = given()
    ip_phone: Annotated[Text, _EXTENSION] = given("ipPhone")
    campaign_id: Annotated[Text, says("An outbound queue, whose next free agent is rung. `ipPhone` wins.")] = given(
        "campaignId"
    )
    transaction_id: Annotated[Text, _TRANSACTION_ID] = given("transactionId")


class SearchBody(msgspec.Struct, kw_only=True):
    """The body of searchCallV2 and searchCallV1, all of it optional: what is given narrows the search."""

    starttime: Annotated[Text, says(f"Calls that began then or later: {_TIME}", "2024-01-01 00:00:00")] = given()
    endtime: Annotated[Text, says(f"Calls that began by then, to the second: {_TIME}", "2024-01-31 23:59:59")] = given()
    call_id: Annotated[Text, says("One call.")] = given()
    customer_number: Annotated[
        Text, says("The customer's number, whole in any form; 3 to 8 digits match any number that has them in it.")
    ] = given()
    call_type: Annotated[Text, says('"0" inbound, "1" outbound.')] = given("callType")
    agent: Annotated[Texts, says("The user name of the agent, or several.")] = given()
    ip_phone: Annotated[Text, says("The agent's extension.")] = given("ipPhone")
    transaction_id: Annotated[Text, says("As given when the call was made.")] = given("transactionId")
    page: Annotated[WholeNumber, says("From 1. (1)", 1)] = given()
    limit: Annotated[WholeNumber, says("Rows of a page, 1 to 1,000. (50)", 50)] = given()
    call_status: Annotated[
        Text,
        says(
            "`ringing` and `answered` also of live calls; `answered`, `busy`, `rejected`, `missed`, `failed` of ended"
            " ones; `hangup` is any ended call."
        ),
    ] = given()
    direction: Annotated[Text, says("`INBOUND` or `OUTBOUND`, in any case.")] = given()


class SearchQuery(msgspec.Struct, kw_only=True):
    """What clients send besides a search's body; it changes nothing."""

    user_name: Annotated[str, says("Accepted, and ignored.")] = field(name="userName", default="")
    source: Annotated[str, says("Accepted, and ignored.")] = ""


class RecordingQuery(msgspec.Struct, kw_only=True):
    """Which recording."""

    url: Annotated[
        str,
        says(
            "The file name from `recording_url`; or a full recording URL of this host, which stands for its own `url`.",
            "01a1fd11-b95905513f1c789822e434354fbd9177.mp3",
        ),
        REQUIRED,
    ] = ""
    source: Annotated[str, says("`ipcc`, or nothing.", "ipcc")] = ""
    sig: Annotated[str, says("The signature in a full URL that we gave out. With it no key is needed.")] = ""


class Envelope(msgspec.Struct, kw_only=True):
    """What every answer begins with."""

    success: Annotated[Literal["0", "1"], says('"1" or "0": done or not. A string.', "1")] = "1"
    error_code: Annotated[str, says("`SUCCESS`, or what is wrong.", SUCCESS)] = SUCCESS
    error_message: Annotated[str, says("`SUCCESS`; else for a person, in the tenant's language.", SUCCESS)] = SUCCESS


class CallAnswer(Envelope, kw_only=True):
    """The answer to makeCall and click-to-call, refused or accepted."""

    call_id: Annotated[str, says('The call\'s id; "" when it was refused.', "20210222084953-NSOJCGOO-49278")]
    transaction_id: Annotated[str, says('As given, or "".', "ALOHUB_3432323435545")] = field(name="transactionId")


class CallRow(msgspec.Struct, kw_only=True):
    """A call in searchCallV2. Every value is a string, "" when unknown; of a live call the last three are."""

    call_id: Annotated[str, says("The call's id.", "20210222084953-NSOJCGOO-49278")]
    source: Annotated[str, says("Always `ipcc`.", "ipcc")]
    direction: Annotated[
        str, says("Calls between extensions count as outbound.", "OUTBOUND"), among("INBOUND", "OUTBOUND")
    ]
    call_status: Annotated[
        str,
        says("`ringing` until both sides are connected; then `answered`, for ever.", "answered"),
        among("ringing", "answered", "busy", "rejected", "missed", "failed"),
    ]
    starttime: Annotated[str, says("When the call was asked for, or came in.", "2024-01-13 15:00:30")]
    answertime: Annotated[str, says("When both sides were connected.", "2024-01-13 15:00:35")]
    endtime: Annotated[str, says("When its last leg ended.", "2024-01-13 15:05:30")]
    total_duration: Annotated[str, says("Seconds from start to end.", "300")]
    holding_duration: Annotated[str, says("Seconds on hold.", "0")]
    hangup_by: Annotated[str, says("Who ended it.", "customer"), among("", "customer", "agent", "system")]
    recording_url: Annotated[str, says("The recording's file name, for `MP3Export.do`.", "url_file.mp3")]
    caller_number: Annotated[str, says("The customer's number, whoever called.", "0389900123")]
    destination_number: Annotated[str, says("The agent's extension, whoever called.", "888")]
    transaction_id: Annotated[str, says("As given when the call was made.", "TRANSID_1111")] = field(
        name="transactionId"
    )
    agent: Annotated[str, says("The agent's user name.", "userName66")]


class CallRowV1(CallRow, kw_only=True):
    """A call in searchCallV1: the same row and the number that was called."""

    called: Annotated[str, says("The customer's number, or the DID that was called.", "0389900123")]


class SearchAnswer(Envelope, kw_only=True):
    """A page of calls."""

    total_record: Annotated[int, says("All calls that match, not the page's rows.", 1)] = field(name="totalRecord")
    data: list[CallRow]


class SearchAnswerV1(SearchAnswer, kw_only=True):
    """A page of calls, as searchCallV1 shows them."""

    data: list[CallRowV1]  # type: ignore[assignment] # a row of V1 is one of V2 with a field more


class CallEventBody(msgspec.Struct, kw_only=True):
    """The call event webhook: every key always there, "" for what is unknown."""

    call_id: Annotated[str, says("The call's id.", "20210222084953-NSOJCGOO-49278")]
    call_status: Annotated[str, says("As in searches.", "answered")]
    direction: Annotated[str, says("`inbound` or `outbound`, in lower case here.", "outbound")]
    caller_number: Annotated[str, says("The customer's number.", "0389900123")]
    destination_number: Annotated[str, says("The agent's extension.", "888")]
    starttime: Annotated[str, says("As in searches.", "2024-01-13 15:00:30")]
    answertime: Annotated[str, says("As in searches.", "2024-01-13 15:00:35")]
    endtime: Annotated[str, says("As in searches.", "2024-01-13 15:05:30")]
    hangup_by: Annotated[str, says("`customer`, `agent` or `system`.", "customer")]
    hotline: Annotated[str, says("The DID that was called, or called out with.", "02873000001")]
    total_duration: Annotated[str, says("Seconds, as a string.", "300")]
    holding_duration: Annotated[str, says("Seconds, as a string.", "0")]
    recording_url: Annotated[
        str,
        says(
            'The full, signed URL; "" when there is no recording, or not yet.',
            "https://pbx.example/IPCCMedia/MP3Export.do?url=url_file.mp3&source=ipcc&sig=SIGNATURE",
        ),
    ]
    object_id: Annotated[int, says("Always 1.", 1)] = field(name="objectId", default=1)
    transaction_id: Annotated[str, says("With a capital D, here alone.", "TRANSID_1111")] = field(name="transactionID")
    user_name: Annotated[str, says("The agent's user name.", "userName66")] = field(name="userName")
    event_type: Annotated[str, says("Always `call`.", "call")] = field(name="eventType", default="call")
