"""One running exchange for all tests of this folder that do not need their own."""

import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.support.exchange import Exchange, Office, running_exchange


@pytest.fixture(scope="session")
def public_folder() -> Iterator[Path]:
    """A folder that PostgreSQL and Asterisk reach after dropping root's rights; pytest's own are for its user alone."""
    with tempfile.TemporaryDirectory(prefix="cordboard-system-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def exchange(public_folder: Path) -> AsyncIterator[Exchange]:
    """The whole of Cordboard, running."""
    async with running_exchange(public_folder) as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def office(exchange: Exchange) -> Office:
    """A tenant with a trunk to the lab's first carrier and a webhook to the receiver."""
    return await exchange.open_office()
