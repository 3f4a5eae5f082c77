"""Wire types of queues and agents: "Managing Inbound Call Queue", and "Calls, Lookup & Recording" section 5."""

from typing import Annotated

import msgspec
from msgspec import field

from cordboard.api.alohub.schemas import Envelope
from cordboard.api.common.wire_types import REQUIRED, Text, Texts, WholeNumber, among, given, says

UPDATED = "Inbound queue updated successfully"

_STRATEGY = "1 normal, 2 VIP (served first), 3 blacklist (refused), 4 divert, 99 temporarily locked."


class PageQuery(msgspec.Struct, kw_only=True):
    """Which part of a list."""

    page: Annotated[str, says("From 0. (0)", "0")] = ""
    size: Annotated[str, says("Rows of a page, 1 to 1,000. (20)", "20")] = ""


class QueuePath(msgspec.Struct, kw_only=True):
    """Which queue."""

    id: Annotated[str, says("Its `callinId`.", "1001226")]


class QueueRow(msgspec.Struct, kw_only=True):
    """An inbound queue. What was never set is null."""

    callin_id: Annotated[int, says("The queue's id.", 1001226)] = field(name="callinId")
    callin_name: Annotated[str, says("Its name.", "test")] = field(name="callinName")
    strategy: Annotated[int | None, says(_STRATEGY, 1)]
    music_in_queue: Annotated[str | None, says("The file that callers hear while they wait.", "waiting.wav")] = field(
        name="musicinQueue"
    )
    time_wait: Annotated[str | None, says("The longest wait in seconds, as a string.", "120")] = field(name="timeWait")
    agent_selector: Annotated[
        str | None,
        says("Whom of the free agents it rings; null means `longestidle`.", None),
        among("ringall", "roundrobin", "longestidle", "leastcalls", "random", None),
    ] = field(name="agentSelector")
    announces_position: Annotated[
        str | None, says('"1": callers are told their place in the queue; "0": not.', None), among("0", "1", None)
    ] = field(name="nguongRanhRoi")
    callin_number: Annotated[str | None, says("The number that leads here, in national form.", None)] = field(
        name="callinNumber"
    )


class QueuesAnswer(Envelope, kw_only=True):
    """A page of inbound queues."""

    total_record: Annotated[int, says("All queues of the tenant.", 3)] = field(name="totalRecord")
    data: list[QueueRow]


class QueueBody(msgspec.Struct, kw_only=True):
    """What of an inbound queue shall be different: at least one of these."""

    moh_file_id: Annotated[Text, says("`musicinQueue`: the name of a music file.", "waiting.wav")] = given()
    max_wait_sec: Annotated[WholeNumber, says("`timeWait`: the longest wait in seconds.", "180")] = given()
    strategy: Annotated[WholeNumber, says(_STRATEGY, 1)] = given()
    announce_position: Annotated[Text, says('`nguongRanhRoi`: "1" to tell callers their place, "0" not.', "1")] = (
        given()
    )


class UpdateAnswer(Envelope, kw_only=True):
    """A queue was changed."""

    error_message: Annotated[str, says("What was done.", UPDATED)] = UPDATED


class AssignmentQuery(msgspec.Struct, kw_only=True):
    """Whose queues."""

    user_name: Annotated[str, says("The agent's user name.", "userName66"), REQUIRED] = field(
        name="userName", default=""
    )


class AssignmentBody(msgspec.Struct, kw_only=True):
    """The body of updateQueue."""

    action: Annotated[
        Text,
        says("`EDIT`: the agent serves the queues of `callinId` and no others; `ADD`: those too.", "EDIT"),
        REQUIRED,
    ] = given()
    callin_id: Annotated[Texts, says("Ids of inbound queues. Absent or empty: they stay as they are.", [1, 2])] = given(
        "callinId"
    )
    callout_id: Annotated[Text, says("The outbound queue that the agent calls out for.", 99999)] = given("calloutId")
    extensions: Annotated[
        Texts, says("All of the agent's extensions. Absent or empty: they stay as they are.", ["6688"])
    ] = given("lstExtension")


class AgentsQuery(PageQuery, kw_only=True):
    """Which agents."""

    team_id: Annotated[str, says("Members of this group only.")] = ""
    status: Annotated[str, says('"1": who is enabled; "0": who is not.', "1")] = ""
    queue_id: Annotated[str, says("Who serves this inbound queue only.")] = ""


class AgentRow(msgspec.Struct, kw_only=True, rename="camel"):
    """An agent."""

    agent_id: Annotated[int, says("The agent's id.", 66)]
    user_name: Annotated[str, says("The agent's user name.", "userName66")]
    full_name: Annotated[str, says("First and last name.", "Nguyễn Văn A")]
    email: Annotated[str, says('An address, or "".', "a@acme.example")]
    status: Annotated[int, says("1 enabled, 0 not.", 1), among(0, 1)]
    extensions: Annotated[list[str], says("The agent's extensions.", ["6688"])]
    queues: Annotated[list[int], says("Ids of the inbound queues that the agent serves.", [1001226])]


class AgentsAnswer(Envelope, kw_only=True):
    """A page of agents."""

    total_record: Annotated[int, says("All agents that match.", 1)] = field(name="totalRecord")
    data: list[AgentRow]
