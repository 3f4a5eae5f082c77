"""The demo is made once, and stays what it was."""

import json
import shlex
from pathlib import Path

from cordboard.domain.did import RouteKind
from cordboard.lab.accounts import FILE_NAME, DemoSecrets, read_secrets, write_secrets
from cordboard.lab.configuration import CARRIER_HOSTS
from cordboard.lab.demo import DID, GROUP, GROUP_EXTENSION, TENANT, TRUNK, Demo, seed
from cordboard.store import Store
from tests.support.core import make_core


async def seeded(store: Store, home: Path, *, lab_port: int = 40000) -> Demo:
    (home / "run").mkdir(exist_ok=True)
    return await seed(make_core(store, home, lab_sip=f"127.0.0.1:{lab_port}", public_url="http://127.0.0.1:8080"))


async def test_the_demo_has_all_that_a_call_needs(store: Store, tmp_path: Path) -> None:
    demo = await seeded(store, tmp_path)
    tenant = await store.system.tenants.by_name(TENANT)
    assert tenant
    assert tenant.cors_origins == ("*",)
    identity = await store.system.keys.identify(demo.key)
    assert identity
    assert identity.tenant.id == tenant.id
    assert "call" in identity.scopes

    rows = store.for_tenant(tenant.id)
    agents = {agent.extension: agent for agent in await rows.agents.list()}
    assert set(agents) == {"6688", "101"}
    assert {account.extension: account.sip_username for account in demo.accounts} == {
        extension: agent.sip_username for extension, agent in agents.items()
    }
    (did,) = await rows.dids.list()
    assert (did.number, did.route_kind, did.route_to) == (DID, RouteKind.AGENT, "6688")
    (group,) = await rows.groups.list()
    assert (group.name, group.extension, group.members) == (GROUP, GROUP_EXTENSION, ("6688", "101"))
    assert [number for number, _ in demo.inside] == ["6688", "101", GROUP_EXTENSION, DID]
    (trunk,) = await rows.trunks.list()
    assert (trunk.name, trunk.host, trunk.port) == (TRUNK, CARRIER_HOSTS[0], 40000)


async def test_the_line_to_copy_makes_a_call(store: Store, tmp_path: Path) -> None:
    demo = await seeded(store, tmp_path)
    words = shlex.split(demo.curl)
    assert words[0] == "curl"
    assert "http://127.0.0.1:8080/api/v1.0/base/makeCall" in words
    assert f"Authorization: {demo.key}" in words
    assert json.loads(words[words.index("-d") + 1]) == {"phoneNumber": demo.numbers[1][0], "ipPhone": "6688"}


async def test_a_second_start_finds_everything_as_it_was(store: Store, tmp_path: Path) -> None:
    assert await seeded(store, tmp_path) == await seeded(store, tmp_path)


async def test_the_trunk_follows_the_lab(store: Store, tmp_path: Path) -> None:
    await seeded(store, tmp_path)
    await seeded(store, tmp_path, lab_port=40002)
    tenant = await store.system.tenants.by_name(TENANT)
    assert tenant
    (trunk,) = await store.for_tenant(tenant.id).trunks.list()
    assert trunk.port == 40002


async def test_lost_passwords_are_replaced(store: Store, tmp_path: Path) -> None:
    before = await seeded(store, tmp_path)
    (tmp_path / "run" / FILE_NAME).unlink()
    after = await seeded(store, tmp_path)
    tenant = await store.system.tenants.by_name(TENANT)
    assert tenant
    agents = await store.for_tenant(tenant.id).agents.list()
    assert {agent.sip_username for agent in agents} == {account.sip_username for account in after.accounts}
    (group,) = await store.for_tenant(tenant.id).groups.list()
    assert group.members == ("6688", "101")
    assert after.key != before.key
    assert await store.system.keys.identify(after.key)


async def test_what_somebody_made_of_the_group_stays(store: Store, tmp_path: Path) -> None:
    await seeded(store, tmp_path)
    tenant = await store.system.tenants.by_name(TENANT)
    assert tenant
    rows = store.for_tenant(tenant.id)
    await rows.groups.remove(GROUP)
    taken = await rows.groups.create(name="support", extension=GROUP_EXTENSION)
    await seeded(store, tmp_path)
    assert await rows.groups.list() == [taken]
    await rows.groups.remove("support")
    smaller = await rows.groups.create(name=GROUP, extension="701", members=("101",))
    await seeded(store, tmp_path)
    assert await rows.groups.list() == [smaller]


async def test_a_new_database_gets_the_old_key(store: Store, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    write_secrets(tmp_path / "run", DemoSecrets(key="sk_written_down_somewhere"))
    assert (await seeded(store, tmp_path)).key == "sk_written_down_somewhere"


async def test_the_secrets_are_their_owners_only(store: Store, tmp_path: Path) -> None:
    demo = await seeded(store, tmp_path)
    assert (tmp_path / "run" / FILE_NAME).stat().st_mode & 0o777 == 0o600
    assert read_secrets(tmp_path / "run") == DemoSecrets(key=demo.key, accounts=demo.accounts)
    assert demo.key not in repr(demo)
    assert demo.accounts[0].sip_password not in repr(demo)
