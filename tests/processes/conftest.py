"""Fixtures: a shop, and its switch at work."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cordboard.store import Store
from tests.processes.desk import Desk, working
from tests.support.core import PLAIN, Shop, make_core, open_shop


@pytest.fixture
async def shop(store: Store, tmp_path: Path) -> Shop:
    core = make_core(store, tmp_path, renderers=dict(PLAIN), agent_ring_seconds=1, customer_ring_seconds=1)
    return await open_shop(core)


@pytest.fixture
async def desk(shop: Shop) -> AsyncIterator[Desk]:
    async with working(shop) as at_work:
        yield at_work
