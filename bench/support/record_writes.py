"""What counting costs those who write: a record's insertion as it is, beside the same without the trigger."""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg

from bench.support.call_history import Company
from bench.support.figures import percentile
from cordboard.actions.fold_counts import fold_counts
from cordboard.app import build_core
from cordboard.domain.call_facts import CallFacts
from cordboard.domain.cdr import CdrFilter
from cordboard.domain.ids import new_call_id
from cordboard.settings import Settings
from cordboard.store import Store

RECORDS = 400
ROUNDS = 6


async def measure_writes(environment: dict[str, str], connection: asyncpg.Connection, company: Company) -> None:
    """Write in turn with and without; and fold what was written. What was written is removed again."""
    core = await build_core(Settings.load(environment))
    written: list[UUID] = []
    uncounted: list[UUID] = []
    with_counts, without = [], []
    try:
        (example,) = (await core.store.for_tenant(company.tenant_id).cdrs.find(CdrFilter(limit=1))).rows
        await _write(core.store, example, written)
        for _ in range(ROUNDS):
            with_counts += await _write(core.store, example, written)
            await connection.execute("ALTER TABLE cdrs DISABLE TRIGGER note_count")
            try:
                without += await _write(core.store, example, uncounted)
                await connection.execute("DELETE FROM cdrs WHERE id = ANY ($1)", uncounted)
            finally:
                await connection.execute("ALTER TABLE cdrs ENABLE TRIGGER note_count")
        began = time.perf_counter()
        folded = await fold_counts(core)
        folding = (time.perf_counter() - began) / folded
        await connection.execute("DELETE FROM cdrs WHERE id = ANY ($1)", written)
        await fold_counts(core)
    finally:
        await core.store.close()
    p50, plain = 1e6 * percentile(with_counts, 0.5), 1e6 * percentile(without, 0.5)
    print(f"\nwriting a record: {p50:.0f} us counted, {plain:.0f} us not (p50), {p50 / plain:.2f} x")
    print(f"the worker folds {folded} changes at {1e6 * folding:.0f} us each")


async def _write(store: Store, example: CallFacts, written: list[UUID]) -> list[float]:
    """Seconds of each of ``RECORDS`` transactions that write a record like ``example``."""
    cdrs, taken, now = store.for_tenant(example.tenant_id).cdrs, [], datetime.now(UTC)
    for place in range(RECORDS):
        call_id = new_call_id()
        facts = replace(example, id=call_id, reference=call_id.hex, requested_at=now + timedelta(milliseconds=place))
        began = time.perf_counter()
        await cdrs.insert(facts, None)
        taken.append(time.perf_counter() - began)
        written.append(call_id)
    return taken
