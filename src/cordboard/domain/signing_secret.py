"""Secrets that webhooks are signed with (Standard Webhooks 1.0): a few may be live at once, while one takes over."""

import base64
import binascii
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cordboard.domain.errors import InvalidInput, LimitReached

PREFIX = "whsec_"
FEWEST_BYTES, MOST_BYTES = 24, 64
NEW_BYTES = 32
# A receiver tries them all: more than this would mean that nobody looks after them.
MOST_LIVE = 3
# How long the secrets before a new one sign beside it: a day to tell the receiver the new one.
OVERLAP = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningSecret:
    """A secret, and until when it signs; None: until another takes over."""

    value: str = field(repr=False)
    expires_at: datetime | None = None


def new_secret() -> str:
    """A secret that nobody can guess."""
    return PREFIX + base64.b64encode(secrets.token_bytes(NEW_BYTES)).decode()


def secret_bytes(text: str) -> bytes:
    """The key in a secret. Raises InvalidInput: it is not ``whsec_`` and the base64 of 24 to 64 bytes."""
    try:
        key = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not text.startswith(PREFIX) or not FEWEST_BYTES <= len(key) <= MOST_BYTES:
        raise InvalidInput("secret", f"is not '{PREFIX}' and {FEWEST_BYTES} to {MOST_BYTES} bytes in base64")
    return key


def live_secrets(known: Iterable[SigningSecret], at: datetime) -> tuple[SigningSecret, ...]:
    """Those that sign at an instant, newest first."""
    return tuple(each for each in known if each.expires_at is None or at < each.expires_at)


def rotated_secrets(
    known: Iterable[SigningSecret], value: str, at: datetime, *, overlap: timedelta = OVERLAP
) -> tuple[SigningSecret, ...]:
    """The secrets when ``value`` takes over: those before it sign for ``overlap`` more, or as long as they would have.

    Raises:
        LimitReached: there would be more than ``MOST_LIVE``.
        InvalidInput: ``value`` is live already.
    """
    until = at + overlap
    before = live_secrets(
        (
            SigningSecret(
                value=each.value, expires_at=until if each.expires_at is None else min(each.expires_at, until)
            )
            for each in known
        ),
        at,
    )
    if any(each.value == value for each in before):
        raise InvalidInput("secret", "is in use already")
    if len(before) >= MOST_LIVE:
        raise LimitReached("live signing secrets", MOST_LIVE)
    return (SigningSecret(value=value), *before)
