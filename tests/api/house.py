"""A web process over a real database, on a real port, with tenants to ask for things."""

# ruff: noqa: ANN401 -- fields of rows and values of JSON are of many types

import asyncio
import contextlib
import io
import json
import socket
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp

from cordboard.actions.core import Core
from cordboard.api.routes import build_application, build_renderers
from cordboard.domain.agent import Agent
from cordboard.domain.call_facts import CallFacts, RecordingStatus
from cordboard.domain.call_state import Call
from cordboard.domain.clock import ManualClock
from cordboard.domain.recording import Recording
from cordboard.domain.registration import Node, Registration
from cordboard.domain.tenant import SCOPES, Tenant
from cordboard.processes.web import serve_until_cancelled
from cordboard.settings import Settings
from cordboard.store import Store
from cordboard.store.store import OpenTenantRows
from tests.api.alohub.samples import SAMPLE

MAKE_CALL = "/api/v1.0/base/makeCall"
CLICK_TO_CALL = "/v1/voice/click-to-call"
SEARCH = "/api/v1.0/base/searchCallV2"
SEARCH_V1 = "/api/v1.0/base/searchCallV1"
QUEUES = "/v1/queues/inbound"
UPDATE_QUEUE = "/api/setting/agent/updateQueue"
MEDIA = "/IPCCMedia/MP3Export.do"

EXTENSION = "6688"
CUSTOMER = "0912345678"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        """The body, which must be JSON and say so."""
        assert self.headers["content-type"] in {"application/json", "application/problem+json"}, self
        parsed: dict[str, Any] = json.loads(self.body)
        return parsed

    @property
    def code(self) -> tuple[int, str]:
        """Status and ``error_code``."""
        return self.status, self.json["error_code"]


@dataclass(kw_only=True)
class Office:
    """A tenant with a key for everything. ``open_for_calls`` gives it all that a call needs."""

    house: "House"
    tenant: Tenant
    key: str
    agent: Agent | None = None

    @property
    def rows(self) -> OpenTenantRows:
        return self.house.core.store.for_tenant(self.tenant.id)

    async def change(self, **fields: Any) -> None:
        """Change the tenant; identities that are kept are forgotten."""
        self.tenant = await self.rows.tenants.change(**fields)
        self.house.core.kept_identities.clear()

    async def new_key(self, *scopes: str, value: str = "") -> str:
        value = value or f"key-of-{self.tenant.name}-{uuid4().hex}"
        await self.rows.keys.create(name="test", value=value, scopes=scopes)
        return value

    async def hire(self, extension: str = EXTENSION, *, is_registered: bool = True, user_name: str = "alice") -> Agent:
        agent = await self.rows.agents.create(user_name=user_name, extension=extension, sip_password="secret")
        if is_registered:
            await self.register(agent)
        return agent

    async def register(self, agent: Agent) -> None:
        seen = Registration(
            sip_username=agent.sip_username, contacts=("sip:phone@127.0.0.1:5070",), at=datetime.now(UTC)
        )
        await self.house.core.store.system.registrations.put(self.house.node.id, seen)

    async def open_for_calls(self) -> None:
        self.agent = await self.hire()
        await self.rows.trunks.add(name="carrier", host="127.0.0.2")
        await self.rows.dids.add(number=f"+8428730{self.tenant.id:05d}")

    async def record(self, **changes: Any) -> CallFacts:
        """A call that is over, with whatever differs from the vendor's sample."""
        call_id = changes.pop("id", None) or uuid4()
        own: dict[str, Any] = {
            "tenant_id": self.tenant.id,
            "id": call_id,
            "reference": f"20240113150030-{call_id.hex[:8].upper()}-342",
        }
        facts = replace(SAMPLE, **(own | changes))
        await self.rows.cdrs.insert(facts, None)
        return facts

    async def recording(self, content: bytes, name: str = "", **changes: Any) -> Recording:
        """A recording that can be played."""
        name = name or f"{uuid4().hex}.mp3"
        values: dict[str, Any] = {
            "tenant_id": self.tenant.id,
            "call_id": uuid4(),
            "name": name,
            "path": f"{self.tenant.id}/{name}",
            "status": RecordingStatus.READY,
            "recorded_from": datetime.now(UTC),
            "created_at": datetime.now(UTC),
        }
        recording = Recording(**(values | changes))
        await self.rows.recordings.insert(recording)
        path = self.house.core.settings.recordings / recording.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return recording

    async def live_calls(self) -> list[Call]:
        return await self.rows.calls.live()

    async def end_calls(self) -> list[Call]:
        """The live calls, which are gone then."""
        calls = await self.live_calls()
        for call in calls:
            await self.rows.calls.delete(call.id)
        return calls

    async def post(self, path: str, body: object, **headers: str) -> Answer:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return await self.house.ask("POST", path, data=io.BytesIO(data), headers={"Authorization": self.key, **headers})

    async def get(self, path: str, *, method: str = "GET", headers: Mapping[str, str] = {}, **query: str) -> Answer:
        return await self.house.ask(method, path, params=query, headers={"Authorization": self.key, **headers})

    async def put(self, path: str, body: object, **headers: str) -> Answer:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return await self.house.ask("PUT", path, data=io.BytesIO(data), headers={"Authorization": self.key, **headers})

    async def call(self, number: Any = CUSTOMER, extension: Any = EXTENSION, **more: Any) -> Answer:
        return await self.post(MAKE_CALL, {"phoneNumber": number, "ipPhone": extension, **more})

    async def search(self, *, path: str = SEARCH, **criteria: Any) -> tuple[list[dict[str, Any]], int]:
        """Rows and total."""
        answer = await self.post(path, criteria)
        assert answer.code == (200, "SUCCESS"), answer
        return answer.json["data"], answer.json["totalRecord"]


@dataclass(kw_only=True)
class House:
    """A web process and its database. ``node`` is alive."""

    core: Core
    clock: ManualClock
    node: Node
    base_url: str
    client: aiohttp.ClientSession
    offices: list[Office] = field(default_factory=list)

    @property
    def address(self) -> tuple[str, int]:
        host, _, port = self.base_url.removeprefix("http://").partition(":")
        return host, int(port)

    async def ask(self, method: str, path: str, **options: Any) -> Answer:
        async with self.client.request(method, self.base_url + path, **options) as answer:
            headers = {name.lower(): value for name, value in answer.headers.items()}
            return Answer(status=answer.status, headers=headers, body=await answer.read())

    async def beat(self, *, is_connected: bool = True) -> None:
        """The node's sign of life, by both clocks."""
        now = max(self.clock.now(), datetime.now(UTC))
        await self.core.store.system.nodes.beat(
            self.node.id, at=now, startup_time="1", is_connected=is_connected, live_calls=0
        )

    async def open_office(self, name: str, **fields: Any) -> Office:
        """A tenant without limits, unless they are given."""
        unlimited = {"limit_tenant": 0, "limit_route": 0}
        tenant = await self.core.store.system.tenants.create(name, **(unlimited | fields))
        office = Office(house=self, tenant=tenant, key="")
        office.key = await office.new_key(*SCOPES)
        self.offices.append(office)
        return office


def settings_for(home: Path, **changes: Any) -> Settings:
    """Settings of a copy with its home in ``home``."""
    return Settings.load({"CORDBOARD_HOME": str(home)}, with_runtime=False).changed(**changes)


@contextlib.asynccontextmanager
async def running_house(store: Store, home: Path, **changes: Any) -> AsyncIterator[House]:
    """Serve on a free port of the loopback until the block ends."""
    listener = socket.create_server(("127.0.0.1", 0))
    base_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    settings = settings_for(home, public_url=base_url, **changes)
    clock = ManualClock(datetime.now(UTC))
    core = Core(settings=settings, clock=clock, store=store, renderers=build_renderers(settings))
    node = await store.system.nodes.upsert("node-1")
    serving = asyncio.create_task(serve_until_cancelled(build_application(core), listener))
    async with aiohttp.ClientSession(auto_decompress=False) as client:
        house = House(core=core, clock=clock, node=node, base_url=base_url, client=client)
        await house.beat()
        try:
            yield house
        finally:
            await client.close()
            serving.cancel()
            await asyncio.wait([serving])
