"""Whole seconds as people of a zone read them. A page of a list has 200, and most share their quarter of an hour."""

from datetime import datetime, tzinfo
from functools import lru_cache

_QUARTER = 900
# Three weeks of a zone, about half a megabyte.
_MOST_QUARTERS = 2048
# Minutes and seconds of an hour.
_FACES = tuple(f"{minute:02d}:{second:02d}" for minute in range(60) for second in range(60))


class ClockFaces:
    """The times of one zone: 0.13 µs each (from ``isoformat`` 1.3, from ``strftime`` 6)."""

    __slots__ = ("_quarters", "_zone")

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone
        self._quarters = _Quarters(zone)

    def year_first(self, second: int | None) -> str:
        """``YYYY-MM-DD HH:mm:ss`` of a Unix time; "" of None."""
        if second is None:
            return ""
        quarter = self._quarters[second // _QUARTER]
        if quarter is None:
            return _plain(second, self._zone)
        return quarter[0] + _FACES[quarter[2] + second % _QUARTER]

    def day_first(self, second: int | None) -> str:
        """``dd/MM/yyyy HH:mm:ss`` of a Unix time; "" of None."""
        if second is None:
            return ""
        quarter = self._quarters[second // _QUARTER]
        if quarter is None:
            return _turned(_plain(second, self._zone))
        return quarter[1] + _FACES[quarter[2] + second % _QUARTER]


@lru_cache(maxsize=32)
def clock_faces(zone: tzinfo) -> ClockFaces:
    """The times of ``zone``; what was worked out for one of its times serves the next."""
    return ClockFaces(zone)


class _Quarters(dict[int, tuple[str, str, int] | None]):
    """By the quarter's number: up to the hour in both forms, and how many seconds of its hour lie before it.

    None when the zone is no whole quarters from UTC (as before 1972), or changes within this one.
    """

    def __init__(self, zone: tzinfo) -> None:
        super().__init__()
        self._zone = zone

    def __missing__(self, number: int) -> tuple[str, str, int] | None:
        if len(self) >= _MOST_QUARTERS:
            self.clear()
        first, last = (datetime.fromtimestamp(number * _QUARTER + second, self._zone) for second in (0, _QUARTER - 1))
        passed = first.minute * 60 + first.second
        self[number] = None
        if passed % _QUARTER == 0 and first.utcoffset() == last.utcoffset():
            until_hour = first.isoformat(" ")[:14]
            self[number] = until_hour, _turned(until_hour), passed
        return self[number]


def _plain(second: int, zone: tzinfo) -> str:
    return datetime.fromtimestamp(second, zone).isoformat(" ")[:19]


def _turned(text: str) -> str:
    return f"{text[8:10]}/{text[5:7]}/{text[:4]}{text[10:]}"
