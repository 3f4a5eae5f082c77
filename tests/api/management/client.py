"""A client of ``/manage/v1``."""

import io
import json
from dataclasses import dataclass

from tests.api.house import Answer, Office

BASE = "/manage/v1"


@dataclass(frozen=True, kw_only=True)
class Client:
    """Asks with a tenant's key. Paths are below ``/manage/v1``."""

    office: Office

    async def ask(self, method: str, path: str, body: object = None, **query: str) -> Answer:
        data = None if body is None else io.BytesIO(json.dumps(body).encode())
        headers = {"Authorization": f"Bearer {self.office.key}"}
        return await self.office.house.ask(method, BASE + path, params=query, data=data, headers=headers)

    async def get(self, path: str, **query: str) -> Answer:
        return await self.ask("GET", path, **query)

    async def post(self, path: str, body: object = None) -> Answer:
        return await self.ask("POST", path, body)

    async def patch(self, path: str, body: object) -> Answer:
        return await self.ask("PATCH", path, body)

    async def delete(self, path: str) -> Answer:
        return await self.ask("DELETE", path)
