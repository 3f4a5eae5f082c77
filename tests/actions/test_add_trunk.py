import dataclasses
from typing import Any

import pytest

from cordboard.actions.add_trunk import NewTrunk, add_trunk
from cordboard.actions.core import Core
from cordboard.actions.create_tenant import NewTenant, create_tenant
from cordboard.actions.remove_trunk import remove_trunk
from cordboard.domain.errors import AlreadyExists, InvalidInput, NotFound
from cordboard.domain.tenant import Tenant
from cordboard.domain.trunk import NumberFormat

CARRIER = NewTrunk(
    name="carrier",
    host="sip.carrier.example",
    port=5080,
    username="acme",
    password="trunk secret",
    number_format="national",
    does_register=True,
    priority=2,
    codecs=("OPUS", "alaw"),
    external_address="203.0.113.7",
)


async def test_nodes_are_told_of_a_trunk_with_its_password(core: Core, tenant: Tenant) -> None:
    before = await core.store.system.configuration.revision()
    made = await add_trunk(core, tenant, CARRIER)
    configuration = await core.store.system.configuration.load()
    assert configuration.revision > before
    assert configuration.trunks == (dataclasses.replace(made, password="trunk secret"),)
    assert (made.number_format, made.codecs) == (NumberFormat.NATIONAL, ("opus", "alaw"))
    assert "trunk secret" not in repr(CARRIER)


async def test_a_name_is_taken_once_within_a_tenant(core: Core, tenant: Tenant) -> None:
    await add_trunk(core, tenant, CARRIER)
    await add_trunk(core, await create_tenant(core, NewTenant(name="globex")), CARRIER)
    with pytest.raises(AlreadyExists, match="trunk 'carrier'"):
        await add_trunk(core, tenant, CARRIER)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " "}, "name"),
        ({"host": "carrier example"}, "host"),
        ({"port": 0}, "port"),
        ({"port": 65_536}, "port"),
        ({"username": ""}, "username"),
        ({"username": "", "does_register": False}, "username"),
        ({"username": "a\r\nb"}, "username"),
        ({"password": "a\nb"}, "password"),
        ({"number_format": "e123"}, "number_format"),
        ({"priority": 0}, "priority"),
        ({"codecs": ("mp3",)}, "codecs"),
        ({"codecs": ()}, "codecs"),
        ({"external_address": "1.2.3.4.5"}, "external_address"),
    ],
)
async def test_what_cannot_be_used_is_refused(core: Core, tenant: Tenant, changes: dict[str, Any], field: str) -> None:
    before = await core.store.system.configuration.revision()
    with pytest.raises(InvalidInput) as refused:
        await add_trunk(core, tenant, dataclasses.replace(CARRIER, **changes))
    assert refused.value.field == field
    assert await core.store.system.configuration.revision() == before


async def test_a_removed_trunk_is_gone_from_nodes(core: Core, tenant: Tenant) -> None:
    await add_trunk(core, tenant, CARRIER)
    before = await core.store.system.configuration.revision()
    await remove_trunk(core, tenant, "carrier")
    configuration = await core.store.system.configuration.load()
    assert configuration.trunks == ()
    assert configuration.revision > before
    with pytest.raises(NotFound, match="no trunk 'carrier'"):
        await remove_trunk(core, tenant, "carrier")
