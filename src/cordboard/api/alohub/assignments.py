"""``updateQueue``: the queues, the callout and the extensions of an agent ("Calls, Lookup & Recording" section 5)."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from cordboard.actions.assign_agent import Assignment, assign_agent
from cordboard.actions.core import Core
from cordboard.api.alohub.queue_schemas import AssignmentBody
from cordboard.api.alohub.schemas import Envelope
from cordboard.api.common.endpoint import json_answer
from cordboard.api.common.errors import Reason
from cordboard.api.common.fields import checked, one_of, required_text, text, texts
from cordboard.api.common.json_body import read_json
from cordboard.domain.errors import AlreadyExists, InvalidInput, NotFound
from cordboard.domain.ids import read_id
from cordboard.domain.tenant import Identity

# Whether the queues come to those that the agent serves.
_ACTIONS = {"EDIT": False, "ADD": True}
# What the house names by kind, by the fields of the body. An agent is named in the query: that one is 404.
_FIELDS = {"queue": "callinId", "callout": "calloutId", "extension": "lstExtension"}

_decoder = msgspec.json.Decoder(AssignmentBody)


async def answer_assignment(core: Core, identity: Identity, request: Request) -> Response:
    """Do all that the body says, or nothing."""
    user_name = checked(request.query_params.get("userName", ""), "userName").strip()
    if not user_name:
        raise InvalidInput("userName", Reason.REQUIRED)
    assignment = read_assignment(await read_json(request, _decoder))
    try:
        await assign_agent(core, identity.tenant, user_name, assignment)
    except NotFound as missing:
        if missing.kind in _FIELDS:
            raise InvalidInput(_FIELDS[missing.kind], Reason.UNKNOWN) from missing
        raise
    except AlreadyExists as taken:
        raise InvalidInput(_FIELDS[taken.kind], Reason.TAKEN) from taken
    return json_answer(Envelope())


def read_assignment(body: AssignmentBody) -> Assignment:
    """What a body asks for. Raises InvalidInput, naming the field."""
    callout = text(body.callout_id, "calloutId").strip()
    return Assignment(
        is_addition=one_of(_ACTIONS, required_text(body.action, "action").upper(), "action"),
        queue_ids=tuple(_id(one, "callinId") for one in _several(body.callin_id, "callinId")),
        callout_id=_id(callout, "calloutId") if callout else None,
        extensions=_several(body.extensions, "lstExtension"),
    )


def _several(raw: msgspec.Raw, field: str) -> tuple[str, ...]:
    """An array's texts without white space around them; one alone counts as an array of it."""
    return tuple(stripped for one in texts(raw, field) if (stripped := one.strip()))


def _id(value: str, field: str) -> int:
    number = read_id(value)
    if number is None:
        raise InvalidInput(field, Reason.NOT_WHOLE_NUMBER)
    return number
