"""Tell somebody of a tenant's calls from now on."""

import asyncio

from cordboard.actions.checks import check_one_of, check_text
from cordboard.actions.core import Core
from cordboard.delivery.address_guard import AddressGuard, ForbiddenAddress
from cordboard.delivery.callback_url import read_callback_url
from cordboard.domain.errors import InvalidInput
from cordboard.domain.signing_secret import secret_bytes
from cordboard.domain.tenant import Tenant
from cordboard.domain.webhook import EventKind, Subscription

# A name that does not resolve now may resolve later; whoever types is not kept waiting for it.
LOOK_UP_SECONDS = 2.0
LONGEST_AUTHORIZATION = 1_000


async def add_webhook(
    core: Core,
    tenant: Tenant,
    *,
    dialect: str,
    url: str,
    kinds: frozenset[EventKind],
    authorization: str = "",
    notification_email: str = "",
    secret: str = "",
) -> Subscription:
    """Add a webhook for ``kinds`` of events, which its dialect has to send.

    ``authorization`` goes with each request, as it stands; ``url`` is kept byte for byte. Its address is judged now,
    for the sake of whoever types it, and again at each request. Webhooks are signed with ``secret``; "": with one that
    is drawn and not told, until another takes over (``rotate_secret``).

    Raises:
        InvalidInput: an unknown dialect, one that does not send that, a URL that cannot be sent to, an address that
            may not be reached, or no secret.
        Unavailable: the database is away.
    """
    check_one_of("dialect", dialect, sorted(core.renderers))
    check_kinds(core, dialect, kinds)
    await check_callback_url(core, url)
    authorization = check_text("authorization", authorization, longest=LONGEST_AUTHORIZATION).strip()
    notification_email = check_text("notification_email", notification_email)
    if secret:
        secret_bytes(secret)
    async with core.store.for_tenant(tenant.id).transaction() as rows:
        return await rows.subscriptions.add(
            dialect=dialect,
            url=url,
            kinds=kinds,
            authorization=authorization,
            notification_email=notification_email,
            secret=secret,
        )


def check_kinds(core: Core, dialect: str, kinds: frozenset[EventKind]) -> None:
    """Whether a dialect sends these kinds of events to one subscription. Raises InvalidInput."""
    renderer = core.renderers[dialect]
    if not kinds <= renderer.kinds:
        raise InvalidInput("events", f"of '{dialect}' are {', '.join(sorted(renderer.kinds))}")
    if not kinds or (renderer.has_single_kind and len(kinds) > 1):
        raise InvalidInput("events", f"must be {'exactly one' if renderer.has_single_kind else 'given'}")


async def check_callback_url(core: Core, url: str) -> None:
    """Whether something can be sent there. Raises InvalidInput."""
    target = read_callback_url(url)
    guard = AddressGuard(core.settings.allow_networks)
    try:
        async with asyncio.timeout(LOOK_UP_SECONDS):
            await guard.resolve(target.host or "", target.port or 0)
    except ForbiddenAddress as error:
        raise InvalidInput("url", f"{error}; the setting allow_networks can permit it") from error
    except OSError:
        return  # no such name, no name server, no answer in time: not a matter of what is allowed
    finally:
        await guard.close()
