from string import Formatter

import pytest

from cordboard.api.alohub.errors import (
    _ERRORS,
    _REASONS_VI,
    _REFUSALS,
    WireError,
    render_error,
    wire_error,
    wire_refusal,
)
from cordboard.api.common import errors as request_errors
from cordboard.api.common.errors import (
    NotAcceptable,
    PayloadTooLarge,
    Reason,
    RecordingExpired,
    UnknownPath,
    UnsatisfiableRange,
    WrongMethod,
)
from cordboard.api.common.visit import Visit
from cordboard.domain import errors as domain_errors
from cordboard.domain.errors import (
    AlreadyExists,
    CallRefused,
    CordboardError,
    Forbidden,
    InvalidInput,
    LimitReached,
    NotFound,
    Refusal,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
)
from cordboard.domain.tenant import Identity
from tests.api.alohub.samples import TENANT
from tests.api.house import House


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (InvalidInput("page", Reason.OUT_OF_RANGE), 400, "INVALID_INPUT"),
        (Unauthenticated(), 401, "UNAUTHORIZED"),
        (Forbidden("call"), 403, "INSUFFICIENT_SCOPE"),
        (AlreadyExists("queue", "sales"), 400, "INVALID_INPUT"),
        (TooManyRequests(7), 429, "RATE_LIMIT_EXCEEDED"),
        (NotFound("recording", "a.mp3"), 404, "NOT_FOUND"),
        (RecordingExpired("a.mp3"), 404, "RECORDING_EXPIRED"),
        (UnknownPath(), 404, "NOT_FOUND"),
        (WrongMethod(("GET",)), 405, "METHOD_NOT_ALLOWED"),
        (NotAcceptable(), 406, "NOT_ACCEPTABLE"),
        (PayloadTooLarge(), 413, "PAYLOAD_TOO_LARGE"),
        (UnsatisfiableRange(10), 416, "INVALID_INPUT"),
        (Unavailable(), 503, "SERVICE_UNAVAILABLE"),
        (CordboardError(), 500, "FAIL"),
        (ZeroDivisionError("secret"), 500, "FAIL"),
    ],
)
def test_every_error_has_its_status_and_code(error: Exception, status: int, code: str) -> None:
    assert (wire_error(error).status, wire_error(error).code) == (status, code)


@pytest.mark.parametrize(
    ("refusal", "code"),
    [
        (Refusal.AGENT_UNKNOWN, "IPCC_NOT_CONNECT_AGENT_ID"),
        (Refusal.AGENT_UNREGISTERED, "IPCC_NOT_CONNECT_AGENT_ID"),
        (Refusal.CAMPAIGN_UNKNOWN, "CALLOUT_PERMISSION_DENY"),
        (Refusal.NUMBER_INVALID, "CALLOUT_PERMISSION_DENY"),
        (Refusal.NUMBER_IS_EXTENSION, "CALLOUT_PERMISSION_DENY"),
        (Refusal.DESTINATION_DENIED, "CALLOUT_PERMISSION_DENY"),
        (Refusal.AGENT_BUSY, "CALLOUT_AGENT_BUSY"),
        (Refusal.CAP_REACHED, "CALLOUT_PERMISSION_DENY"),
        (Refusal.NO_TRUNK, "ERROR_CALLOUT_CONNECT"),
        (Refusal.NO_NUMBER, "ERROR_CALLOUT_CONNECT"),
        (Refusal.ENGINE_AWAY, "ERROR_CALLOUT_CONNECT"),
        (Refusal.QUEUE_FULL, "ERROR_CALLOUT_CONNECT"),
    ],
)
def test_every_refusal_has_its_code(refusal: Refusal, code: str) -> None:
    assert (wire_refusal(refusal).status, wire_refusal(refusal).code) == (200, code)


def test_no_refusal_no_reason_and_no_error_is_forgotten() -> None:
    errors = [*vars(domain_errors).values(), *vars(request_errors).values()]
    expected = {one for one in errors if isinstance(one, type) and issubclass(one, CordboardError)}
    named = tuple(kind for kind in _ERRORS if kind is not Exception)
    # A refused call is an answer; what is only a CordboardError is a mistake of ours; nothing has a limit here.
    assert {kind for kind in expected if not issubclass(kind, named)} == {CordboardError, CallRefused, LimitReached}
    assert set(_REFUSALS) == set(Refusal)
    assert set(_REASONS_VI) == set(Reason)


@pytest.mark.parametrize("line", [*_ERRORS.values(), *_REFUSALS.values()])
def test_both_languages_say_the_same(line: WireError) -> None:
    named = [{name for _, name, _, _ in Formatter().parse(text) if name} for text in (line.vi, line.en)]
    assert named[0] == named[1]
    assert line.vi != line.en


def test_the_message_is_in_the_tenants_language_and_names_the_field() -> None:
    visit = Visit(request_id="1", identity=Identity(tenant=TENANT, key_id=1, scopes=frozenset()))
    body = render_error(InvalidInput("ipPhone", Reason.REQUIRED), visit).body
    assert "Trường 'ipPhone' là bắt buộc".encode() in body
    body = render_error(InvalidInput("ipPhone", Reason.REQUIRED), Visit(request_id="1")).body
    assert b"Field 'ipPhone' is required" in body


async def test_an_unknown_path_is_said_in_the_language_of_the_key(house: House) -> None:
    office = await house.open_office("acme", language="vi")
    for headers, message in (
        ({"Authorization": office.key}, "Đường dẫn không tồn tại"),
        ({"Authorization": "unknown"}, "There is nothing at this path"),
        ({}, "There is nothing at this path"),
    ):
        answer = await house.ask("GET", "/v1/nothing", headers=headers)
        assert (answer.code, answer.json["error_message"]) == ((404, "NOT_FOUND"), message)


def test_an_unforeseen_error_says_nothing_of_itself() -> None:
    assert b"secret" not in render_error(ZeroDivisionError("secret"), Visit(request_id="1")).body
