"""``makeCall`` and ``click-to-call`` ("Calls, Lookup & Recording" section 2, WIRE 1.3 and 1.4)."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from cordboard.actions.core import Core
from cordboard.actions.make_call import CallRequest, make_call
from cordboard.api.alohub.errors import language_of, wire_refusal
from cordboard.api.alohub.schemas import CallAnswer, CallBody
from cordboard.api.common.endpoint import json_answer
from cordboard.api.common.errors import Reason
from cordboard.api.common.fields import required_text, text
from cordboard.api.common.json_body import read_json
from cordboard.api.common.visit import visit_of
from cordboard.domain.errors import CallRefused, InvalidInput
from cordboard.domain.tenant import Identity

TRANSACTION_ID_CHARACTERS = 128

_decoder = msgspec.json.Decoder(CallBody)


async def answer_make_call(core: Core, identity: Identity, request: Request) -> Response:
    """Accept or refuse a call; either way 200, and nobody is waited for."""
    body = await read_json(request, _decoder)
    return await _answer(core, identity, request, _make_call_request(body))


async def answer_click_to_call(core: Core, identity: Identity, request: Request) -> Response:
    """The same, also by ``phone`` and ``campaignId``."""
    body = await read_json(request, _decoder)
    return await _answer(core, identity, request, _click_to_call_request(body))


def _make_call_request(body: CallBody) -> CallRequest:
    return CallRequest(
        number=required_text(body.phone_number, "phoneNumber"),
        extension=required_text(body.ip_phone, "ipPhone"),
        request_id=text(body.transaction_id, "transactionId", most=TRANSACTION_ID_CHARACTERS),
    )


def _click_to_call_request(body: CallBody) -> CallRequest:
    number = text(body.phone_number, "phoneNumber").strip() or text(body.phone, "phone").strip()
    if not number:
        raise InvalidInput("phoneNumber", Reason.REQUIRED)
    extension = text(body.ip_phone, "ipPhone").strip()
    campaign = text(body.campaign_id, "campaignId").strip()
    if not extension and not campaign:
        raise InvalidInput("ipPhone", Reason.REQUIRED)
    return CallRequest(
        number=number,
        extension=extension,
        campaign=campaign,
        request_id=text(body.transaction_id, "transactionId", most=TRANSACTION_ID_CHARACTERS),
    )


async def _answer(core: Core, identity: Identity, request: Request, wanted: CallRequest) -> Response:
    try:
        accepted = await make_call(core, identity.tenant, wanted)
    except CallRefused as refused:
        line = wire_refusal(refused.refusal)
        visit_of(request.scope).refusal = refused.refusal.value
        return json_answer(
            CallAnswer(
                success="0",
                error_code=line.code,
                error_message=line.message(language_of(identity)),
                call_id="",
                transaction_id=wanted.request_id,
            )
        )
    return json_answer(CallAnswer(call_id=accepted.reference, transaction_id=wanted.request_id))
