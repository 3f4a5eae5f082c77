"""The telephony events of the vendor's own samples, as the house knows them.

Where their golden files have to differ from the samples: a call's id is 32 hex characters and no more; keys that are
always there are there although a sample leaves them out; a page counts the events that it has.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from cordboard.domain.call_facts import CallFacts, Direction, RecordingStatus
from cordboard.domain.call_state import EndedBy, EndReason, FlowName, Party
from cordboard.domain.cause import Outcome
from cordboard.domain.tenant import Tenant

TENANT = Tenant(
    id=1,
    name="sample",
    pbx_id=117,
    account_id="faffd4879c2b686fe9c5fb1673ce2800",
    country="IT",
    crm_logos={"Hubspot": "https://fake.cloudfront.net/image/logos/fake-hubspot.png"},
)
_STARTED_AT = datetime(2018, 4, 10, 14, 11, 26, tzinfo=UTC)

PHONE_CALL = CallFacts(
    tenant_id=1,
    id=UUID("1734bfbbd5dc4a9c8de1d2e5235e6389"),
    reference="20180410161126-ABCDEFGH-1000",
    flow=FlowName.INTERNAL,
    direction=Direction.INTERNAL,
    first=Party.AGENT,
    request_id="",
    agent_id=1,
    agent_user_name="user1",
    agent_name="User1 User2",
    agent_extension="101",
    customer_number="102",
    customer_name="User2 User2",
    did_number="",
    requested_at=_STARTED_AT,
    ringing_at=_STARTED_AT,
    connected_at=_STARTED_AT + timedelta(seconds=1),
    answered_at=_STARTED_AT + timedelta(seconds=1),
    ended_at=_STARTED_AT + timedelta(seconds=4),
    held_milliseconds=0,
    outcome=Outcome.ANSWERED,
    ended_by=EndedBy.AGENT,
    end_reason=EndReason.AGENT_HUNG_UP,
    failed_party=None,
    sip_code=None,
    recording_name="213/call_recordings/call_recording_1734bfbbd5dc4a9c8de1d2e5235e6389.mp3",
    recording_status=RecordingStatus.READY,
    answerer_name="User2 User2",
    answerer_number="102",
    contact_id=UUID(int=1),
    contact_crm="Hubspot",
    contact_crm_url="https://app.hubspot.com/contacts/1111111/contact/1111111",
    labels=("label1", "label2"),
    rule_names=("IVRRule1", "IVRRule2"),
    voicemail_name="213/call_recordings/vm_1734bfbbd5dc4a9c8de1d2e5235e6389.mp3",
    sentiment_score=73,
    number=8395,
    transcription="Workers who telecommute tend to be more aware of cybersecurity threats than those who spend most of"
    " their time in a physical office and are more likely to take action to ward them off, according to our new"
    " peer-reviewed study.",
    summary="A study has found that remote workers tend to be more aware of cybersecurity threats and are more likely"
    " to take action to protect against them compared to in-office workers.",
)

_CLICKED_AT = datetime(2019, 9, 26, 19, 12, 2, tzinfo=UTC)
CLICK_TO_CALL = replace(
    PHONE_CALL,
    id=UUID("303b553038d9847c93ca59ebd310225f"),
    flow=FlowName.CLICK_TO_CALL,
    direction=Direction.OUTBOUND,
    agent_name="Pinco Pallino",
    customer_number="+393287035654",
    customer_name="",
    did_number="+390663971096",
    requested_at=_CLICKED_AT,
    answered_at=_CLICKED_AT + timedelta(seconds=1),
    connected_at=_CLICKED_AT + timedelta(seconds=9),
    ended_at=_CLICKED_AT + timedelta(seconds=40),
    recording_name="6/call_recordings/call_recording_303b553038d9847c93ca59ebd310225fae95-clicktocall.mp3",
    answerer_name="",
    answerer_number="+393287035654",
    voicemail_name="",
    number=517,
)

_CAME_AT = datetime(2018, 5, 7, 13, 47, 49, tzinfo=UTC)
CANCELED = replace(
    PHONE_CALL,
    id=UUID("125113c1-cca0-1236-9ea3-06f6192f6ec4"),
    flow=FlowName.INBOUND,
    direction=Direction.INBOUND,
    first=Party.CUSTOMER,
    agent_id=None,
    agent_user_name="",
    agent_name="",
    customer_number="0697631539",
    customer_name="Emanuele De Amicis",
    did_number="+3907761790162",
    requested_at=_CAME_AT,
    connected_at=None,
    answered_at=None,
    ended_at=_CAME_AT + timedelta(seconds=7),
    outcome=Outcome.MISSED,
    ended_by=EndedBy.CUSTOMER,
    end_reason=EndReason.CUSTOMER_GAVE_UP,
    recording_name="",
    recording_status=RecordingStatus.NONE,
    answerer_name="",
    answerer_number="",
    contact_id=None,
    contact_crm="",
    contact_crm_url="",
    labels=(),
    rule_names=(),
    voicemail_name="",
    sentiment_score=None,
    number=8536,
    transcription="",
    summary="",
)
