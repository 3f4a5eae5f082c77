"""API keys: ``sk_live_`` + 8 public + 32 secret + 6 check characters. Only their SHA-256 is stored.

The check characters let a typing error, or a leaked key in somebody's source, be told from any other text without
asking the database. Existing keys of other systems may be imported: any text of at least 8 characters is a key.
"""

import hashlib
import secrets
import string
import zlib
from dataclasses import dataclass
from datetime import datetime

from cordboard.domain.errors import InvalidInput

PREFIX = "sk_live_"
LEAST_CHARACTERS = 8
MOST_CHARACTERS = 512

_ALPHABET = string.digits + string.ascii_letters
_PUBLIC = 8
_SECRET = 32  # 190 bits
_CHECK = 6  # 62**6 > 2**32: a CRC-32 fits


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """An API key as the tenant sees it: never its value. ``hint`` tells one from another. None: not revoked."""

    id: int
    tenant_id: int
    name: str
    hint: str
    scopes: frozenset[str]
    created_at: datetime
    revoked_at: datetime | None = None


def new_key() -> str:
    """A key that nobody can guess."""
    body = "".join(secrets.choice(_ALPHABET) for _ in range(_PUBLIC + _SECRET))
    return f"{PREFIX}{body}{_check(body)}"


def looks_like_ours(value: str) -> bool:
    """True for a key in our format whose check characters are right."""
    body = value.removeprefix(PREFIX)[:-_CHECK]
    is_formed = len(body) == _PUBLIC + _SECRET and all(character in _ALPHABET for character in body)
    return is_formed and value == f"{PREFIX}{body}{_check(body)}"


def hash_key(value: str) -> bytes:
    """What is stored of a key: its SHA-256, 32 bytes. The secret part is random: no salt, no stretching needed."""
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).digest()


def hint_of(value: str) -> str:
    """What may be shown of a key: the public part of ours, the first two characters of an imported one."""
    return value[: len(PREFIX) + _PUBLIC] if looks_like_ours(value) else f"{value[:2]}…"


def check_imported(value: str) -> str:
    """``value`` when it may be imported as a key: printable ASCII, as a header can carry it.

    Raises InvalidInput.
    """
    if not LEAST_CHARACTERS <= len(value) <= MOST_CHARACTERS:
        raise InvalidInput("value", f"a key has {LEAST_CHARACTERS} to {MOST_CHARACTERS} characters")
    if not all("!" <= character <= "~" for character in value):
        raise InvalidInput("value", "a key consists of printable ASCII characters without spaces")
    return value


def _check(body: str) -> str:
    """CRC-32 in base 62, as other services that issue keys do."""
    number = zlib.crc32(body.encode("ascii"))
    digits = []
    for _ in range(_CHECK):
        number, digit = divmod(number, 62)
        digits.append(_ALPHABET[digit])
    return "".join(reversed(digits))
