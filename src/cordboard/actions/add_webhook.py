"""Tell somebody of a tenant's calls from now on."""

import asyncio

from cordboard.actions.checks import check_one_of, check_text
from cordboard.actions.core import Core
from cordboard.delivery.address_guard import AddressGuard, ForbiddenAddress
from cordboard.delivery.callback_url import read_callback_url
from cordboard.domain.errors import InvalidInput
from cordboard.domain.tenant import Tenant
from cordboard.domain.webhook import Subscription

# A name that does not resolve now may resolve later; whoever types is not kept waiting for it.
LOOK_UP_SECONDS = 2.0


async def add_webhook(
    core: Core, tenant: Tenant, *, dialect: str, url: str, authorization: str, wants_every_change: bool = False
) -> Subscription:
    """Add a webhook. ``authorization`` goes with each request, as it stands; ``url`` is kept byte for byte.

    Its address is judged now, for the sake of whoever types it, and again at each request.

    Raises:
        InvalidInput: an unknown dialect, a URL that cannot be sent to, or an address that may not be reached.
        Unavailable: the database is away.
    """
    check_one_of("dialect", dialect, sorted(core.renderers))
    await _check_address(core, url)
    authorization = check_text("authorization", authorization, longest=1_000).strip()
    async with core.store.for_tenant(tenant.id).transaction() as rows:
        return await rows.subscriptions.add(
            dialect=dialect, url=url, authorization=authorization, wants_every_change=wants_every_change
        )


async def _check_address(core: Core, url: str) -> None:
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
