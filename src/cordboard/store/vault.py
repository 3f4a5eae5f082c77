"""Secrets that must be read again (trunk passwords, partners' keys), sealed with a key that is not in the database."""

import base64
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from cordboard.domain.errors import CordboardError

_VERSION = b"\x01"
_NONCE_BYTES = 12
_KEY_BYTES = 32


class KeyFileUnusable(CordboardError):
    """The key file cannot be read or made, or is not the one that the database's secrets were sealed with."""


class Vault:
    """Seals and opens. AES-256-GCM; a sealed secret belongs to its tenant: moved to another's row it does not open."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    @classmethod
    def at(cls, key_file: Path) -> "Vault":
        """The vault of a key file, which is made (mode 0600) when it is missing. Raises KeyFileUnusable."""
        try:
            if not key_file.exists():
                _make(key_file)
            key = base64.b64decode(key_file.read_bytes(), validate=False)
        except (OSError, ValueError) as error:
            raise KeyFileUnusable(f"key file {key_file}: {error}") from error
        if len(key) != _KEY_BYTES:
            raise KeyFileUnusable(f"key file {key_file}: it does not hold {_KEY_BYTES} bytes in base64")
        return cls(key)

    def seal(self, tenant_id: int, secret: str) -> bytes:
        """``secret`` as it is stored. "" stays empty: that there is no secret is none."""
        if not secret:
            return b""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return _VERSION + nonce + self._cipher.encrypt(nonce, secret.encode(), str(tenant_id).encode())

    def open(self, tenant_id: int, sealed: bytes) -> str:
        """The secret again. Raises KeyFileUnusable when it was sealed with another key."""
        if not sealed:
            return ""
        nonce, text = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        try:
            return self._cipher.decrypt(nonce, text, str(tenant_id).encode()).decode()
        except InvalidTag as error:
            raise KeyFileUnusable("the key file is not the one that the database's secrets were sealed with") from error


def _make(key_file: Path) -> None:
    """Write a new key under another name, then link it: of two programs at once one wins, and both read its key."""
    key_file.parent.mkdir(parents=True, exist_ok=True)
    draft = key_file.with_name(f".{key_file.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(base64.b64encode(secrets.token_bytes(_KEY_BYTES)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, key_file)
        except FileExistsError:
            return
    finally:
        draft.unlink()
