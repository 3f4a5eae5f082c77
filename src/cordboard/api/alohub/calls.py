"""``makeCall`` and ``click-to-call`` ("Calls, Lookup & Recording" section 2)."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from cordboard.actions.core import Core
from cordboard.actions.make_call import CallRequest, make_call
from cordboard.api.alohub.errors import language_of, wire_refusal
from cordboard.api.alohub.schemas import CallAnswer, ClickToCallBody, MakeCallBody
from cordboard.api.common.endpoint import json_answer
from cordboard.api.common.errors import Reason
from cordboard.api.common.fields import required_text, text
from cordboard.api.common.json_body import read_json
from cordboard.api.common.visit import visit_of
from cordboard.domain.errors import CallRefused, InvalidInput, Refusal
from cordboard.domain.tenant import Identity

TRANSACTION_ID_CHARACTERS = 128

_make_call_decoder = msgspec.json.Decoder(MakeCallBody)
_click_to_call_decoder = msgspec.json.Decoder(ClickToCallBody)


async def answer_make_call(core: Core, identity: Identity, request: Request) -> Response:
    """Call a customer from an agent's extension.

    The agent's phone rings first and shows the customer's number; when it is answered, the customer is called. The
    answer comes when the call is accepted or refused, and is 200 either way: `success` tells which. A refused call
    leaves no record and does not use up its `transactionId`.
    """
    body = await read_json(request, _make_call_decoder)
    return await _answer(core, identity, request, _make_call_request(body))


async def answer_click_to_call(core: Core, identity: Identity, request: Request) -> Response:
    """Call a customer from an agent's extension, or from the next free agent of a campaign.

    Like `makeCall` otherwise.
    """
    body = await read_json(request, _click_to_call_decoder)
    return await _answer(core, identity, request, _click_to_call_request(body))


def _make_call_request(body: MakeCallBody) -> CallRequest:
    return CallRequest(
        number=required_text(body.phone_number, "phoneNumber"),
        extension=required_text(body.ip_phone, "ipPhone"),
        request_id=text(body.transaction_id, "transactionId", most=TRANSACTION_ID_CHARACTERS),
    )


def _click_to_call_request(body: ClickToCallBody) -> CallRequest:
    number, other = text(body.phone_number, "phoneNumber").strip(), text(body.phone, "phone").strip()
    if not number and not other:
        raise InvalidInput("phoneNumber", Reason.REQUIRED)
    extension = text(body.ip_phone, "ipPhone").strip()
    campaign = text(body.campaign_id, "campaignId").strip()
    if not extension and not campaign:
        raise InvalidInput("ipPhone", Reason.REQUIRED)
    return CallRequest(
        number=number or other,
        extension=extension,
        campaign=campaign,
        request_id=text(body.transaction_id, "transactionId", most=TRANSACTION_ID_CHARACTERS),
    )


async def _answer(core: Core, identity: Identity, request: Request, wanted: CallRequest) -> Response:
    try:
        accepted = await make_call(core, identity.tenant, wanted)
    except CallRefused as refused:
        visit_of(request.scope).refusal = refused.refusal.value
        return json_answer(refused_answer(refused.refusal, language_of(identity), wanted.request_id))
    return json_answer(CallAnswer(call_id=accepted.reference, transaction_id=wanted.request_id))


def refused_answer(refusal: Refusal, language: str, transaction_id: str) -> CallAnswer:
    """The answer to a call that will not be placed."""
    line = wire_refusal(refusal)
    return CallAnswer(
        success="0",
        error_code=line.code,
        error_message=line.message(language),
        call_id="",
        transaction_id=transaction_id,
    )
