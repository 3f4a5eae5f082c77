"""Whatever the app's queries say, a tenant sees and touches its own rows only."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from cordboard.domain.call_facts import RecordingStatus
from cordboard.domain.click_to_call import ClickToCall
from cordboard.domain.contact import Contact
from cordboard.domain.instruction import InstructionKind
from cordboard.domain.key import new_key
from cordboard.domain.login import Login
from cordboard.domain.mail import Mail
from cordboard.domain.recording import Recording
from cordboard.domain.registration import Registration, TrunkState
from cordboard.domain.webhook import Attempt, EventKind
from tests.store.conftest import NOW, Office

TENANT_TABLES = """
SELECT c.relname, c.relispartition, c.relrowsecurity AND c.relforcerowsecurity AS is_forced,
    pg_get_userbyid(c.relowner) AS owner,
    (SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
     WHERE i.indrelid = c.oid AND i.indisprimary) AS first_of_key
FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
  AND (c.relname = 'tenants' OR EXISTS (
    SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped))
"""
# Not a tenant's: nodes, workers and totals are the house's, configuration is one number, migrations are the owner's.
HOUSE_TABLES = {"nodes", "workers", "configuration", "migrations", "delivery_totals"}


async def fill(office: Office) -> None:
    """Put rows of the tenant in every tenant table."""
    system, rows, agent = office.store.system, office.rows, office.agent
    await rows.keys.create(name="k", value=new_key(), scopes=["call"])
    await rows.groups.create(name="sales", extension="700", members=(agent.extension,))
    queue = await rows.queues.create(name="support")
    await rows.queues.join(agent.id, (queue.id,))
    (did,) = await rows.dids.list()
    await rows.callouts.create(name="campaign", did_number=did.number)
    await rows.click_to_calls.add(
        ClickToCall(id=uuid4(), tenant_id=office.tenant.id, name="support", extension="700", did_number=did.number)
    )
    login = Login(id=uuid4(), tenant_id=office.tenant.id, agent_id=agent.id, expires_at=NOW)
    hashed = await rows.agents.create(user_name="lin", extension="701", sip_password="x", password="a password")
    credential = await rows.logins.credential("lin")
    assert credential is not None
    assert await rows.logins.open(replace(login, agent_id=hashed.id), credential)
    await rows.logins.count_attempt("lin", NOW)
    contact = Contact(
        id=uuid4(), tenant_id=office.tenant.id, first_name="Mai", last_name="", phones=("+84912345678",),
        created_at=NOW, updated_at=NOW,
    )  # fmt: skip
    await rows.contacts.save(contact)
    await system.registrations.put(
        office.node.id, Registration(sip_username=agent.sip_username, contacts=("sip:a@b",), at=NOW)
    )
    (trunk,) = await rows.trunks.list()
    state = TrunkState(trunk_id=trunk.id, is_registered=True, detail="Registered", at=NOW)
    await system.trunk_states.put(office.node.id, state)
    call = office.call()
    await rows.calls.insert(call)
    await rows.requests.insert("r1", call.id, call.reference, NOW)
    await rows.request_counts.count("r", limit_tenant=9, limit_route=9)
    await rows.instructions.insert(call.id, InstructionKind.HANG_UP, NOW)
    facts = replace(office.ended(), summary="They agreed")
    await rows.cdrs.insert(facts, NOW)
    await rows.recordings.insert(
        Recording(
            tenant_id=office.tenant.id, call_id=facts.id, name=f"{facts.id.hex}.mp3",
            status=RecordingStatus.PENDING, recorded_from=NOW, created_at=NOW,
        )
    )  # fmt: skip
    subscription = await rows.subscriptions.add(
        dialect="alohub", url="http://127.0.0.1/x", kinds=(EventKind.CALL_RECORDED,), authorization="partner"
    )
    for _ in range(4):
        await rows.deliveries.insert(subscription.id, facts.id, EventKind.CALL_RECORDED, b"{}", NOW)
    await rows.mails.add(
        Mail(id=uuid4(), tenant_id=office.tenant.id, recipient="a@b", subject="s", body="b", created_at=NOW)
    )
    attempt = Attempt(started_at=NOW, duration_milliseconds=5, status=200)
    for claimed in await system.deliveries.claim(9, NOW, 30, 1, 9):
        await system.deliveries.record(claimed, attempt, None, "delivered")
    for claimed in await system.deliveries.claim(9, NOW + timedelta(seconds=1), 30, 1):
        await system.deliveries.record(claimed, replace(attempt, status=None), NOW + timedelta(days=1))


@pytest.fixture
async def app(database_url: str, office: Office, other_office: Office) -> AsyncIterator[Any]:
    """A bare connection with the app's role, set to the first of two tenants that both have rows everywhere."""
    await fill(office)
    await fill(other_office)
    await office.store.system.cdrs.fold_counts(100)
    for one in (office, other_office):
        await one.rows.cdrs.insert(one.ended(), None)
    connection = await asyncpg.connect(database_url, server_settings={"role": "cordboard_app"})
    await connection.execute(f"SET cordboard.tenant_id = '{office.tenant.id}'")
    yield connection
    await connection.close()


async def tenant_tables(connection: Any) -> list[str]:
    """Those that can be named in a query: a partition is reached through its table (``test_delivery_log``)."""
    return [row["relname"] for row in await connection.fetch(TENANT_TABLES) if not row["relispartition"]]


async def test_every_table_is_a_guarded_tenant_table_or_known_to_be_the_houses(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    tables = await connection.fetch(TENANT_TABLES)
    every = await connection.fetch(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
    )
    await connection.close()
    assert {row["relname"] for row in every} == {row["relname"] for row in tables} | HOUSE_TABLES
    for row in tables:
        assert row["is_forced"], row["relname"]
        assert row["owner"] not in ("cordboard_app", "cordboard_system")
        assert row["first_of_key"] == ("id" if row["relname"] == "tenants" else "tenant_id"), row["relname"]


async def test_without_the_apps_filter_no_foreign_row_is_seen(app: Any, office: Office) -> None:
    for table in await tenant_tables(app):
        column = "id" if table == "tenants" else "tenant_id"
        seen = {row[0] for row in await app.fetch(f"SELECT DISTINCT {column} FROM {table}")}
        assert seen == {office.tenant.id}, table


async def test_no_foreign_row_is_changed_or_deleted(app: Any) -> None:
    for table in await tenant_tables(app):
        own = await app.fetchval(f"SELECT count(*) FROM {table}")
        for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET {await _first_changeable(app, table)}"):
            transaction = app.transaction()
            await transaction.start()
            try:
                tag = await app.execute(statement)
                assert int(tag.split()[-1]) <= own, statement
            except (asyncpg.InsufficientPrivilegeError, asyncpg.ForeignKeyViolationError):
                pass
            finally:
                await transaction.rollback()


async def test_a_row_cannot_be_given_to_another_tenant(app: Any, other_office: Office) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
        await app.execute(
            "INSERT INTO dids (tenant_id, number, label, route_to) VALUES ($1, '+1', '', '')", other_office.tenant.id
        )
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
        await app.execute("UPDATE dids SET tenant_id = $1", other_office.tenant.id)


async def test_without_a_tenant_nothing_is_seen_at_all(database_url: str) -> None:
    connection = await asyncpg.connect(database_url, server_settings={"role": "cordboard_app"})
    for table in await tenant_tables(connection):
        with pytest.raises(asyncpg.UndefinedObjectError, match=r"cordboard\.tenant_id"):
            await connection.fetch(f"SELECT * FROM {table}")
    await connection.close()


async def test_functions_that_see_more_than_their_caller_are_pinned_and_not_for_everybody(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    functions = await connection.fetch(
        "SELECT proname, proconfig, proacl::text FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace"
    )
    await connection.close()
    assert {row["proname"] for row in functions} == {
        "queued_calls_at",
        "cdr_numbers_with_part",
        "contact_ids_with_parts",
        "turn_delivery_days",
    }
    for row in functions:
        user = "cordboard_system" if row["proname"] == "turn_delivery_days" else "cordboard_app"
        assert "search_path=pg_catalog, public, pg_temp" in row["proconfig"]
        assert row["proacl"].startswith(f"{{keeper=X/keeper,{user}=X/keeper}}"), row["proname"]


async def test_the_partial_number_function_takes_the_tenant_from_the_connection(app: Any) -> None:
    sql = "SELECT * FROM cdr_numbers_with_part($1, '', true, 99)"
    found = [row[0] for row in await app.fetch(sql, "912345")]
    assert found == [row[0] for row in await app.fetch("SELECT DISTINCT customer_number FROM cdrs")]
    for part in ("%", "", "12", "123456789", "12_45"):
        with pytest.raises(asyncpg.InvalidParameterValueError):
            await app.fetch(sql, part)


async def test_the_search_of_contacts_takes_the_tenant_from_the_connection(app: Any) -> None:
    own = [row[0] for row in await app.fetch("SELECT id FROM contacts")]
    for part in ("mai", ""):
        found = await app.fetch("SELECT contact_ids_with_parts($1, '', '', '{}', 0, 99)", part)
        assert [row[0] for row in found] == own


async def test_a_connections_tenant_follows_the_caller(office: Office, other_office: Office) -> None:
    """Few connections, turned from tenant to tenant, inside and outside transactions."""
    offices = [office, other_office] * 20
    for one in offices:
        assert (await one.rows.tenants.get()).id == one.tenant.id
        async with one.rows.transaction() as rows:
            assert [did.tenant_id for did in await rows.dids.list()] == [one.tenant.id]
        assert [agent.tenant_id for agent in await one.rows.agents.list()] == [one.tenant.id]


async def _first_changeable(app: Any, table: str) -> str:
    """``column = column`` for a column that the role may change."""
    column = await app.fetchval(
        "SELECT attname FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum > 0 AND attgenerated = ''"
        " AND attidentity = '' ORDER BY has_column_privilege(attrelid, attnum, 'update') DESC, attnum LIMIT 1",
        table,
    )
    return f"{column} = {column}"


async def test_a_time_is_what_was_given_to_the_microsecond(office: Office) -> None:
    at = NOW + timedelta(microseconds=123456)
    await office.store.system.nodes.beat(office.node.id, at=at, startup_time="x", is_connected=True, live_calls=3)
    (node,) = await office.store.system.nodes.list()
    assert (node.heartbeat_at, node.live_calls, node.startup_time) == (at, 3, "x")
    assert node.heartbeat_at is not None
    assert node.heartbeat_at.utcoffset() == timedelta(0)
