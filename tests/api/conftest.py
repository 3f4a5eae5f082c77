from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cordboard.store import Store
from tests.api.house import House, Office, running_house


@pytest.fixture
async def house(store: Store, tmp_path: Path) -> AsyncIterator[House]:
    async with running_house(store, tmp_path) as running:
        yield running


@pytest.fixture
async def office(house: House) -> Office:
    """A tenant that can make calls."""
    opened = await house.open_office("acme")
    await opened.open_for_calls()
    return opened


@pytest.fixture
async def stranger(house: House) -> Office:
    """Another tenant."""
    return await house.open_office("globex", language="en")
