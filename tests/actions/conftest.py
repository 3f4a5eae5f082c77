"""Fixtures for actions."""

from pathlib import Path

import pytest

from cordboard.actions.core import Core
from cordboard.actions.create_tenant import NewTenant, create_tenant
from cordboard.domain.tenant import Tenant
from cordboard.store import Store
from tests.support.core import Shop, make_core, open_shop


@pytest.fixture
def core(store: Store, tmp_path: Path) -> Core:
    """A Core over a database of the test's own."""
    return make_core(store, tmp_path)


@pytest.fixture
async def tenant(core: Core) -> Tenant:
    """A tenant that has nothing yet."""
    return await create_tenant(core, NewTenant(name="acme"))


@pytest.fixture
async def shop(core: Core) -> Shop:
    """A tenant that can make calls."""
    return await open_shop(core)
