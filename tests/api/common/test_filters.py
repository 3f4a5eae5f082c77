from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from cordboard.api.common.number_filter import NumberFilter, read_number_filter
from cordboard.api.common.times import after, read_time
from cordboard.domain.errors import InvalidInput

HO_CHI_MINH = ZoneInfo("Asia/Ho_Chi_Minh")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-04-14 00:00:00", datetime(2026, 4, 13, 17, tzinfo=UTC)),
        ("2026-04-14T00:00:00", datetime(2026, 4, 13, 17, tzinfo=UTC)),
        ("2026-04-14T00:00:00+07:00", datetime(2026, 4, 13, 17, tzinfo=UTC)),
        ("2026-04-14T00:00:00+0900", datetime(2026, 4, 13, 15, tzinfo=UTC)),
        ("2026-04-14T00:00:00Z", datetime(2026, 4, 14, tzinfo=UTC)),
        ("2026-04-14 00:00:00.250", datetime(2026, 4, 13, 17, 0, 0, 250_000, tzinfo=UTC)),
        ("", None),
        ("0001-01-01 00:00:00", None),
    ],
)
def test_times(text: str, expected: datetime | None) -> None:
    assert read_time(text, "starttime", HO_CHI_MINH) == expected


@pytest.mark.parametrize(
    "text",
    ["yesterday", "2026-04-14", "14/04/2026 00:00:00", "2026-13-01 00:00:00", "2026-04-14 25:00:00", "20260414T000000",
     "2026-W16-2T00:00:00", "1776124800", "2026-04-14 00:00", "2026-04-14T00:00:00+07:60", "2026-04-14T00:00:00+25:00",
     "٢٠٢٦-04-14 00:00:00"],
)  # fmt: skip
def test_other_forms_are_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_time(text, "starttime", HO_CHI_MINH)
    assert caught.value.field == "starttime"


def test_the_end_of_the_calendar_bounds_nothing() -> None:
    assert after(read_time("9999-12-31T23:59:59Z", "endtime", HO_CHI_MINH), 1) is None
    assert after(None, 1) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0912345678", ("+84912345678",)),
        ("+84912345678", ("+84912345678",)),
        ("84912345678", ("+84912345678",)),
        ("+39 02 1234 5678", ("+390212345678",)),
        ("anonymous", ("anonymous",)),
        ("12", ("12",)),
    ],
)
def test_a_whole_number_in_every_form(text: str, expected: tuple[str, ...]) -> None:
    found = read_number_filter(text, "VN")
    assert found.part == ""
    assert set(expected) <= set(found.exact)


@pytest.mark.parametrize("text", ["912", "345678", "12345678"])
def test_a_few_digits_are_a_part(text: str) -> None:
    assert read_number_filter(text, "VN") == NumberFilter(part=text)


def test_nothing_is_no_filter() -> None:
    assert read_number_filter(" ", "VN") == NumberFilter()
