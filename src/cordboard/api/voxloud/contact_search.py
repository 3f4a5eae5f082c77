"""What contacts are searched by: parts of names, of addresses, and of numbers in any form."""

import re
from typing import Annotated

import msgspec

from cordboard.api.common.fields import checked, whole_number_of
from cordboard.api.common.wire_types import says
from cordboard.domain.contact import ContactFilter
from cordboard.domain.number import canonical_beginning, read_number

LIMIT = 20
MOST_LIMIT = 100
# Far beyond any tenant's last contact, and within a bigint.
MOST_OFFSET = 1_000_000_000

_NUMBER_PART = re.compile(r"\+?[0-9 ().\-/]*[0-9][0-9 ().\-/]*\Z", re.ASCII)
_SEPARATORS = re.compile(r"[ ().\-/]")


class ContactQuery(msgspec.Struct):
    """Whom to look for. All that is given must be met, whatever the case of its letters."""

    first_name: Annotated[str, says("All or a part of it.", "jOhN")] = ""
    last_name: Annotated[str, says("All or a part of it.", "dOe")] = ""
    phone: Annotated[str, says("All or a part of any of the numbers, in any form.", "678")] = ""
    email: Annotated[str, says("All or a part of any of the addresses.", "j.doe0")] = ""
    offset: Annotated[str, says("How many to leave out. (0)", "0")] = ""
    limit: Annotated[str, says("At most so many, 1 to 100. (20)", "25")] = ""


def read_criteria(query: ContactQuery, country: str) -> ContactFilter | None:
    """What a query asks for; None when nobody can be met: no number has letters. Raises InvalidInput."""
    phone = checked(query.phone, "phone").strip()
    criteria = ContactFilter(
        first_name=checked(query.first_name, "first_name").strip(),
        last_name=checked(query.last_name, "last_name").strip(),
        email=checked(query.email, "email").strip(),
        phone=number_parts(phone, country),
        offset=whole_number_of(query.offset, "offset", default=0, least=0, most=MOST_OFFSET),
        limit=whole_number_of(query.limit, "limit", default=LIMIT, least=1, most=MOST_LIMIT),
    )
    return None if phone and not criteria.phone else criteria


def number_parts(text: str, country: str) -> tuple[str, ...]:
    """What a canonical number may have in it when ``text`` is a part of it, or all of it, as written in ``country``.

    ``+390`` begins a number; ``0912`` may stand in the middle of one, or begin a number of ``country`` (+84912), and
    ``0039`` one of abroad. None when ``text`` is no part of any.
    """
    if not _NUMBER_PART.match(text):
        return ()
    digits = _SEPARATORS.sub("", text)
    parts = [digits]
    if not digits.startswith("+"):
        whole = read_number(digits, country) or ""
        parts.append(f"+{digits.removeprefix('00')}" if digits.startswith("00") else whole)
        parts.append(canonical_beginning(digits, country) or whole)
    return tuple(part for part in dict.fromkeys(parts) if part.strip("+"))
