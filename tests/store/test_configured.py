"""What is configured: tenants, keys, agents, trunks, DIDs; and what nodes are provisioned with."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest

from cordboard.domain.did import RouteKind
from cordboard.domain.errors import AlreadyExists, InvalidInput, NotFound
from cordboard.domain.key import hash_key, new_key
from cordboard.domain.provisioning import Phone
from cordboard.domain.registration import Registration, TrunkState
from cordboard.domain.trunk import NumberFormat
from cordboard.domain.webhook import EventKind
from cordboard.store import KeyFileUnusable, Store
from cordboard.store.agents import sip_password_md5
from tests.store.conftest import NOW, Office
from tests.support.database import as_administrator


async def test_tenants_are_made_listed_found_and_changed(store: Store) -> None:
    first = await store.system.tenants.create("acme", country="IT", cors_origins=("*",), max_calls=3)
    second = await store.system.tenants.create("globex", pbx_id=77)
    third = await store.system.tenants.create("initech")
    assert (first.country, first.cors_origins, first.max_calls) == ("IT", ("*",), 3)
    assert len({one.account_id for one in (first, second, third)}) == 3
    assert [one.pbx_id for one in (first, second, third)] == [1000, 77, 1001]
    assert await store.system.tenants.list() == [first, second, third]
    assert await store.system.tenants.by_name("globex") == second
    assert await store.system.tenants.by_name("nobody") is None
    changed = await store.for_tenant(first.id).tenants.change(
        language="en", max_calls=None, allowed_destinations=("+1",)
    )
    assert changed == replace(first, language="en", max_calls=None, allowed_destinations=("+1",))
    assert await store.for_tenant(first.id).tenants.get() == changed


async def test_names_of_tenants_are_taken_once(store: Store) -> None:
    tenant = await store.system.tenants.create("acme", pbx_id=5)
    await store.system.tenants.create("globex")
    with pytest.raises(AlreadyExists, match="tenant 'acme'"):
        await store.system.tenants.create("acme")
    with pytest.raises(AlreadyExists, match="pbx id '5'"):
        await store.system.tenants.create("initech", pbx_id=5)
    with pytest.raises(AlreadyExists, match="tenant 'globex'"):
        await store.for_tenant(tenant.id).tenants.change(name="globex")
    with pytest.raises(InvalidInput):
        await store.for_tenant(tenant.id).tenants.change(account_id="x")
    with pytest.raises(NotFound):
        await store.for_tenant(404).tenants.get()


async def test_a_key_identifies_its_tenant_until_it_is_revoked(office: Office) -> None:
    value = new_key()
    key = await office.rows.keys.create(name="crm", value=value, scopes=("report", "call"))
    identity = await office.store.system.keys.identify(value)
    assert identity is not None
    assert (identity.tenant, identity.key_id, identity.scopes) == (office.tenant, key.id, frozenset({"call", "report"}))
    assert key.hint == value[:16]
    assert await office.rows.keys.list() == [key]
    assert await office.store.system.keys.identify(value[:-1]) is None
    revoked = await office.rows.keys.revoke(key.id)
    assert revoked.revoked_at is not None
    assert await office.store.system.keys.identify(value) is None
    assert await office.rows.keys.revoke(key.id) == revoked


async def test_two_keys_of_one_name_live_side_by_side_for_rotation(office: Office) -> None:
    old, new = new_key(), new_key()
    for value in (old, new):
        await office.rows.keys.create(name="crm", value=value, scopes=["call"])
    assert await office.store.system.keys.identify(old) is not None
    assert await office.store.system.keys.identify(new) is not None


async def test_an_imported_key_belongs_to_one_tenant(office: Office, other_office: Office) -> None:
    await office.rows.keys.create(name="", value="legacy-key-1", scopes=["call"])
    with pytest.raises(AlreadyExists, match="key 'le…'"):
        await other_office.rows.keys.create(name="", value="legacy-key-1", scopes=["call"])
    with pytest.raises(NotFound):
        await other_office.rows.keys.revoke(1)


async def test_agents_are_found_by_extension_and_by_name(office: Office) -> None:
    agents = office.rows.agents
    bob = await agents.create(
        user_name="bob", extension="101", sip_password="s", email="b@x", is_auto_answered=True, max_calls=2,
        did_number="+842873000001",
    )  # fmt: skip
    assert bob.sip_username.startswith("101-")
    assert await agents.by_extension("101") == bob
    assert await agents.by_user_name("bob") == bob
    assert await agents.by_extension("102") is None
    assert await agents.by_user_name("carol") is None
    assert await agents.list() == [office.agent, bob]
    assert await office.rows.extensions.exists("101")
    assert not await office.rows.extensions.exists("0912345678")
    await agents.remove("bob")
    assert await agents.by_extension("101") is None
    assert not await office.rows.extensions.exists("101")
    with pytest.raises(NotFound):
        await agents.remove("bob")


async def test_user_names_and_extensions_are_taken_once_in_a_tenant(office: Office, other_office: Office) -> None:
    with pytest.raises(AlreadyExists, match="agent 'alice'"):
        await office.rows.agents.create(user_name="alice", extension="1", sip_password="s")
    with pytest.raises(AlreadyExists, match="extension '6688'"):
        await office.rows.agents.create(user_name="bob", extension="6688", sip_password="s")
    with pytest.raises(AlreadyExists, match="SIP user name"):
        await other_office.rows.agents.create(
            user_name="bob", extension="1", sip_password="s", sip_username=office.agent.sip_username
        )
    with pytest.raises(NotFound, match="DID"):
        await office.rows.agents.create(user_name="bob", extension="1", sip_password="s", did_number="+842873000002")
    assert [agent.user_name for agent in await office.rows.agents.list()] == ["alice"]


async def test_a_did_belongs_to_one_tenant(office: Office, other_office: Office) -> None:
    did = await office.rows.dids.add(number="+39061", label="Rome", route_kind=RouteKind.AGENT, route_to="6688")
    assert (await office.rows.dids.list())[1:] == [did]
    with pytest.raises(AlreadyExists, match=r"DID '\+39061'"):
        await other_office.rows.dids.add(number="+39061")
    with pytest.raises(NotFound):
        await other_office.rows.dids.remove("+39061")
    await office.rows.agents.create(user_name="bob", extension="1", sip_password="s", did_number="+39061")
    await office.rows.dids.remove("+39061")
    bob = await office.rows.agents.by_extension("1")
    assert bob is not None
    assert bob.did_number is None


async def test_trunks_are_listed_in_the_order_they_are_tried_and_without_passwords(office: Office) -> None:
    trunks = office.rows.trunks
    backup = await trunks.add(name="backup", host="b", priority=2, codecs=("g722",), external_address="1.2.3.4")
    best = await trunks.add(
        name="best", host="a", port=5070, username="u", password="p", priority=0, does_register=True,
        number_format=NumberFormat.NATIONAL,
    )  # fmt: skip
    assert [trunk.name for trunk in await trunks.list()] == ["best", "carrier", "backup"]
    assert (await trunks.list())[0] == best
    assert best.password == ""
    assert (await trunks.list())[2] == backup
    with pytest.raises(AlreadyExists, match="trunk 'best'"):
        await trunks.add(name="best", host="a")
    await trunks.remove("best")
    with pytest.raises(NotFound):
        await trunks.remove("best")


async def test_what_a_node_says_of_a_trunk_is_kept(office: Office) -> None:
    (trunk,) = await office.rows.trunks.list()
    states = office.store.system.trunk_states
    for is_registered, detail in ((False, "Rejected"), (True, "Registered")):
        state = TrunkState(trunk_id=trunk.id, is_registered=is_registered, detail=detail, at=NOW)
        await states.put(office.node.id, state)
        assert await office.rows.trunks.states() == [state]
    await states.put(office.node.id, TrunkState(trunk_id=404, is_registered=True, detail="", at=NOW))
    await office.rows.trunks.remove("carrier")
    assert await office.rows.trunks.states() == []


async def test_a_node_is_provisioned_with_all_phones_and_trunks_and_clear_passwords(
    office: Office, other_office: Office
) -> None:
    configuration = await office.store.system.configuration.load()
    assert configuration.revision == 1
    assert configuration.phones == tuple(
        Phone(
            sip_username=one.agent.sip_username,
            password_md5=sip_password_md5(one.agent.sip_username, "secret"),
            tenant_id=one.tenant.id,
            extension="6688",
            display_name="Alice",
        )
        for one in (office, other_office)
    )
    assert [(trunk.tenant_id, trunk.password) for trunk in configuration.trunks] == [
        (office.tenant.id, "trunk secret"),
        (other_office.tenant.id, "trunk secret"),
    ]


async def test_a_change_raises_the_revision_with_its_commit(office: Office) -> None:
    async with office.store.listen("configuration") as notifications:
        async with office.rows.transaction() as rows:
            await rows.trunks.add(name="second", host="b")
            revision = await rows.configuration.raise_revision()
            assert await office.store.system.configuration.revision() == revision - 1
        assert await anext(notifications) == ("configuration", str(revision))
    loaded = await office.store.system.configuration.load()
    assert (loaded.revision, len(loaded.trunks)) == (revision, 2)


async def test_revisions_of_changes_at_once_are_in_the_order_of_their_commits(office: Office) -> None:
    async def change(number: int) -> int:
        async with office.rows.transaction() as rows:
            await rows.trunks.add(name=f"t{number}", host="b")
            return await rows.configuration.raise_revision()

    assert sorted(await asyncio.gather(*(change(number) for number in range(8)))) == list(range(2, 10))


async def test_no_secret_is_in_the_database_in_clear(office: Office, database_url: str) -> None:
    value = new_key()
    await office.rows.keys.create(name="k", value=value, scopes=["call"])
    await office.rows.agents.create(user_name="bob", extension="1", sip_password="phone word", password="login word")
    await office.rows.subscriptions.add(
        dialect="alohub", url="http://x", kinds=(EventKind.CALL_RECORDED,), authorization="partner word"
    )
    connection = await asyncpg.connect(as_administrator(database_url))
    tables = await connection.fetch("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 2200")
    dump = ""
    for (table,) in tables:
        rows = await connection.fetch(f"SELECT t::text FROM {table} t")
        dump += "".join(row[0] for row in rows)
    await connection.close()
    for secret in (value[16:], "phone word", "login word", "partner word", "trunk secret"):
        assert secret not in dump
        assert secret.encode().hex() not in dump
    assert "$argon2id$" in dump
    assert hash_key(value).hex() in dump


async def test_a_trunks_password_does_not_open_with_another_key_file(
    office: Office, database_url: str, tmp_path: Path
) -> None:
    other = await Store.open(database_url, key_file=tmp_path / "other.key")
    with pytest.raises(KeyFileUnusable, match="not the one"):
        await other.system.configuration.load()
    await other.close()
    assert (await office.store.system.configuration.load()).trunks[0].password == "trunk secret"


async def test_registrations_follow_what_nodes_say(office: Office, other_office: Office) -> None:
    registrations, node = office.store.system.registrations, office.node.id

    async def registered(one: Office) -> bool:
        async with one.rows.transaction() as rows:
            admission = await rows.admissions.for_call("6688", now=NOW)
        return admission.is_registered

    def said(one: Office, *contacts: str) -> Registration:
        return Registration(sip_username=one.agent.sip_username, contacts=contacts, at=NOW)

    assert not await registered(office)
    await registrations.put(node, said(office, "sip:a@b"))
    assert (await registered(office), await registered(other_office)) == (True, False)
    await registrations.replace_all(node, (said(other_office, "sip:a@b"),))
    assert (await registered(office), await registered(other_office)) == (False, True)
    await registrations.put(node, said(other_office))
    assert not await registered(other_office)
    unknown = Registration(sip_username="nobody-123456", contacts=("sip:a@b",), at=NOW + timedelta(seconds=1))
    await registrations.replace_all(node, (said(office, "sip:a@b"), unknown))
    assert await registered(office)
    await registrations.replace_all(node, ())
    assert not await registered(office)


async def test_workers_tell_that_they_are_alive(store: Store) -> None:
    await store.system.workers.beat("w1", NOW)
    await store.system.workers.beat("w2", NOW)
    await store.system.workers.beat("w1", NOW + timedelta(seconds=1))
    assert sorted(await store.system.workers.heartbeats()) == [NOW, NOW + timedelta(seconds=1)]
    await store.system.purge(NOW + timedelta(hours=2))
    assert await store.system.workers.heartbeats() == []
