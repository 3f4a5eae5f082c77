"""One running exchange for all tests of this folder that do not need their own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.support.exchange import Exchange, Office, running_exchange


@pytest.fixture(scope="session")
def public_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that PostgreSQL and Asterisk reach after dropping root's privileges."""
    folder = tmp_path_factory.mktemp("system")
    for part in (folder, *folder.parents):
        if part.stat().st_uid == 0 and str(part).startswith(str(tmp_path_factory.getbasetemp().parent)):
            part.chmod(part.stat().st_mode | 0o055)
    return folder


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def exchange(public_folder: Path) -> AsyncIterator[Exchange]:
    """The whole of Cordboard, running."""
    async with running_exchange(public_folder) as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def office(exchange: Exchange) -> Office:
    """A tenant with a trunk to the lab's first carrier and a webhook to the receiver."""
    return await exchange.open_office()
