"""What is in the database: its tables, and the demo.

Imported while the servers start: it needs the whole house, which takes as long to import as they take to start.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from cordboard.actions.core import Core
from cordboard.app import build_core
from cordboard.lab.demo import TENANT, seed
from cordboard.settings import Settings
from cordboard.store.migrate import migrate as migrate

POLL_SECONDS = 0.05


@asynccontextmanager
async def _core(settings: Settings) -> AsyncIterator[Core]:
    core = await build_core(settings)
    try:
        yield core
    finally:
        await core.store.close()


async def seed_demo(settings: Settings) -> dict[str, Any]:
    """Make what is missing of the demo; returns what there is to try, as ``cordboard up --json`` prints it."""
    async with _core(settings) as core:
        demo = await seed(core)
    return {
        "tenant": demo.tenant,
        "key": demo.key,
        "did": demo.did,
        "agents": [
            {
                "user_name": account.user_name,
                "extension": account.extension,
                "sip_username": account.sip_username,
                "sip_password": account.sip_password,
            }
            for account in demo.accounts
        ],
        "numbers": dict(demo.numbers),
        "inside": dict(demo.inside),
        "first_call": demo.curl,
    }


async def until_registered(settings: Settings, demo: dict[str, Any]) -> None:
    """Wait until the demo's phones can be called, so that the first call works as printed."""
    async with _core(settings) as core:
        tenant = await core.store.system.tenants.by_name(TENANT)
        assert tenant
        waiting = [agent["extension"] for agent in demo["agents"]]
        while waiting:
            async with core.store.for_tenant(tenant.id).transaction() as rows:
                admission = await rows.admissions.for_call(waiting[-1])
            if admission.is_registered:
                waiting.pop()
            else:
                await asyncio.sleep(POLL_SECONDS)
