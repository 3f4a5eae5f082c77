"""A tenant's website: it calls with click-to-calls, and hears of calls by webhooks."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.support.exchange import PATIENCE_SECONDS, Office, Row
from tests.support.receiver import Receiver
from tests.support.voices import CUSTOMER

EVENT_TYPES = (
    "CALL_STARTED", "CALL_INCOMING", "CALL_ANSWERED", "CALL_HANGUP", "PHONE_CALL", "CLICK_TO_CALL", "FAX_CALL",
)  # fmt: skip


@dataclass(slots=True, kw_only=True)
class Website:
    """Calls with ``number``, a DID of the tenant's. ``made`` are the paths of what it made, until ``clear``."""

    office: Office
    number: str
    made: list[str] = field(default_factory=list)

    async def ask(self, method: str, path: str, body: Row | None = None, **query: str) -> Any:  # noqa: ANN401 - JSON
        """What the API answers, which must be a success."""
        headers = {"Voverc-Auth": self.office.key}
        client = self.office.exchange.client
        async with client.request(method, f"/api/v1{path}", json=body, params=query, headers=headers) as answer:
            assert answer.ok, await answer.text()
            return await answer.json() if answer.status == 200 else None

    async def call(self, extension: str, dial_first: str, contact: str = CUSTOMER) -> None:
        """Make a button and press it."""
        body = {"name": "button", "extension": extension, "outboundNumber": self.number, "dial_first": dial_first}
        button = await self._make("/click-to-call", body)
        assert await self.ask("POST", f"{button}/connect", {"contact": contact}) == {"contact": contact}

    async def subscribe(self, url: str, kinds: Sequence[str] = EVENT_TYPES) -> None:
        """Let ``url`` hear of the tenant's calls."""
        for kind in kinds:
            await self._make("/webhook-subscriptions", {"callback_url": url, "event_type": kind})

    async def clear(self) -> None:
        """Delete what was made."""
        for path in self.made:
            await self.ask("DELETE", path)
        self.made.clear()

    async def _make(self, path: str, body: Row) -> str:
        made = f"{path}/{(await self.ask('POST', path, body))['id']}"
        self.made.append(made)
        return made


async def events_until(partner: Receiver, kind: str) -> list[Row]:
    """All that a partner has heard, in the order in which it came, once there is one of ``kind``."""

    def heard() -> list[Row]:
        return [json.loads(received.body) for received in partner.requests]

    await partner.wait_until(lambda: any(event["type"] == kind for event in heard()), PATIENCE_SECONDS)
    return heard()
