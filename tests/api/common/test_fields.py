import msgspec
import pytest

from cordboard.api.common.errors import Reason
from cordboard.api.common.fields import required_text, text, texts, whole_number
from cordboard.domain.errors import InvalidInput


def raw(json: str) -> msgspec.Raw:
    return msgspec.Raw(json.encode())


@pytest.mark.parametrize(
    ("json", "expected"),
    [
        ('"a b"', "a b"),
        ('"  kept "', "  kept "),
        ('"\\u00e9\\n"', "é\n"),
        ("12", "12"),
        ("1.50", "1.50"),
        ("1e5", "1e5"),
        ("-7", "-7"),
        ("123456789012345678901234567890", "123456789012345678901234567890"),
        ('""', ""),
        ("null", ""),
        ("[]", ""),
        ("[ \n]", ""),
        ("", ""),
    ],
)
def test_text_is_a_string_or_the_text_of_a_number(json: str, expected: str) -> None:
    assert text(raw(json), "f") == expected


@pytest.mark.parametrize("json", ["true", "false", "{}", '["a"]', '[""]', "[[]]"])
def test_text_is_nothing_else(json: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        text(raw(json), "f")
    assert (caught.value.field, caught.value.reason) == ("f", Reason.NOT_TEXT)


@pytest.mark.parametrize("data", [b'"\xff"', b'"\\ud800"', b'"\\udc00x"', b'"a\\u0000b"'])
def test_what_cannot_be_stored_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidInput) as caught:
        text(msgspec.Raw(data), "f")
    assert caught.value.reason == Reason.BAD_CHARACTER


def test_length_is_counted_in_characters() -> None:
    assert text(raw('"' + "ế" * 128 + '"'), "f", most=128) == "ế" * 128
    with pytest.raises(InvalidInput, match="too long"):
        text(raw('"' + "a" * 129 + '"'), "f", most=128)


@pytest.mark.parametrize("json", ["", "null", "[]", '""', '"  "'])
def test_required_text_must_be_there(json: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        required_text(raw(json), "phoneNumber")
    assert (caught.value.field, caught.value.reason) == ("phoneNumber", Reason.REQUIRED)


@pytest.mark.parametrize(
    ("json", "expected"),
    [('"a"', ("a",)), ('["a", 7, "", null]', ("a", "7")), ("[]", ()), ('""', ()), ("", ())],
)
def test_texts_are_one_or_many(json: str, expected: tuple[str, ...]) -> None:
    assert texts(raw(json), "agent") == expected


@pytest.mark.parametrize("json", ["{}", "true", "[[]]", "[true]"])
def test_texts_are_nothing_else(json: str) -> None:
    with pytest.raises(InvalidInput):
        texts(raw(json), "agent")


@pytest.mark.parametrize(
    ("json", "expected"),
    [("2", 2), ('"2"', 2), ('" 9 "', 9), ("2.0", 2), ("10.000", 10), ('""', 5), ("null", 5), ("[]", 5), ("", 5)],
)
def test_whole_number_as_number_or_string(json: str, expected: int) -> None:
    assert whole_number(raw(json), "page", default=5, least=1, most=10) == expected


@pytest.mark.parametrize("json", ["0", "11", "-1.0", "11.0", '"-1"', "9" * 400])
def test_whole_number_is_never_clamped(json: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        whole_number(raw(json), "page", default=5, least=1, most=10)
    assert caught.value.reason == Reason.OUT_OF_RANGE


@pytest.mark.parametrize("json", ["1.5", '"1.0"', "1.", "1e1", '"x"', '"٣"', '"--1"', '"1_0"'])
def test_whole_number_is_whole(json: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        whole_number(raw(json), "page", default=5, least=1, most=10)
    assert caught.value.reason == Reason.NOT_WHOLE_NUMBER
