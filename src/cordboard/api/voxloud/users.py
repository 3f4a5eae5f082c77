"""``users``: the company's agents and the numbers that they call out with ("Users API")."""

from collections.abc import Mapping
from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from cordboard.actions.core import Core
from cordboard.api.common.endpoint import Endpoint, Endpoints, json_answer
from cordboard.api.common.wire_types import says
from cordboard.domain.did import Did
from cordboard.domain.roster import RosterEntry, RosterFilter
from cordboard.domain.tenant import Identity

RESOURCE = "/api/v2/users"
SCOPE = "agent"


class DidAnswer(msgspec.Struct, kw_only=True):
    """A number that calls can be made with."""

    number: Annotated[str, says("E.164.", "+390112121212")]
    label: Annotated[str, says("What the company calls it.", "Main office")]


class OutboundCli(msgspec.Struct, kw_only=True):
    """What a user calls out with."""

    outbound_did: Annotated[DidAnswer | None, says("The number that was chosen, null when none was.")]
    available_dids: Annotated[list[DidAnswer], says("All of the company's numbers.")]


class UserAnswer(msgspec.Struct, kw_only=True):
    """A user."""

    id: Annotated[str, says("A UUID.", "facbb7fe-f845-11ee-b19b-960000128e6c")]
    first_name: Annotated[str, says("First name.", "John")]
    last_name: Annotated[str, says("Last name.", "Smith")]
    extension_number: Annotated[int, says("The user's main extension.", 101)]
    outbound_cli: OutboundCli


def user_endpoints() -> Endpoints:
    """What is served of users."""
    return {RESOURCE: {"GET": Endpoint(serve=_answer_users, scope=SCOPE, answer=list[UserAnswer])}}


async def _answer_users(core: Core, identity: Identity, _request: Request) -> Response:
    """All users, oldest first."""
    rows = core.store.for_tenant(identity.tenant.id)
    dids = {did.number: _did_answer(did) for did in await rows.dids.list()}
    found = await rows.roster.find(RosterFilter(limit=None))
    return json_answer([user_answer(entry, dids) for entry in found.rows])


def user_answer(entry: RosterEntry, dids: Mapping[str, DidAnswer]) -> UserAnswer:
    """An agent as it looks on this wire. ``dids`` are all of the tenant's, by number."""
    agent = entry.agent
    return UserAnswer(
        id=str(entry.uuid),
        first_name=agent.first_name,
        last_name=agent.last_name,
        extension_number=int(agent.extension),
        outbound_cli=OutboundCli(outbound_did=dids.get(entry.did_number or ""), available_dids=list(dids.values())),
    )


def _did_answer(did: Did) -> DidAnswer:
    return DidAnswer(number=did.number, label=did.label)
