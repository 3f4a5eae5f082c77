import json

from hypothesis import given
from hypothesis import strategies as st

from cordboard.api.common.json_body import DEPTH, is_too_deep


def nested(levels: int, *, opening: str = "[", closing: str = "]") -> bytes:
    return (opening * levels + closing * levels).encode()


def depth_of(value: object) -> int:
    if isinstance(value, dict):
        return 1 + max((depth_of(item) for item in value.values()), default=0)
    if isinstance(value, list):
        return 1 + max((depth_of(item) for item in value), default=0)
    return 0


JSON = st.recursive(
    st.text(alphabet='[]{}"\\a', max_size=6) | st.integers(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(alphabet='[{"\\', max_size=3), inner, max_size=3)
    ),
    max_leaves=20,
)


def test_the_limit_itself_is_allowed() -> None:
    assert not is_too_deep(nested(DEPTH))
    assert is_too_deep(nested(DEPTH + 1))


def test_objects_and_arrays_count_alike() -> None:
    pairs = '[{"a":' * (DEPTH // 2) + "1" + "}]" * (DEPTH // 2)
    assert not is_too_deep(pairs.encode())
    assert is_too_deep(f"[{pairs}]".encode())


def test_many_brackets_side_by_side_are_not_deep() -> None:
    assert not is_too_deep(b"[" + b"[],{}," * 1000 + b"[]]")


def test_brackets_in_strings_do_not_count() -> None:
    assert not is_too_deep(json.dumps({"a": "[" * 100 + '"' + "{" * 100 + "\\"}).encode())


@given(JSON, st.integers(min_value=25, max_value=34))
def test_agrees_with_counting_by_hand(value: object, around: int) -> None:
    for _ in range(around):
        value = [value]
    assert is_too_deep(json.dumps(value, ensure_ascii=False).encode()) == (depth_of(value) > DEPTH)


@given(st.binary(max_size=200))
def test_never_fails_on_what_is_no_json(noise: bytes) -> None:
    is_too_deep(noise * 20)
