"""The calls of the vendor's own samples, as the house knows them."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from cordboard.domain.call_facts import CallFacts, Direction, RecordingStatus
from cordboard.domain.call_state import EndedBy, EndReason, FlowName, Party
from cordboard.domain.cause import Outcome
from cordboard.domain.tenant import Tenant

GOLDEN = Path(__file__).parent / "golden"
TENANT = Tenant(id=1, name="sample", pbx_id=1001, account_id="0" * 32)

# "Calls, Lookup & Recording" section 3. Its masked caller number, 0389900xxx, has digits here.
SAMPLE = CallFacts(
    tenant_id=1,
    id=UUID(int=7),
    reference="20210222084953-NSOJCGOO-49278",
    flow=FlowName.CLICK_TO_CALL,
    direction=Direction.OUTBOUND,
    first=Party.AGENT,
    request_id="TRANSID_1111",
    agent_id=66,
    agent_user_name="userName66",
    agent_name="Nguyễn Văn A",
    agent_extension="888",
    customer_number="+84389900123",
    customer_name="",
    did_number="+842873000001",
    requested_at=datetime(2024, 1, 13, 8, 0, 30, 400_000, tzinfo=UTC),
    ringing_at=datetime(2024, 1, 13, 8, 0, 33, tzinfo=UTC),
    connected_at=datetime(2024, 1, 13, 8, 0, 35, 999_000, tzinfo=UTC),
    ended_at=datetime(2024, 1, 13, 8, 5, 30, 100_000, tzinfo=UTC),
    held_milliseconds=0,
    outcome=Outcome.ANSWERED,
    ended_by=EndedBy.CUSTOMER,
    end_reason=EndReason.CUSTOMER_HUNG_UP,
    failed_party=None,
    sip_code=None,
    recording_name="url_file.mp3",
    recording_status=RecordingStatus.READY,
    number=42,
)

# The same request while it rings, and after it rang in vain.
RINGING = replace(
    SAMPLE,
    id=UUID(int=8),
    connected_at=None,
    ended_at=None,
    outcome=None,
    ended_by=None,
    end_reason=None,
    recording_name="",
    recording_status=RecordingStatus.NONE,
)
MISSED = replace(
    RINGING,
    ended_at=datetime(2024, 1, 13, 8, 1, 30, tzinfo=UTC),
    outcome=Outcome.MISSED,
    ended_by=EndedBy.SYSTEM,
    end_reason=EndReason.CUSTOMER_NO_ANSWER,
    failed_party=Party.CUSTOMER,
    sip_code=408,
)
INBOUND = replace(SAMPLE, flow=FlowName.INBOUND, direction=Direction.INBOUND, first=Party.CUSTOMER, request_id="")
INTERNAL = replace(
    SAMPLE,
    flow=FlowName.INTERNAL,
    direction=Direction.INTERNAL,
    customer_number="889",
    did_number="",
    request_id="",
)

# "Call Report": the caller hung up before anybody answered. It names an agent and yet no first connect time; the text
# of the field, "empty if no one answered", wins. Its DID has a name where ours has digits.
REPORTED = replace(
    SAMPLE,
    id=UUID(int=9),
    reference="20260310095227-ABCXYZ-342",
    flow=FlowName.INBOUND,
    direction=Direction.INBOUND,
    first=Party.CUSTOMER,
    request_id="",
    agent_id=None,
    agent_user_name="",
    agent_name="",
    customer_number="+84912345678",
    did_number="alohub2",
    requested_at=datetime(2026, 1, 21, 2, 52, 33, 200_000, tzinfo=UTC),
    ringing_at=datetime(2026, 1, 21, 2, 52, 35, 900_000, tzinfo=UTC),
    connected_at=None,
    ended_at=datetime(2026, 1, 21, 2, 52, 41, 100_000, tzinfo=UTC),
    outcome=Outcome.MISSED,
    end_reason=EndReason.CUSTOMER_GAVE_UP,
    failed_party=Party.CUSTOMER,
    sip_code=487,
    recording_name="",
    recording_status=RecordingStatus.NONE,
)


def golden(name: str) -> object:
    """What a golden file holds."""
    return json.loads((GOLDEN / f"{name}.json").read_text("utf-8"))


def same_json(actual: bytes, name: str) -> None:
    """Assert that a body is the golden file's, its keys in the same order."""
    assert json.dumps(json.loads(actual), ensure_ascii=False) == json.dumps(golden(name), ensure_ascii=False)
