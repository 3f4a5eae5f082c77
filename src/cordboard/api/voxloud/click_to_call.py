"""``click-to-call``: calls that are prepared but for the contact ("Click-to-call API")."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import field
from starlette.requests import Request
from starlette.responses import Response

from cordboard.actions.connect_click_to_call import connect_click_to_call
from cordboard.actions.core import Core
from cordboard.actions.create_click_to_call import NewClickToCall, create_click_to_call
from cordboard.actions.remove_click_to_call import remove_click_to_call
from cordboard.api.common.endpoint import Endpoint, Endpoints, json_answer
from cordboard.api.common.errors import Reason
from cordboard.api.common.fields import one_of, required_text, text
from cordboard.api.common.json_body import read_json
from cordboard.api.common.visit import visit_of
from cordboard.api.common.wire_types import REQUIRED, Text, among, given, says
from cordboard.domain.call_state import Party
from cordboard.domain.click_to_call import ClickToCall
from cordboard.domain.errors import CallRefused, InvalidInput, LimitReached, NotFound
from cordboard.domain.ids import read_uuid
from cordboard.domain.tenant import Identity

RESOURCE = "/api/v1/click-to-call"
SCOPE = "call"

_PARTIES = {"extension": Party.AGENT, "contact": Party.CUSTOMER}
DIAL_FIRST = {party: word for word, party in _PARTIES.items()}
# What the house calls a field that has another name here.
_FIELDS = {"did_number": "outboundNumber"}


class ClickToCallPath(msgspec.Struct, kw_only=True):
    """Which click-to-call."""

    id: Annotated[str, says("Its `id`.", "8ff3728fb5c5d9560e81c3c7080c3b95")]


class ClickToCallBody(msgspec.Struct, kw_only=True):
    """What a click-to-call is made of. ``dial_first`` is ``extension`` unless it is given."""

    name: Annotated[Text, says("Its name, which need not be its alone.", "support"), REQUIRED] = given()
    extension: Annotated[Text, says("A user's or a group's extension.", "101"), REQUIRED] = given()
    outbound_number: Annotated[
        Text, says("The number to call out with, one of yours, in any form.", "+390660786731"), REQUIRED
    ] = given("outboundNumber")
    dial_first: Annotated[
        Text, says("Who is called first: `extension` (also when nothing is given) or `contact`.", "contact")
    ] = given()


class ClickToCallAnswer(msgspec.Struct, kw_only=True):
    """A click-to-call. ``outbound_number`` is E.164 with ``+``."""

    id: Annotated[str, says("32 hexadecimal digits.", "8ff3728fb5c5d9560e81c3c7080c3b95")]
    name: Annotated[str, says("Its name, as given.", "support")]
    extension: Annotated[str, says("A user's or a group's extension.", "101")]
    outbound_number: Annotated[str, says("The number that the contact sees, in E.164.", "+390660786731")] = field(
        name="outboundNumber"
    )
    dial_first: Annotated[str, among(*_PARTIES), says("Who is called first.", "contact")]


class ConnectBody(msgspec.Struct, kw_only=True):
    """Whom to call."""

    contact: Annotated[Text, says("The contact's number.", "+39987654321"), REQUIRED] = given()


class ConnectAnswer(msgspec.Struct, kw_only=True):
    """Who will be called, as it was given."""

    contact: Annotated[str, says("The contact's number, as given.", "+39987654321")]


_body_decoder = msgspec.json.Decoder(ClickToCallBody)
_connect_decoder = msgspec.json.Decoder(ConnectBody)


def click_to_call_endpoints() -> Endpoints:
    """What is served of click-to-calls."""
    creation = Endpoint(
        serve=_answer_creation, scope=SCOPE, body=ClickToCallBody, answer=ClickToCallAnswer, raises=(LimitReached,)
    )
    one = Endpoint(serve=_answer_one, scope=SCOPE, path=ClickToCallPath, answer=ClickToCallAnswer)
    connect = Endpoint(
        serve=_answer_connect,
        scope=SCOPE,
        path=ClickToCallPath,
        body=ConnectBody,
        answer=ConnectAnswer,
        raises=(CallRefused,),
    )
    return {
        RESOURCE: {
            "GET": Endpoint(serve=_answer_list, scope=SCOPE, answer=list[ClickToCallAnswer]),
            "POST": creation,
        },
        f"{RESOURCE}/{{id}}": {
            "GET": one,
            "DELETE": Endpoint(serve=_answer_removal, scope=SCOPE, path=ClickToCallPath),
        },
        f"{RESOURCE}/{{id}}/connect": {"POST": connect},
    }


async def _answer_creation(core: Core, identity: Identity, request: Request) -> Response:
    """Make a click-to-call. There may be as many as users and groups together: one more is 403."""
    new = _new_click_to_call(await read_json(request, _body_decoder))
    try:
        made = await create_click_to_call(core, identity.tenant, new)
    except InvalidInput as error:
        raise InvalidInput(_FIELDS.get(error.field, error.field), error.reason) from error
    return json_answer(_rendered(made))


async def _answer_list(core: Core, identity: Identity, _request: Request) -> Response:
    """All click-to-calls, in the order in which they were made."""
    found = await core.store.for_tenant(identity.tenant.id).click_to_calls.list()
    return json_answer([_rendered(one) for one in found])


async def _answer_one(core: Core, identity: Identity, request: Request) -> Response:
    """One click-to-call."""
    wanted = _id_of(request)
    found = await core.store.for_tenant(identity.tenant.id).click_to_calls.get(wanted)
    if found is None:
        raise NotFound("click-to-call", wanted.hex)
    return json_answer(_rendered(found))


async def _answer_removal(core: Core, identity: Identity, request: Request) -> Response:
    """Remove a click-to-call, which makes room for another."""
    await remove_click_to_call(core, identity.tenant, _id_of(request))
    return Response(status_code=HTTPStatus.NO_CONTENT.value)


async def _answer_connect(core: Core, identity: Identity, request: Request) -> Response:
    """Accept a call to a contact, and answer before anybody is rung."""
    body = await read_json(request, _connect_decoder)
    number = required_text(body.contact, "contact")
    try:
        await connect_click_to_call(core, identity.tenant, _id_of(request), number)
    except CallRefused as refused:
        visit_of(request.scope).refusal = refused.refusal.value
        raise
    return json_answer(ConnectAnswer(contact=text(body.contact, "contact")))


def _new_click_to_call(body: ClickToCallBody) -> NewClickToCall:
    name = text(body.name, "name")
    if not name.strip():
        raise InvalidInput("name", Reason.REQUIRED)
    return NewClickToCall(
        name=name,
        extension=required_text(body.extension, "extension"),
        did_number=required_text(body.outbound_number, "outboundNumber"),
        first=one_of(_PARTIES, text(body.dial_first, "dial_first") or "extension", "dial_first"),
    )


def _rendered(one: ClickToCall) -> ClickToCallAnswer:
    return ClickToCallAnswer(
        id=one.id.hex,
        name=one.name,
        extension=one.extension,
        outbound_number=one.did_number,
        dial_first=DIAL_FIRST[one.first],
    )


def _id_of(request: Request) -> UUID:
    """The id in the path. Raises NotFound when it is none."""
    given: str = request.path_params["id"]
    found = read_uuid(given)
    if found is None:
        raise NotFound("click-to-call", given)
    return found
