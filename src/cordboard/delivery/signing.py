"""Signatures of webhooks: Standard Webhooks 1.0, with a secret that both sides know."""

import base64
import hashlib
import hmac
from datetime import datetime
from functools import lru_cache

from cordboard.domain.signing_secret import live_secrets, secret_bytes
from cordboard.domain.webhook import Delivery


def signing_headers(delivery: Delivery, at: datetime) -> dict[str, str]:
    """The headers by which a receiver knows an event again, and that it is from us and new.

    One signature for each secret that is live ``at`` the attempt, newest first. The body is signed as it stands.
    """
    webhook_id, timestamp = str(delivery.id), str(int(at.timestamp()))
    headers = {"webhook-id": webhook_id, "webhook-timestamp": timestamp}
    signed = f"{webhook_id}.{timestamp}.".encode() + delivery.body
    signatures = [_signature(secret.value, signed) for secret in live_secrets(delivery.secrets, at)]
    if signatures:
        headers["webhook-signature"] = " ".join(signatures)
    return headers


def _signature(secret: str, signed: bytes) -> str:
    digest = hmac.digest(_key(secret), signed, hashlib.sha256)
    return f"v1,{base64.b64encode(digest).decode()}"


@lru_cache(maxsize=4096)
def _key(secret: str) -> bytes:
    return secret_bytes(secret)
