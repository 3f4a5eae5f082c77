"""Whether what shall be known of a tenant can be used: by ``create_tenant`` and ``change_tenant`` alike. Pure."""

from collections.abc import Callable, Mapping
from typing import Any

from cordboard.actions.checks import (
    LANGUAGES,
    check_country,
    check_destinations,
    check_email,
    check_logos,
    check_name,
    check_one_of,
    check_origins,
    check_range,
    check_timezone,
)
from cordboard.domain.errors import InvalidInput

# As much as PostgreSQL's integer holds; and for ids, as much as JSON readers take for a whole number.
HIGHEST = 2**31 - 1
HIGHEST_ID = 2**53 - 1
# A hundred years. Some millions more, and the sum with a date is none.
HIGHEST_DAYS = 36_525


def _limit(field: str) -> Callable[[int], int]:
    return lambda number: check_range(field, number, 0, HIGHEST)


def _cap(field: str, most: int = HIGHEST) -> Callable[[int | None], int | None]:
    return lambda number: None if number is None else check_range(field, number, 1, most)


_CHECKS: Mapping[str, Callable[[Any], Any]] = {
    "name": lambda text: check_name("name", text),
    "pbx_id": lambda number: check_range("pbx_id", number, 1, HIGHEST_ID),
    "country": check_country,
    "timezone": check_timezone,
    "language": lambda text: check_one_of("language", text, LANGUAGES),
    "admin_email": lambda text: check_email("email", text),
    "allowed_destinations": check_destinations,
    "cors_origins": check_origins,
    "limit_tenant": _limit("limit_tenant"),
    "limit_route": _limit("limit_route"),
    "max_calls": _cap("max_calls"),
    "recording_days": _cap("recording_days", HIGHEST_DAYS),
    "crm_logos": check_logos,
    "is_enabled": lambda flag: flag,
}


def check_tenant(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields in the form that they are kept in.

    Raises:
        InvalidInput: a value that cannot be used, or a field that tenants do not have.
    """
    for field in fields:
        if field not in _CHECKS:
            raise InvalidInput(field, "a tenant has no such field")
    return {field: _CHECKS[field](value) for field, value in fields.items()}
