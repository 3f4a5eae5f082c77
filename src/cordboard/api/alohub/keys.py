"""Where this dialect's clients put their key (WIRE 1.2)."""

from starlette.requests import Request

from cordboard.api.common.authentication import only_key

_BEARER = "bearer "


def key_of(request: Request) -> str:
    """The key, from ``Authorization`` (raw or after ``Bearer``) or ``X-Api-Key``. Raises Unauthenticated."""
    headers = request.headers
    keys = [_without_scheme(value) for value in headers.getlist("authorization")]
    return only_key((*keys, *(value.strip() for value in headers.getlist("x-api-key"))))


def _without_scheme(value: str) -> str:
    value = value.strip()
    if value[: len(_BEARER)].lower() == _BEARER:
        return value[len(_BEARER) :].strip()
    return value
