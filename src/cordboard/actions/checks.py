"""Whether a value that a person typed can be used. Pure; each raises InvalidInput naming the field."""

import ipaddress
import re
import zoneinfo
from collections.abc import Mapping, Sequence
from functools import cache
from urllib.parse import urlsplit

import phonenumbers

from cordboard.domain.errors import InvalidInput
from cordboard.domain.tenant import SCOPES

LANGUAGES = ("vi", "en")
# What our engine can translate: a call in any other could be passed on but not recorded, nor hear a tone.
CODECS = ("alaw", "ulaw", "g722", "gsm", "opus")

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_EXTENSION = re.compile(r"[1-9][0-9]{1,7}\Z")
_PREFIX = re.compile(r"\+[1-9][0-9]{0,14}\Z")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\Z")
_WEB_ADDRESS = re.compile(r"https?://[^\s/]+(/\S*)?\Z")
_HOST_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\Z")


def check_name(field: str, text: str, *, longest: int = 100) -> str:
    """A name: something to see, one line, without blanks around it."""
    text = check_text(field, text, longest=longest).strip()
    if not text:
        raise InvalidInput(field, "must not be empty")
    return text


def check_text(field: str, text: str, *, longest: int = 200) -> str:
    """One line of text, perhaps empty."""
    if _CONTROL.search(text):
        raise InvalidInput(field, "must be one line without control characters")
    if len(text) > longest:
        raise InvalidInput(field, f"must not be longer than {longest} characters")
    return text


def check_word(field: str, text: str, *, longest: int = 64) -> str:
    """A name without blanks: people log in with it, machines call each other by it."""
    text = check_name(field, text, longest=longest)
    if re.search(r"\s", text):
        raise InvalidInput(field, f"'{text}' must not contain blanks")
    return text


def check_email(field: str, text: str) -> str:
    """An address that mail could be sent to, or nothing."""
    text = check_text(field, text.strip(), longest=254)
    if text and not _EMAIL.match(text):
        raise InvalidInput(field, f"'{text}' is not an e-mail address")
    return text


def check_country(text: str) -> str:
    """An ISO 3166 country, upper case, whose numbers we can read."""
    country = text.strip().upper()
    if country not in phonenumbers.SUPPORTED_REGIONS:
        raise InvalidInput("country", f"'{text}' is not a country of ISO 3166, such as VN")
    return country


@cache
def _zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def check_timezone(text: str) -> str:
    """A time zone of the IANA database."""
    if text not in _zones():
        raise InvalidInput("timezone", f"'{text}' is not a time zone, such as Asia/Ho_Chi_Minh")
    return text


def check_one_of(field: str, text: str, known: Sequence[str]) -> str:
    """One of a few words."""
    if text not in known:
        raise InvalidInput(field, f"'{text}' is none of {', '.join(known)}")
    return text


def check_range(field: str, number: int, lowest: int, highest: int) -> int:
    """A number within its range, ends included."""
    if not lowest <= number <= highest:
        raise InvalidInput(field, f"{number} is not between {lowest} and {highest}")
    return number


def check_extension(field: str, text: str) -> str:
    """An agent's internal number: 2 to 8 digits, no leading 0."""
    if not _EXTENSION.match(text):
        raise InvalidInput(field, f"'{text}' is not 2 to 8 digits without a leading 0")
    return text


def check_destinations(prefixes: Sequence[str]) -> tuple[str, ...]:
    """Prefixes that may be called: ``+`` and digits. Empty ones are left out."""
    given = [prefix.strip() for prefix in prefixes if prefix.strip()]
    for prefix in given:
        if not _PREFIX.match(prefix):
            raise InvalidInput("allow_destination", f"'{prefix}' is not a prefix such as +84")
    return tuple(dict.fromkeys(given))


def check_origins(origins: Sequence[str]) -> tuple[str, ...]:
    """Web origins as browsers send them (RFC 6454), or ``*``. Empty ones are left out."""
    given = [origin.strip() for origin in origins if origin.strip()]
    for origin in given:
        parts = urlsplit(origin)
        if origin != "*" and (parts.scheme not in {"http", "https"} or f"{parts.scheme}://{parts.netloc}" != origin):
            raise InvalidInput("cors_origin", f"'{origin}' is not an origin such as https://crm.example.com")
    return tuple(dict.fromkeys(given))


def check_logos(logos: Mapping[str, str]) -> dict[str, str]:
    """Addresses of pictures, by whatever they stand for."""
    checked = {
        check_name("crm_logo", name): check_text("crm_logo", url.strip(), longest=2000) for name, url in logos.items()
    }
    for url in checked.values():
        if not _WEB_ADDRESS.match(url):
            raise InvalidInput("crm_logo", f"'{url}' is not an address such as https://crm.example/logo.png")
    return checked


def check_scopes(scopes: Sequence[str]) -> frozenset[str]:
    """At least one known scope."""
    if not scopes:
        raise InvalidInput("scope", "give at least one scope")
    for scope in scopes:
        check_one_of("scope", scope, SCOPES)
    return frozenset(scopes)


def check_codecs(codecs: Sequence[str]) -> tuple[str, ...]:
    """At least one codec that the engine knows, best first."""
    given = [codec.strip().lower() for codec in codecs if codec.strip()]
    if not given:
        raise InvalidInput("codecs", "give at least one codec")
    for codec in given:
        check_one_of("codecs", codec, CODECS)
    return tuple(dict.fromkeys(given))


def check_host(field: str, text: str) -> str:
    """A host name or an IP address."""
    text = text.strip()
    try:
        return str(ipaddress.ip_address(text.strip("[]")))
    except ValueError:
        pass
    labels = text.removesuffix(".").split(".")
    # All digits in the last label: somebody mistyped an IPv4 address (RFC 1123 2.1).
    if len(text) > 253 or labels[-1].isdigit() or not all(_HOST_LABEL.match(label) for label in labels):
        raise InvalidInput(field, f"'{text}' is neither a host name nor an IP address")
    return text
