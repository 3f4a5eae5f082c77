"""The ``Range`` header, single ranges only (RFC 9110 section 14)."""

import re
from dataclasses import dataclass

from cordboard.api.common.errors import UnsatisfiableRange

# Far more digits than any file's size has, and fewer than Python refuses to read (4,300).
_SINGLE = re.compile(r"bytes\s*=\s*(\d{0,1000})\s*-\s*(\d{0,1000})\s*", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class ByteRange:
    """The bytes from ``first`` to ``last``, both included."""

    first: int
    last: int

    @property
    def size(self) -> int:
        """How many bytes."""
        return self.last - self.first + 1


def read_range(header: str, size: int) -> ByteRange | None:
    """The range of a file of ``size`` bytes that ``header`` asks for.

    None = the whole file: no header, another unit, several ranges, or no sense in it (RFC 9110 14.2 lets a server
    ignore each of these). Raises UnsatisfiableRange.
    """
    match = _SINGLE.fullmatch(header.strip())
    if match is None or match[1] == match[2] == "":
        return None
    if not match[1]:
        return _suffix(int(match[2]), size)
    first = int(match[1])
    last = int(match[2]) if match[2] else size - 1
    if match[2] and last < first:
        return None
    if first >= size:
        raise UnsatisfiableRange(size)
    return ByteRange(first, min(last, size - 1))


def _suffix(length: int, size: int) -> ByteRange:
    """The last ``length`` bytes."""
    if length == 0 or size == 0:
        raise UnsatisfiableRange(size)
    return ByteRange(max(0, size - length), size - 1)
