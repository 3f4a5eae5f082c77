"""Telephone numbers: read in a tenant's country, kept canonical, written as each reader wants them.

Canonical: ``+`` and E.164 digits; a short or emergency number of the home country stays as its bare digits.
Validity is that of ITU-T E.164 lengths (``is_possible_number``), never of numbering plans: those change faster than
tables of them, and a number that does not exist is the carrier's to refuse.
"""

import re
import unicodedata
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberFormat, shortnumberinfo

from cordboard.domain.trunk import NumberFormat

# Stands for the number of whoever hides it.
HIDDEN_NUMBER = "anonymous"

_DIALLABLE = re.compile(r"[+(]?[0-9][0-9 ().\-\u2010-\u2015/]*\Z")
# Marks of direction and breaks that come along when a number is copied.
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_NOT_DIGIT = re.compile(r"[^0-9]")


@lru_cache(maxsize=8192)
def read_number(text: str, country: str) -> str | None:
    """The canonical form of a number as typed in ``country`` (ISO 3166), or None when nobody could dial it.

    As a ``tel:`` URI (RFC 3966) and in full-width digits too: so it is copied from pages and typed by Asian keyboards.
    """
    text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).strip().removeprefix("tel:")
    if not _DIALLABLE.match(text):
        return None
    digits = _NOT_DIGIT.sub("", text)
    if not digits.strip("0"):
        return None
    if not text.startswith("+") and is_short_number(digits, country):
        return digits
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def is_short_number(digits: str, country: str) -> bool:
    """True for an emergency or short number of ``country``: 113, 119."""
    if len(digits) > 6:
        return False
    if is_emergency_number(digits, country):
        return True
    try:
        number = phonenumbers.parse(digits, country)
    except phonenumbers.NumberParseException:
        return False
    return shortnumberinfo.is_valid_short_number_for_region(number, country)


def is_emergency_number(canonical: str, country: str) -> bool:
    """True for a number that reaches the emergency services of ``country``: it passes every cap."""
    return shortnumberinfo.is_emergency_number(canonical, country)


@lru_cache(maxsize=65536)
def national_form(canonical: str, country: str) -> str:
    """How people in ``country`` write a number: national digits for their own, ``+`` E.164 for others."""
    code = phonenumbers.country_code_for_region(country)
    own = canonical.removeprefix(f"+{code}")  # no country's code begins with another's
    if own == canonical or not own:
        return canonical
    # What parsing would find out is known of a canonical number; it is most of the work (28 against 12 µs).
    zeros = len(own) - len(own[:-1].lstrip("0")) - 1
    number = PhoneNumber(
        country_code=code,
        national_number=int(own),
        italian_leading_zero=True if zeros else None,
        number_of_leading_zeros=zeros if zeros > 1 else None,
    )
    return _NOT_DIGIT.sub("", phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL))


@lru_cache(maxsize=8192)
def carrier_form(canonical: str, number_format: NumberFormat, country: str) -> str:
    """A number as a carrier in ``country`` wants it. NATIONAL writes foreign numbers with that country's prefix."""
    if not canonical.startswith("+") or number_format is NumberFormat.E164_PLUS:
        return canonical
    if number_format is NumberFormat.E164:
        return canonical[1:]
    number = phonenumbers.parse(canonical)
    if number.country_code == phonenumbers.country_code_for_region(country):
        return national_form(canonical, country)
    return _NOT_DIGIT.sub("", phonenumbers.format_out_of_country_calling_number(number, country))


def canonical_beginning(digits: str, country: str) -> str:
    """How a number that begins with ``digits`` in ``country`` begins in canonical form: 0912 → +84912 in VN.

    "" when ``digits`` do not begin with the country's national prefix: then they may be in the middle of anything.
    """
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(country)
    prefix = (metadata.national_prefix if metadata else None) or ""
    if not prefix or not digits.startswith(prefix):
        return ""
    return f"+{phonenumbers.country_code_for_region(country)}{digits.removeprefix(prefix)}"


def is_allowed_destination(canonical: str, country: str, prefixes: tuple[str, ...]) -> bool:
    """Whether a tenant may call a number.

    Short and emergency numbers of the home country always; else the ``+`` prefixes that it was given, and without
    any the home country alone.
    """
    if not canonical.startswith("+"):
        return is_short_number(canonical, country)
    if prefixes:
        return canonical.startswith(prefixes)
    return canonical.startswith(f"+{phonenumbers.country_code_for_region(country)}")
