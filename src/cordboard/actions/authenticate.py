"""Who is asking, by an API key."""

from cordboard.actions.core import Core
from cordboard.domain.errors import Forbidden, Unauthenticated
from cordboard.domain.tenant import Identity

# A key that is revoked, or whose tenant is disabled, works nowhere after this long: a process keeps what it looked up
# that long, not longer.
KEPT_SECONDS = 1.0
# Bounds the memory that a flood of wrong keys can take.
KEPT_KEYS = 10_000


async def authenticate(core: Core, key: str) -> Identity:
    """The identity behind ``key``.

    Raises:
        Unauthenticated: the key is empty, unknown or revoked, or its tenant is disabled.
        Unavailable: the database is away.
    """
    now = core.clock.monotonic()
    kept = core.kept_identities.get(key)
    if kept is not None and kept[0] > now:
        return kept[1]
    identity = await core.store.system.keys.identify(key) if key else None
    if identity is None:
        core.kept_identities.pop(key, None)
        raise Unauthenticated
    if len(core.kept_identities) >= KEPT_KEYS:
        core.kept_identities.clear()
    core.kept_identities[key] = (now + KEPT_SECONDS, identity)
    return identity


def require(identity: Identity, scope: str) -> None:
    """Raise Forbidden unless the key may do what ``scope`` stands for."""
    if scope not in identity.scopes:
        raise Forbidden(scope)
