from pathlib import Path

import pytest

from cordboard.actions.fold_counts import fold_counts
from cordboard.domain.cdr import CdrFilter
from cordboard.store import Store
from tests.support.worker import open_workshop


async def test_all_changes_are_folded_however_many(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workshop = await open_workshop(store, tmp_path)
    monkeypatch.setattr("cordboard.actions.fold_counts.BATCH", 3)
    for _ in range(8):
        await workshop.end_call()
    assert await fold_counts(workshop.core) == 8
    assert await fold_counts(workshop.core) == 0
    assert (await workshop.rows.cdrs.find(CdrFilter(limit=2))).total == 8
