"""Recording URLs that play without a header: signed by the house, for as long as the recording lives."""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path

# The full URL of a tenant's recording, by the tenant's id and the recording's name.
RecordingUrl = Callable[[int, str], str]

# 128 bits: nobody guesses one, and the URL stays short enough for a mail.
_MAC_BYTES = 16
_SEPARATOR = "."


class UrlSigner:
    """Signs the name of a recording together with its tenant, by a key derived from the house's key file."""

    def __init__(self, secret: bytes) -> None:
        key = hmac.digest(secret, b"cordboard recording url", hashlib.sha256)
        # Taking the key in is half of the work, so it is done once (0.9 against 1.5 µs for each signature).
        self._keyed = hmac.new(key, digestmod=hashlib.sha256)

    @classmethod
    def from_key_file(cls, key_file: Path) -> "UrlSigner":
        """By the house's own secret. Raises OSError when it cannot be read."""
        return cls(key_file.read_bytes())

    def sign(self, tenant_id: int, name: str) -> str:
        """The signature of a recording: ``<tenant>.<22 characters>``, safe in a query string as it is."""
        keyed = self._keyed.copy()
        keyed.update(f"{tenant_id}/{name}".encode())
        return f"{tenant_id}{_SEPARATOR}{urlsafe_b64encode(keyed.digest()[:_MAC_BYTES]).decode().rstrip('=')}"

    def tenant_of(self, signature: str, name: str) -> int | None:
        """The tenant for whom we signed ``name``; None when we did not."""
        tenant, _, _ = signature.partition(_SEPARATOR)
        if not (tenant.isascii() and tenant.isdecimal()) or len(tenant) > len(str(1 << 63)):
            return None
        is_ours = hmac.compare_digest(self.sign(int(tenant), name).encode(), signature.encode("utf-8", "replace"))
        return int(tenant) if is_ours else None
