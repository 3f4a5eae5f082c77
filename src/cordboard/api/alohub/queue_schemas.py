"""Wire types of queues: "Managing Inbound Call Queue", and "Calls, Lookup & Recording" section 5 (WIRE 1.8)."""

import msgspec
from msgspec import Raw, field

from cordboard.api.alohub.schemas import Envelope

UPDATED = "Inbound queue updated successfully"


class QueueRow(msgspec.Struct, kw_only=True):
    """An inbound queue. ``timeWait`` is in seconds; ``nguongRanhRoi``: "1" announces the position, "0" does not."""

    callin_id: int = field(name="callinId")
    callin_name: str = field(name="callinName")
    strategy: int | None
    music_in_queue: str | None = field(name="musicinQueue")
    time_wait: str | None = field(name="timeWait")
    agent_selector: str | None = field(name="agentSelector")
    announces_position: str | None = field(name="nguongRanhRoi")
    callin_number: str | None = field(name="callinNumber")


class QueuesAnswer(Envelope, kw_only=True):
    """A page of inbound queues. ``total_record`` counts all of the tenant's."""

    total_record: int = field(name="totalRecord")
    data: list[QueueRow]


class QueueBody(msgspec.Struct, kw_only=True):
    """What of an inbound queue shall be different: at least one of these."""

    moh_file_id: Raw = field(default=Raw())
    max_wait_sec: Raw = field(default=Raw())
    strategy: Raw = field(default=Raw())
    announce_position: Raw = field(default=Raw())


class AssignmentBody(msgspec.Struct, kw_only=True):
    """The body of updateQueue. ``action`` says what ``callinId`` means; the others replace what the agent has."""

    action: Raw = field(default=Raw())
    callin_id: Raw = field(name="callinId", default=Raw())
    callout_id: Raw = field(name="calloutId", default=Raw())
    extensions: Raw = field(name="lstExtension", default=Raw())
