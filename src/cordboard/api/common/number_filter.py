"""Numbers in filters: a full number matches in any of its forms, a few digits match any number that has them in it."""

from dataclasses import dataclass

from cordboard.domain.number import canonical_beginning, read_number


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberFilter:
    """``exact``: canonical numbers, any of which matches; or ``part``: digits that a number contains.

    ``beginning``: how a number begins in canonical form that is written with ``part`` first at home.
    """

    exact: tuple[str, ...] = ()
    part: str = ""
    beginning: str = ""


def read_number_filter(text: str, country: str) -> NumberFilter:
    """The filter that ``text`` means in ``country``; 3 to 8 bare digits are a part, all else is a whole number.

    ``84912345678`` may be a national number or an international one without its ``+``: both are looked for. What is no
    number is looked for as it stands (a hidden caller's name).
    """
    text = text.strip()
    if not text:
        return NumberFilter()
    is_bare = text.isascii() and text.isdecimal()
    if is_bare and 3 <= len(text) <= 8:
        return NumberFilter(part=text, beginning=canonical_beginning(text, country))
    readings = [read_number(text, country)]
    if is_bare:
        readings.append(read_number(f"+{text}", country))
    exact = tuple(dict.fromkeys(reading for reading in readings if reading))
    return NumberFilter(exact=exact or (text,))
