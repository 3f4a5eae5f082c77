import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.api.common.byte_range import ByteRange, read_range
from cordboard.api.common.errors import UnsatisfiableRange


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-0", ByteRange(0, 0)),
        ("bytes=0-", ByteRange(0, 99)),
        ("bytes=10-19", ByteRange(10, 19)),
        ("bytes=90-200", ByteRange(90, 99)),
        ("bytes=-1", ByteRange(99, 99)),
        ("bytes=-500", ByteRange(0, 99)),
        (f"bytes=90-{'9' * 900}", ByteRange(90, 99)),
        ("BYTES = 5 - 6", ByteRange(5, 6)),
    ],
)
def test_a_single_range(header: str, expected: ByteRange) -> None:
    assert read_range(header, 100) == expected


@pytest.mark.parametrize(
    "header",
    [
        "",
        "bytes=-",
        "bytes=a-b",
        "bytes=5-4",
        "bytes=0-1,3-4",
        "items=0-1",
        "bytes",
        "bytes=\u0660-\u0669",
        f"bytes={'9' * 5000}-",
    ],
)
def test_what_makes_no_sense_means_the_whole_file(header: str) -> None:
    assert read_range(header, 100) is None


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=100-200", "bytes=-0", f"bytes={'9' * 20}-"])
def test_outside_of_the_file(header: str) -> None:
    with pytest.raises(UnsatisfiableRange):
        read_range(header, 100)


@pytest.mark.parametrize("header", ["bytes=0-", "bytes=0-0", "bytes=-1"])
def test_an_empty_file_has_no_range(header: str) -> None:
    with pytest.raises(UnsatisfiableRange):
        read_range(header, 0)


@given(st.one_of(st.none(), st.integers(0, 300)), st.one_of(st.none(), st.integers(0, 300)), st.integers(0, 250))
def test_a_range_lies_within_the_file(first: int | None, last: int | None, size: int) -> None:
    header = f"bytes={'' if first is None else first}-{'' if last is None else last}"
    try:
        part = read_range(header, size)
    except UnsatisfiableRange:
        return
    assert part is None or 0 <= part.first <= part.last < size
