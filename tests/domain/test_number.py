"""Numbers as people, carriers and tenants write them."""

import phonenumbers
import pytest
from phonenumbers import PhoneNumberFormat

from cordboard.domain.number import (
    canonical_beginning,
    carrier_form,
    is_allowed_destination,
    is_emergency_number,
    national_form,
    read_number,
)
from cordboard.domain.routing import routes_to
from cordboard.domain.trunk import NumberFormat, Trunk


@pytest.mark.parametrize(
    ("text", "country", "canonical"),
    [
        ("0912345678", "VN", "+84912345678"),
        ("0123456789", "VN", "+84123456789"),
        ("+84 91 234 56 78", "VN", "+84912345678"),
        ("84912345678", "VN", "+84912345678"),
        ("(091) 234-5678", "VN", "+84912345678"),
        ("+390312345678", "VN", "+390312345678"),
        ("0312345678", "IT", "+390312345678"),
        ("113", "VN", "113"),
        ("112", "IT", "112"),
        ("0000000000", "VN", None),
        ("000", "VN", None),
        ("", "VN", None),
        ("abc", "VN", None),
        ("1800FLOWERS", "VN", None),
        ("0912345678x12", "VN", None),
        ("0912345678;ext=3", "VN", None),
        ("12", "VN", None),
        ("+849123456789012345", "VN", None),
        ("sip:0912345678@x", "VN", None),
        ("0912345678,,1", "VN", None),
        ("tel:+84-91-234-5678", "VN", "+84912345678"),
        ("tel:", "VN", None),
        ("tel:+84912345678;ext=3", "VN", None),
        ("\uff10\uff19\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18", "VN", "+84912345678"),
        ("\u202a+84\xa091\u2013234\u20115678\u202c", "VN", "+84912345678"),
        ("\u0660\u0669\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668", "VN", None),
    ],
)
def test_a_number_is_read_in_its_country(text: str, country: str, canonical: str | None) -> None:
    assert read_number(text, country) == canonical


def test_a_number_is_shown_as_people_at_home_write_it() -> None:
    assert national_form("+84912345678", "VN") == "0912345678"
    assert national_form("+390312345678", "VN") == "+390312345678"
    assert national_form("+390312345678", "IT") == "0312345678"
    assert national_form("113", "VN") == "113"


@pytest.mark.parametrize("country", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_national_form_is_what_parsing_would_make_of_it(country: str) -> None:
    for kind in phonenumbers.PhoneNumberType.values():
        example = phonenumbers.example_number_for_type(country, kind)
        if example is None:
            continue
        canonical = phonenumbers.format_number(example, PhoneNumberFormat.E164)
        national = phonenumbers.format_number(phonenumbers.parse(canonical), PhoneNumberFormat.NATIONAL)
        assert national_form(canonical, country) == "".join(filter(str.isdecimal, national))


@pytest.mark.parametrize(
    ("number", "number_format", "text"),
    [
        ("+84912345678", NumberFormat.E164_PLUS, "+84912345678"),
        ("+84912345678", NumberFormat.E164, "84912345678"),
        ("+84912345678", NumberFormat.NATIONAL, "0912345678"),
        ("+390312345678", NumberFormat.NATIONAL, "00390312345678"),
        ("113", NumberFormat.E164, "113"),
    ],
)
def test_a_carrier_gets_its_own_format(number: str, number_format: NumberFormat, text: str) -> None:
    assert carrier_form(number, number_format, "VN") == text


@pytest.mark.parametrize(
    ("number", "prefixes", "is_allowed"),
    [
        ("+84912345678", (), True),
        ("+390312345678", (), False),
        ("+390312345678", ("+39", "+84"), True),
        ("+84912345678", ("+39",), False),
        ("113", ("+39",), True),
        ("+881612345678", (), False),
    ],
)
def test_destinations_are_allow_listed(number: str, prefixes: tuple[str, ...], is_allowed: bool) -> None:
    assert is_allowed_destination(number, "VN", prefixes) is is_allowed


def test_digits_with_the_national_prefix_begin_a_canonical_number() -> None:
    assert canonical_beginning("0912", "VN") == "+84912"
    assert canonical_beginning("912", "VN") == ""
    assert canonical_beginning("0312", "IT") == ""  # Italy has no prefix: the nought is part of the number


def test_emergency_numbers_are_known_by_country() -> None:
    assert is_emergency_number("113", "VN")
    assert not is_emergency_number("+84912345678", "VN")


def test_routes_go_by_priority_with_both_numbers_in_the_carriers_format() -> None:
    def trunk(identity: int, priority: int, number_format: NumberFormat) -> Trunk:
        return Trunk(
            id=identity, tenant_id=1, name=str(identity), host="192.0.2.1", priority=priority,
            number_format=number_format,
        )  # fmt: skip

    second, first = trunk(1, 2, NumberFormat.E164), trunk(2, 1, NumberFormat.NATIONAL)
    routes = routes_to("+84912345678", trunks=(second, first), did_number="+842873000001", country="VN")
    assert [(route.target.trunk_id, route.target.address, route.caller_number) for route in routes] == [
        (2, "0912345678", "02873000001"),
        (1, "84912345678", "842873000001"),
    ]
