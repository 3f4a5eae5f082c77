"""What people may type, and what not."""

from collections.abc import Callable
from typing import Any

import pytest

from cordboard.actions import checks
from cordboard.domain.errors import InvalidInput

Check = Callable[[Any], Any]


def extension(text: str) -> str:
    return checks.check_extension("extension", text)


def host(text: str) -> str:
    return checks.check_host("host", text)


def email(text: str) -> str:
    return checks.check_email("email", text)


def word(text: str) -> str:
    return checks.check_word("user_name", text)


def name(text: str) -> str:
    return checks.check_name("name", text)


@pytest.mark.parametrize(
    ("check", "given", "kept"),
    [
        (extension, "10", "10"),
        (extension, "12345678", "12345678"),
        (checks.check_country, "vn", "VN"),
        (checks.check_country, "IT", "IT"),
        (checks.check_timezone, "Asia/Ho_Chi_Minh", "Asia/Ho_Chi_Minh"),
        (checks.check_timezone, "UTC", "UTC"),
        (checks.check_destinations, ["+84", "+1", "+84", ""], ("+84", "+1")),
        (checks.check_destinations, [], ()),
        (checks.check_origins, ("https://crm.example.com", "*", "http://localhost:3000"), None),
        (checks.check_codecs, ["ALAW", " opus ", "alaw"], ("alaw", "opus")),
        (checks.check_scopes, ["call", "report"], frozenset({"call", "report"})),
        (host, "sip.carrier.example", "sip.carrier.example"),
        (host, "carrier", "carrier"),
        (host, "192.0.2.7", "192.0.2.7"),
        (host, "[2001:db8::7]", "2001:db8::7"),
        (email, "admin@example.com", "admin@example.com"),
        (email, "", ""),
        (word, "alice.nguyen", "alice.nguyen"),
        (name, "  Công ty Một  ", "Công ty Một"),
    ],
)
def test_what_can_be_used_is_kept(check: Check, given: object, kept: object) -> None:
    assert check(given) == (given if kept is None else kept)


@pytest.mark.parametrize(
    ("check", "given", "field"),
    [
        (extension, "1", "extension"),
        (extension, "0123", "extension"),
        (extension, "123456789", "extension"),
        (extension, "12a", "extension"),
        (extension, "12\n", "extension"),
        (extension, "١٢٣", "extension"),
        (checks.check_country, "VNM", "country"),
        (checks.check_country, "", "country"),
        (checks.check_timezone, "Hanoi", "timezone"),
        (checks.check_timezone, "../../etc/passwd", "timezone"),
        (checks.check_destinations, ["84"], "allow_destination"),
        (checks.check_destinations, ["+0"], "allow_destination"),
        (checks.check_destinations, ["+84x"], "allow_destination"),
        (checks.check_origins, ["https://crm.example.com/"], "cors_origin"),
        (checks.check_origins, ["crm.example.com"], "cors_origin"),
        (checks.check_origins, ["file://x"], "cors_origin"),
        (checks.check_codecs, ["mp3"], "codecs"),
        (checks.check_codecs, [" "], "codecs"),
        (checks.check_scopes, [], "scope"),
        (checks.check_scopes, ["everything"], "scope"),
        (host, "", "host"),
        (host, "300.1.1.1", "host"),
        (host, "sip carrier", "host"),
        (host, "a..b", "host"),
        (host, "-x.example", "host"),
        (host, "x" * 64, "host"),
        (host, "sip:carrier.example", "host"),
        (email, "admin", "email"),
        (email, "a@b\nc", "email"),
        (word, "alice nguyen", "user_name"),
        (word, "", "user_name"),
        (name, "   ", "name"),
        (name, "a\x00b", "name"),
        (name, "two\nlines", "name"),
        (name, "x" * 101, "name"),
    ],
)
def test_what_cannot_be_used_is_refused_by_field(check: Check, given: object, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        check(given)
    assert refused.value.field == field


@pytest.mark.parametrize("number", [0, 65_536, -1])
def test_a_number_outside_its_range_is_refused(number: int) -> None:
    with pytest.raises(InvalidInput, match=r"port: -?[0-9]+ is not between 1 and 65535"):
        checks.check_range("port", number, 1, 65_535)
