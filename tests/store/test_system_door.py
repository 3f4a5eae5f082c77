"""The closed list: all that may cross tenants. Whoever makes it longer changes this test, and says why."""

import asyncio
import inspect
from typing import Any

import asyncpg

from cordboard.store import Store

METHODS = {
    "tenants": {"create", "list", "by_name"},
    "keys": {"identify"},
    "lines": {"of_phone"},  # whose phone it is that calls
    "dids": {"owned", "countries"},  # whose number it is that is called from outside
    "nodes": {"upsert", "beat", "set_applied_revision", "list"},
    "workers": {"beat", "heartbeats"},
    "registrations": {"put", "replace_all"},
    "trunk_states": {"put"},
    "configuration": {"revision", "raise_revision", "load"},
    "calls": {"get", "queued", "open"},
    "instructions": {"take"},
    "cdrs": {"due_events", "fold_counts"},  # counts of calls: one statement for all tenants, once a second
    "recordings": {"claim", "expired"},
    "subscriptions": {"to_look_after"},  # those that fail, to be switched off by whoever finds them first
    "deliveries": {"claim", "record", "record_all", "lease_holders", "end_leases"},
    "delivery_figures": {"add", "totals", "targets"},  # of the whole house, for its metrics
    "mails": {"claim", "settle", "put_off"},
}

GRANTS = {
    "tenants": {"SELECT", "INSERT"},
    "keys": {"SELECT"},
    "agents": {"SELECT"},
    "extensions": {"SELECT"},
    "dids": {"SELECT"},
    "trunks": {"SELECT"},
    "registrations": {"SELECT", "INSERT", "UPDATE", "DELETE"},
    "trunk_states": {"SELECT", "INSERT", "UPDATE"},
    "calls": {"SELECT"},
    "call_requests": {"SELECT", "DELETE"},
    "instructions": {"SELECT", "DELETE"},
    "cdrs": {"SELECT"},
    "cdr_events": {"SELECT"},
    "cdr_counts": {"SELECT", "INSERT", "UPDATE"},
    "cdr_count_changes": {"SELECT", "UPDATE (calls)", "DELETE"},
    "recordings": {"SELECT", "UPDATE (attempts, leased_until)"},
    "subscriptions": {"SELECT", "UPDATE (failed_count, failing_since, last_error, last_failed_at, warned_at)"},
    "deliveries": {"SELECT", "UPDATE", "DELETE"},
    "delivery_log": {"SELECT", "INSERT", "DELETE"},
    "delivery_attempts": {"SELECT", "INSERT", "DELETE"},
    "delivery_hosts": {"SELECT", "INSERT", "UPDATE", "DELETE"},
    "delivery_paces": {"SELECT", "INSERT", "UPDATE", "DELETE"},
    "delivery_totals": {"SELECT", "INSERT", "UPDATE"},
    "mails": {"SELECT", "UPDATE (attempts, due_at, error, settled_at)", "DELETE"},
    "logins": {"SELECT", "DELETE"},
    "login_attempts": {"SELECT", "DELETE"},
    "nodes": {"SELECT", "INSERT", "UPDATE"},
    "workers": {"SELECT", "INSERT", "UPDATE", "DELETE"},
    "configuration": {"SELECT", "UPDATE (revision)"},
}


def _methods(thing: object) -> set[str]:
    return {name for name, _ in inspect.getmembers(thing, inspect.ismethod) if not name.startswith("_")}


async def test_the_queries_of_the_system_door_are_these(store: Store) -> None:
    aggregates = {name: thing for name, thing in vars(store.system).items() if not name.startswith("_")}
    assert {name: _methods(thing) for name, thing in aggregates.items()} == METHODS
    assert _methods(store.system) == {"transaction", "purge", "turn_log_days"}


async def test_the_system_role_may_do_this_and_no_more(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    granted = await _granted(connection, "cordboard_system")
    await connection.close()
    assert granted == GRANTS


async def test_nobody_else_may_do_anything(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    assert await _granted(connection, "PUBLIC") == {}
    for role in ("cordboard_app", "cordboard_system"):
        row = await connection.fetchrow(
            "SELECT rolsuper, rolbypassrls, rolcanlogin FROM pg_roles WHERE rolname = $1", role
        )
        assert row is not None
        assert not any(row.values())
        assert not await connection.fetchval("SELECT has_schema_privilege($1, 'public', 'create')", role)
    await connection.close()


async def test_rows_of_tenants_name_their_tenant(store: Store) -> None:
    """Every policy of the system's is for one command: nothing is allowed by an ALL that nobody thought of."""
    async with store.system.transaction():
        await asyncio.sleep(0)
    commands = await store.system._door.fetch(
        "SELECT tablename, policyname FROM pg_policies WHERE 'cordboard_system' = ANY (roles) AND cmd = 'ALL'"
    )
    assert commands == []


async def _granted(connection: Any, grantee: str) -> dict[str, set[str]]:
    tables = await connection.fetch(
        "SELECT table_name, privilege_type FROM information_schema.role_table_grants"
        " WHERE grantee = $1 AND table_schema = 'public'",
        grantee,
    )
    columns = await connection.fetch(
        "SELECT table_name, privilege_type, array_agg(column_name::text ORDER BY column_name) AS columns"
        " FROM information_schema.column_privileges c WHERE grantee = $1 AND table_schema = 'public'"
        " AND NOT EXISTS (SELECT FROM information_schema.role_table_grants t WHERE t.grantee = c.grantee"
        "     AND t.table_name = c.table_name AND t.privilege_type = c.privilege_type) GROUP BY 1, 2",
        grantee,
    )
    granted: dict[str, set[str]] = {}
    for row in tables:
        granted.setdefault(row["table_name"], set()).add(row["privilege_type"])
    for row in columns:
        granted.setdefault(row["table_name"], set()).add(f"{row['privilege_type']} ({', '.join(row['columns'])})")
    return granted
