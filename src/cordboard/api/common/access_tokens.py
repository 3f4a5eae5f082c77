"""Access tokens: a login as text that its holder carries (JWT, RFC 7519), signed by the house."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import jwt
from jwt.types import Options

from cordboard.domain.errors import TokenRefused
from cordboard.domain.login import Login

# The only one that is ever read: what a token says of its own algorithm is not believed (RFC 8725 3.1).
ALGORITHM = "HS256"
# Times are compared with the house's clock, below.
_OPTIONS: Options = {
    "require": ["jti", "tid", "sub", "iat", "exp"],
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenHolder:
    """Whose a token is, and of which login."""

    login_id: UUID
    tenant_id: int


class AccessTokens:
    """Writes and reads tokens, by a key derived from the house's key file."""

    def __init__(self, secret: bytes) -> None:
        self._key = hmac.digest(secret, b"cordboard access token", hashlib.sha256)

    @classmethod
    def from_key_file(cls, key_file: Path) -> "AccessTokens":
        """By the house's own secret. Raises OSError when it cannot be read."""
        return cls(key_file.read_bytes())

    def write(self, login: Login, now: datetime) -> str:
        """The token of a login."""
        claims = {
            "jti": login.id.hex,
            "tid": login.tenant_id,
            "sub": str(login.agent_id),
            "iat": int(now.timestamp()),
            "exp": int(login.expires_at.timestamp()),
        }
        return jwt.encode(claims, self._key, algorithm=ALGORITHM)

    def read(self, token: str, now: datetime) -> TokenHolder:
        """Whose token it is. Whether the login still holds is the store's to say.

        Raises TokenRefused: we did not write it, or it has expired.
        """
        try:
            claims = jwt.decode(token, self._key, algorithms=[ALGORITHM], options=_OPTIONS)
            login_id, expires_at = UUID(hex=claims["jti"]), datetime.fromtimestamp(claims["exp"], UTC)
            tenant_id = int(claims["tid"])
        except (jwt.InvalidTokenError, ValueError, TypeError, OverflowError) as error:
            raise TokenRefused from error
        if expires_at <= now:
            raise TokenRefused
        return TokenHolder(login_id=login_id, tenant_id=tenant_id)
