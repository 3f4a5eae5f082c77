"""Tell somebody of a tenant's calls from now on."""

import asyncio

from cordboard.actions.checks import check_one_of, check_text
from cordboard.actions.core import Core
from cordboard.delivery.address_guard import AddressGuard, ForbiddenAddress
from cordboard.delivery.callback_url import read_callback_url
from cordboard.domain.errors import InvalidInput
from cordboard.domain.tenant import Tenant
from cordboard.domain.webhook import EventKind, Subscription

# A name that does not resolve now may resolve later; whoever types is not kept waiting for it.
LOOK_UP_SECONDS = 2.0


async def add_webhook(
    core: Core,
    tenant: Tenant,
    *,
    dialect: str,
    url: str,
    kinds: frozenset[EventKind],
    authorization: str = "",
    notification_email: str = "",
) -> Subscription:
    """Add a webhook for ``kinds`` of events, which its dialect has to send.

    ``authorization`` goes with each request, as it stands; ``url`` is kept byte for byte. Its address is judged now,
    for the sake of whoever types it, and again at each request.

    Raises:
        InvalidInput: an unknown dialect, one that does not send that, a URL that cannot be sent to, or an address that
            may not be reached.
        Unavailable: the database is away.
    """
    check_one_of("dialect", dialect, sorted(name for name, each in core.renderers.items() if kinds <= each.kinds))
    await check_callback_url(core, url)
    authorization = check_text("authorization", authorization, longest=1_000).strip()
    notification_email = check_text("notification_email", notification_email)
    async with core.store.for_tenant(tenant.id).transaction() as rows:
        return await rows.subscriptions.add(
            dialect=dialect,
            url=url,
            kinds=kinds,
            authorization=authorization,
            notification_email=notification_email,
        )


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
