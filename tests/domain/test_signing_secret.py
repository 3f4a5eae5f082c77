import base64
from datetime import UTC, datetime, timedelta

import pytest

from cordboard.domain.errors import InvalidInput, LimitReached
from cordboard.domain.signing_secret import (
    OVERLAP,
    SigningSecret,
    live_secrets,
    new_secret,
    rotated_secrets,
    secret_bytes,
)

NOW = datetime(2026, 3, 10, 9, 52, 27, tzinfo=UTC)


def secret_of(length: int) -> str:
    return "whsec_" + base64.b64encode(bytes(length)).decode()


def test_a_new_secret_can_be_read_and_is_always_another() -> None:
    made = {new_secret() for _ in range(100)}
    assert len(made) == 100
    assert {len(secret_bytes(each)) for each in made} == {32}
    assert new_secret() not in repr(SigningSecret(value=new_secret()))


@pytest.mark.parametrize("length", [24, 25, 64])
def test_a_secret_has_24_to_64_bytes(length: int) -> None:
    assert secret_bytes(secret_of(length)) == bytes(length)


@pytest.mark.parametrize(
    "text",
    [
        "", "whsec_", secret_of(23), secret_of(65), secret_of(32)[6:], secret_of(32)[:-1], secret_of(32) + "\n",
        "whsec_ế" + "A" * 40,
    ],
    ids=["nothing", "no bytes", "short", "long", "no prefix", "cut", "a line end", "no ASCII"],
)  # fmt: skip
def test_anything_else_is_none(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"^secret: "):
        secret_bytes(text)


def test_the_old_one_signs_for_a_day_beside_the_new_one() -> None:
    old, new = new_secret(), new_secret()
    rotated = rotated_secrets((SigningSecret(value=old),), new, NOW)
    assert rotated == (SigningSecret(value=new), SigningSecret(value=old, expires_at=NOW + OVERLAP))
    assert live_secrets(rotated, NOW + timedelta(hours=23, minutes=59)) == rotated
    assert live_secrets(rotated, NOW + timedelta(hours=24)) == rotated[:1]


def test_three_may_be_live_and_no_more() -> None:
    known: tuple[SigningSecret, ...] = (SigningSecret(value=new_secret()),)
    for hours in (0, 1):
        known = rotated_secrets(known, new_secret(), NOW + timedelta(hours=hours))
    assert [each.expires_at for each in known] == [None, NOW + timedelta(hours=25), NOW + timedelta(hours=24)]
    with pytest.raises(LimitReached):
        rotated_secrets(known, new_secret(), NOW + timedelta(hours=2))
    assert len(rotated_secrets(known, new_secret(), NOW + timedelta(hours=24))) == 3


def test_one_that_somebody_has_seen_stops_at_once() -> None:
    known = rotated_secrets((SigningSecret(value=new_secret()),), new_secret(), NOW)
    new = new_secret()
    assert rotated_secrets(known, new, NOW, overlap=timedelta()) == (SigningSecret(value=new),)


def test_a_live_secret_does_not_take_over_from_itself() -> None:
    known = (SigningSecret(value=new_secret()),)
    with pytest.raises(InvalidInput):
        rotated_secrets(known, known[0].value, NOW)
