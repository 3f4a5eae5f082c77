from pathlib import Path

import pytest

from cordboard.actions.add_webhook import add_webhook
from cordboard.actions.core import Core
from cordboard.actions.create_tenant import NewTenant, create_tenant
from cordboard.actions.enable_webhook import enable_webhook
from cordboard.actions.remove_webhook import remove_webhook
from cordboard.domain.errors import InvalidInput, NotFound
from cordboard.domain.tenant import Tenant
from cordboard.domain.webhook import EventKind
from cordboard.store import Store
from tests.support.core import make_core

# A public address, never reached: it is only judged.
KINDS = frozenset({EventKind.CALL_RECORDED, EventKind.CALL_CHANGED})
URL = "https://93.184.216.34/hook?key=%2Fx"


async def add(core: Core, tenant: Tenant, url: str = URL, dialect: str = "alohub") -> int:
    added = await add_webhook(core, tenant, dialect=dialect, url=url, kinds=KINDS, authorization="partner key")
    return added.id


async def test_a_webhook_is_kept_as_given(core: Core, tenant: Tenant) -> None:
    added = await add_webhook(
        core,
        tenant,
        dialect="alohub",
        url=URL,
        kinds=KINDS,
        authorization="partner key",
        notification_email="a@b.example",
    )
    assert (added.url, added.kinds, added.is_enabled, added.dialect) == (URL, KINDS, True, "alohub")
    assert added.notification_email == "a@b.example"
    assert await core.store.for_tenant(tenant.id).subscriptions.list() == [added]


@pytest.mark.parametrize(
    "url",
    [
        "ftp://93.184.216.34/", "https://", "https:///x", "93.184.216.34", "https://93.184.216.34:0/",
        "https://93.184.216.34/ x", "https://93.184.216.34/\n", "",
        "http://127.0.0.1/", "http://10.0.0.1/", "http://[::1]/", "http://169.254.169.254/", "http://2130706433/",
    ],
)  # fmt: skip
async def test_a_url_that_we_would_never_send_to_is_refused(core: Core, tenant: Tenant, url: str) -> None:
    with pytest.raises(InvalidInput, match=r"^url: "):
        await add(core, tenant, url)


async def test_a_private_network_that_is_named_is_permitted(store: Store, tmp_path: Path, tenant: Tenant) -> None:
    core = make_core(store, tmp_path, allow_networks=("127.0.0.0/8",))
    await add(core, tenant, "http://127.0.0.1:9999/hook")
    with pytest.raises(InvalidInput):
        await add(core, tenant, "http://10.0.0.1/hook")


async def test_a_name_that_nobody_knows_yet_is_fine(core: Core, tenant: Tenant) -> None:
    await add(core, tenant, "https://not-there-yet.invalid/hook")


async def test_an_unknown_dialect_is_refused(core: Core, tenant: Tenant) -> None:
    with pytest.raises(InvalidInput, match="dialect: 'esperanto' is none of alohub, plain"):
        await add(core, tenant, dialect="esperanto")


async def test_a_webhook_that_was_switched_off_starts_afresh(core: Core, tenant: Tenant) -> None:
    rows = core.store.for_tenant(tenant.id)
    webhook_id = await add(core, tenant)
    async with rows.transaction() as transaction:
        await transaction.subscriptions.disable(webhook_id, "410 Gone")
    await enable_webhook(core, tenant, webhook_id)
    (webhook,) = await rows.subscriptions.list()
    assert (webhook.is_enabled, webhook.failed_count, webhook.last_error) == (True, 0, None)


async def test_nobody_touches_a_foreign_webhook(core: Core, tenant: Tenant) -> None:
    other = await create_tenant(core, NewTenant(name="globex"))
    webhook_id = await add(core, tenant)
    with pytest.raises(NotFound, match=f"no webhook '{webhook_id}'"):
        await enable_webhook(core, other, webhook_id)
    with pytest.raises(NotFound, match=f"no webhook '{webhook_id}'"):
        await remove_webhook(core, other, webhook_id)
    await remove_webhook(core, tenant, webhook_id)
    assert await core.store.for_tenant(tenant.id).subscriptions.list() == []
