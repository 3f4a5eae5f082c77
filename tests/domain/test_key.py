"""The format of API keys."""

import hashlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.domain.errors import InvalidInput
from cordboard.domain.key import check_imported, hash_key, hint_of, looks_like_ours, new_key


def test_a_key_has_a_prefix_a_public_a_secret_and_a_check_part() -> None:
    keys = {new_key() for _ in range(200)}
    assert len(keys) == 200
    for key in keys:
        assert re.fullmatch(r"sk_live_[0-9A-Za-z]{8}[0-9A-Za-z]{32}[0-9A-Za-z]{6}", key)
        assert looks_like_ours(key)
        assert hint_of(key) == key[:16]


def test_any_mistyped_character_is_noticed() -> None:
    key = new_key()
    for place in range(8, len(key)):
        wrong = key[:place] + ("a" if key[place] != "a" else "b") + key[place + 1 :]
        assert not looks_like_ours(wrong), place


@given(st.text())
def test_no_other_text_looks_like_ours_nor_breaks_anything(text: str) -> None:
    assert not looks_like_ours(text)
    assert not looks_like_ours(f"sk_live_{text}")
    assert len(hash_key(text)) == 32
    assert len(hint_of(text)) <= 3


@pytest.mark.parametrize(
    "text",
    ["", "sk_live_", new_key()[:-1], new_key() + "a", "x" + new_key(), "\ud800" * 54],
    ids=["nothing", "prefix", "too short", "too long", "something before", "no text"],
)
def test_almost_a_key_is_none(text: str) -> None:
    assert not looks_like_ours(text)


def test_what_is_stored_is_a_sha256() -> None:
    assert hash_key("abc") == hashlib.sha256(b"abc").digest()


@pytest.mark.parametrize(
    "text", ["12345678", "a-b_c.d/e+f==", "x" * 512, new_key()], ids=["digits", "base64", "longest", "one of ours"]
)
def test_any_printable_text_can_be_imported(text: str) -> None:
    assert check_imported(text) == text


@pytest.mark.parametrize("text", ["", "1234567", "x" * 513, "1234 5678", "1234567\n", "pässword", "12345678\0"])
def test_what_a_header_cannot_carry_is_not_imported(text: str) -> None:
    with pytest.raises(InvalidInput):
        check_imported(text)
