"""A client of this dialect, as its documents describe one."""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass

from tests.api.house import Answer, Office

BASE = "/api/v1"


@dataclass(frozen=True, kw_only=True)
class Client:
    """Asks with a tenant's key. Paths are below ``/api/v1``, unless they begin with ``/api``."""

    office: Office

    async def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        headers: Mapping[str, str] = {},
        query: Mapping[str, str] = {},
    ) -> Answer:
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        return await self.office.house.ask(
            method,
            path if path.startswith("/api") else BASE + path,
            params=query,
            data=None if data is None else io.BytesIO(data),
            headers={"Voverc-Auth": self.office.key, "Content-Type": "application/json", **headers},
        )

    async def get(self, path: str, **query: str) -> Answer:
        return await self.ask("GET", path, query=query)

    async def post(self, path: str, body: object = None, **query: str) -> Answer:
        return await self.ask("POST", path, body, query=query)

    async def put(self, path: str, body: object) -> Answer:
        return await self.ask("PUT", path, body)

    async def delete(self, path: str) -> Answer:
        return await self.ask("DELETE", path)
