"""Requests that nobody would write, made up from the documents by schemathesis, against a web process as it is run."""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import asyncpg
import pytest

from cordboard.domain.call_facts import RecordingStatus
from cordboard.domain.recording import new_recording
from cordboard.domain.tenant import SCOPES, Tenant
from cordboard.store import Store
from tests.api.alohub.samples import REPORTED, SAMPLE
from tests.api.house import settings_for
from tests.api.web_process import web_program
from tests.support.database import as_administrator

KEY = "a key for everything"
USER_NAME = "userName66"
PASSWORD = "correct horse battery"
LOGOUT = "/api/auth/logout"
# Things have the names and ids of the documents' examples, so that asking for those succeeds.
QUEUE_ID = 1001226
RECORDING = "01a1fd11-b95905513f1c789822e434354fbd9177.mp3"


@dataclass(frozen=True, kw_only=True)
class Host:
    """A web process with a tenant in it that has a bit of everything."""

    url: str
    pbx_id: int
    home: Path
    token: str

    async def examine(self, dialect: str, *options: str) -> None:
        """Let schemathesis loose on a dialect's document."""
        arguments = [
            "run", f"{self.url}/openapi/{dialect}.json", f"--url={self.url}", "--no-color", "--workers=1",
            "--phases=examples,coverage,fuzzing", "--max-examples=15", "--generation-deterministic",
            "--continue-on-failure", "--suppress-health-check=all", "--request-timeout=60",
            "--exclude-checks=positive_data_acceptance",
            *options,
        ]  # fmt: skip
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "schemathesis.cli",
            *arguments,
            cwd=self.home,
            env={**os.environ, "NO_PROXY": "127.0.0.1", "COLUMNS": "160"},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await process.communicate()
        assert process.returncode == 0, output.decode()


@pytest.fixture
async def host(store: Store, database_url: str, tmp_path: Path) -> AsyncIterator[Host]:
    tenant = await store.system.tenants.create("acme", limit_tenant=0, limit_route=0, language="en")
    await configure(store, database_url, tenant)
    await record(store, tenant, settings_for(tmp_path).recordings)
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with listener:
        async with web_program(database_url, tmp_path, listener):
            yield Host(url=url, pbx_id=tenant.pbx_id, home=tmp_path, token=await log_in(url))


async def configure(store: Store, database_url: str, tenant: Tenant) -> None:
    """All that can be asked for, but calls."""
    connection = await asyncpg.connect(as_administrator(database_url))
    await connection.execute(f"ALTER TABLE queues ALTER COLUMN id RESTART WITH {QUEUE_ID}")
    await connection.close()
    rows = store.for_tenant(tenant.id)
    await rows.keys.create(name="test", value=KEY, scopes=SCOPES)
    await rows.agents.create(user_name=USER_NAME, extension="6688", sip_password="secret", password=PASSWORD)
    await rows.queues.create(name="sales")
    await rows.trunks.add(name="carrier", host="127.0.0.2")
    await rows.dids.add(number="+842873000001")
    node = await store.system.nodes.upsert("node-1")
    await store.system.nodes.beat(node.id, at=datetime.now(UTC), startup_time="1", is_connected=True, live_calls=0)


async def record(store: Store, tenant: Tenant, folder: Path) -> None:
    """Calls that are over, one of them with a recording."""
    rows = store.for_tenant(tenant.id)
    recorded = replace(SAMPLE, tenant_id=tenant.id, recording_name=RECORDING)
    for facts in (recorded, replace(REPORTED, tenant_id=tenant.id)):
        await rows.cdrs.insert(facts, None)
    recording = replace(
        new_recording(recorded, created_at=datetime.now(UTC)), status=RecordingStatus.READY, path=RECORDING
    )
    await rows.recordings.insert(recording)
    folder.mkdir(parents=True)
    (folder / RECORDING).write_bytes(b"sound")


async def log_in(url: str) -> str:
    body = {"userName": USER_NAME, "password": PASSWORD}
    async with (
        aiohttp.ClientSession(url) as client,
        client.post("/api/auth/login", json=body, headers={"Authorization": KEY}) as answer,
    ):
        token: str = (await answer.json())["data"]["accessToken"]
        return token


async def test_alohubs_document(host: Host) -> None:
    headers = [
        f"--header=Authorization: {KEY}",
        f"--header=X-Tenant-ID: {host.pbx_id}",
        f"--header=X-ACCESS-TOKEN: {host.token}",
    ]
    await host.examine("alohub", *headers, f"--exclude-path={LOGOUT}")
    await host.examine("alohub", *headers, f"--include-path={LOGOUT}")


async def test_the_management_document(host: Host) -> None:
    await host.examine("management", f"--header=Authorization: {KEY}")


async def test_voxlouds_document(host: Host) -> None:
    await host.examine("voxloud", f"--header=Voverc-Auth: {KEY}")
