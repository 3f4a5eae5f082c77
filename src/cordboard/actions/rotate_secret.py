"""Let another secret take over the signing of a webhook."""

from dataclasses import dataclass, field
from datetime import timedelta

from cordboard.actions.core import Core
from cordboard.domain.signing_secret import (
    OVERLAP,
    SigningSecret,
    live_secrets,
    new_secret,
    rotated_secrets,
    secret_bytes,
)
from cordboard.domain.tenant import Tenant


@dataclass(frozen=True, slots=True, kw_only=True)
class RotatedSecret:
    """The new secret, this once in clear, and those that sign beside it for a while."""

    value: str = field(repr=False)
    others: tuple[SigningSecret, ...]


async def rotate_secret(
    core: Core, tenant: Tenant, subscription_id: int, *, secret: str = "", is_at_once: bool = False
) -> RotatedSecret:
    """Sign with ``secret`` from now on, or with a new one; those before it sign for a day more, beside it.

    ``is_at_once``: they stop now, since somebody has seen them.

    Raises:
        InvalidInput: no secret, or one that is in use.
        LimitReached: three are live already.
        NotFound, Unavailable.
    """
    if secret:
        secret_bytes(secret)
    value, now = secret or new_secret(), core.clock.now()
    async with core.store.for_tenant(tenant.id).transaction() as rows:
        known = live_secrets(await rows.subscriptions.locked_secrets(subscription_id), now)
        changed = rotated_secrets(known, value, now, overlap=timedelta() if is_at_once else OVERLAP)
        await rows.subscriptions.set_secrets(subscription_id, changed)
    return RotatedSecret(value=value, others=changed[1:])
