"""The signing secrets of a subscription as they are stored: all of them, with their times, as one sealed value."""

from collections.abc import Iterable

import msgspec

from cordboard.domain.signing_secret import SigningSecret
from cordboard.store.vault import Vault

_decoder = msgspec.json.Decoder(tuple[SigningSecret, ...])


def seal_secrets(vault: Vault, tenant_id: int, secrets: Iterable[SigningSecret]) -> bytes:
    """Secrets as one column, newest first."""
    return vault.seal(tenant_id, msgspec.json.encode(list(secrets)).decode())


def open_secrets(vault: Vault, tenant_id: int, sealed: bytes) -> tuple[SigningSecret, ...]:
    """The secrets in a column. Raises KeyFileUnusable."""
    return _decoder.decode(vault.open(tenant_id, sealed))
