"""Tenants with years of call records, in a migrated database: by COPY, and the indexes after it."""

import pickle
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Self
from uuid import uuid4

import asyncpg

from bench.support.call_history import Columns, Company, History, customer_number, shares
from cordboard.actions.core import Core
from cordboard.actions.create_key import create_key
from cordboard.actions.create_tenant import NewTenant, create_tenant
from cordboard.app import build_core
from cordboard.settings import Settings
from cordboard.store.cdr_counts import COUNT_ALL
from cordboard.store.migrate import migrate

# What says that the data is there.
LOADED = "loaded"
TENANTS = 50
BIG_SHARE = 0.3
# Of so many of a company's best customers every other one is among its contacts.
CONTACTS = 2000

_COLUMNS = """
SELECT attname, attnotnull AND NOT atthasdef AS is_required, format_type(atttypid, NULL) AS kind FROM pg_attribute
WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped AND attidentity = '' AND attgenerated = ''
ORDER BY attnum
"""
_NOTHING = {
    "text": "", "boolean": "f", "json": "null", "jsonb": "null", "text[]": "{}", "uuid[]": "{}",
    "timestamp with time zone": "2024-01-01 00:00:00Z", "uuid": "00000000-0000-0000-0000-000000000000",
}  # fmt: skip
_NUMBERS = "INSERT INTO cdr_numbers SELECT DISTINCT tenant_id, customer_number FROM cdrs"
# In the order in which they can be dropped: what refers to the records first.
_INDEXES = """
SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS drop,
    format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) AS make,
    contype <> 'f' AS place
FROM pg_constraint WHERE conrelid = 'cdrs'::regclass AND contype IN ('p', 'u')
    OR confrelid = 'cdrs'::regclass AND contype = 'f'
UNION ALL
SELECT format('DROP INDEX %I', c.relname), pg_get_indexdef(c.oid), true
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE i.indrelid IN ('cdrs'::regclass, 'cdr_numbers'::regclass)
    AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = c.oid AND contype <> 'f')
ORDER BY place
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What was put into the database: the big tenant first, the smallest last, keys by tenant id."""

    companies: list[Company]
    keys: dict[int, str]
    until: datetime
    rows: int

    @classmethod
    def read(cls, folder: Path) -> Self:
        """As ``load`` left it."""
        loaded = pickle.loads((folder / LOADED).read_bytes())  # noqa: S301 - our own
        assert isinstance(loaded, cls)
        return loaded


async def make_companies(core: Core, count: int) -> tuple[list[Company], dict[int, str]]:
    """Tenants for ``count`` records, the big one first and the smallest last, and a key of each by tenant id."""
    companies, keys = [], {}
    for place, share in enumerate(shares(TENANTS, BIG_SHARE)):
        tenant = await create_tenant(core, NewTenant(name=f"tenant{place}", limit_tenant=0, limit_route=0))
        created = await create_key(core, tenant, scopes=("report",))
        keys[tenant.id] = created.value
        calls = max(1, int(count * share))
        companies.append(
            Company(
                tenant_id=tenant.id,
                share=share,
                customers=max(50, calls // 4),
                agents=min(200, max(3, calls // 15_000)),
                dids=tuple(f"+8428{73000000 + 100 * tenant.id + did}" for did in range(10 if place == 0 else 2)),
            )
        )
    return companies, keys


async def load(folder: Path, environment: dict[str, str], count: int) -> None:
    """Migrate the database, make tenants, fill it, and write down in ``folder`` what is there."""
    began = time.perf_counter()
    settings = Settings.load(environment)
    await migrate(settings.database_url)
    core = await build_core(settings)
    try:
        companies, keys = await make_companies(core, count)
    finally:
        await core.store.close()
    until = datetime.now(UTC)
    connection = await asyncpg.connect(settings.database_url)
    try:
        await _load_calls(connection, History(companies, count, until))
        for table, rows in _contacts(companies).items():
            await _copy(connection, table, iter([rows]))
        await connection.execute(COUNT_ALL)
        await connection.execute("VACUUM (ANALYZE)")
    finally:
        await connection.close()
    loaded = Loaded(companies=companies, keys=keys, until=until, rows=count)
    (folder / LOADED).write_bytes(pickle.dumps(loaded))
    print(f"{count:,} records loaded in {time.perf_counter() - began:.0f} s", flush=True)


async def _load_calls(connection: asyncpg.Connection, history: History) -> None:
    """Fill the table of records past its triggers, and its indexes when it is full. ``connection``: a superuser's."""
    await connection.execute(
        "SET session_replication_role = replica; SET maintenance_work_mem = '1GB'; SET work_mem = '512MB'"
    )
    indexes = await connection.fetch(_INDEXES)
    for index in indexes:
        await connection.execute(index["drop"])
    await _copy(connection, "cdrs", history.days())
    await connection.execute(_NUMBERS)
    for index in reversed(indexes):
        await connection.execute(index["make"])
    await connection.execute("SET session_replication_role = DEFAULT")


def _contacts(companies: list[Company]) -> dict[str, list[Columns]]:
    """Half of each company's best customers are known by name."""
    contacts: list[Columns] = []
    phones: list[Columns] = []
    for company in companies:
        places = range(0, min(CONTACTS, company.customers), 2)
        for number in {customer_number(company.tenant_id, place) for place in places}:
            contact = {"tenant_id": company.tenant_id, "id": uuid4()}
            contacts.append({**contact, "first_name": "Customer", "last_name": number[-4:]})
            phones.append(
                {"tenant_id": company.tenant_id, "contact_id": contact["id"], "position": 0, "number": number}
            )
    return {"contacts": contacts, "contact_phones": phones}


async def _copy(connection: asyncpg.Connection, table: str, batches: Iterator[list[Columns]]) -> None:
    """COPY rows. A column that they do not have gets its default, NULL, or what is least of its type."""
    columns = await connection.fetch(_COLUMNS, table)
    least = {column["attname"]: _NOTHING.get(column["kind"], 0) for column in columns if column["is_required"]}
    first = next(batches)
    names = [*dict.fromkeys([*least, *first[0]])]

    async def lines() -> AsyncIterator[bytes]:
        for batch in chain([first], batches):
            yield "".join([_line(least | row, names) for row in batch]).encode()

    await connection.copy_to_table(table, source=lines(), columns=names, format="text")


def _line(row: Columns, names: list[str]) -> str:
    return "\t".join(["\\N" if (value := row[name]) is None else str(value) for name in names]) + "\n"
