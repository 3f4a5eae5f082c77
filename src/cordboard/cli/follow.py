"""Watch one call from its acceptance until its record is final and its webhooks are settled."""

import asyncio
from collections.abc import Callable
from uuid import UUID

from cordboard.actions.core import Core
from cordboard.cli.timeline import Moment, Story
from cordboard.domain.call_facts import CallFacts, RecordingStatus
from cordboard.domain.tenant import Tenant
from cordboard.domain.webhook import record_kinds
from cordboard.store import LoggedDelivery

# Far below what a person notices, and two look-ups by key each time.
POLL_SECONDS = 0.05
# A recording may take 30 s to settle, a first attempt 15 s.
LONGEST_AFTER_END_SECONDS = 45.0


class Follower:
    """Tells each moment of a call once, in the order in which it is seen. ``record`` is there once it is final."""

    def __init__(self, core: Core, tenant: Tenant, call_id: UUID, tell: Callable[[Moment], None]) -> None:
        self._core = core
        self._rows = core.store.for_tenant(tenant.id)
        self._call_id = call_id
        self._tell = tell
        self._story = Story({})
        self.record: CallFacts | None = None

    async def follow(self) -> None:
        """Return when there is nothing more to come, or 45 s after the end."""
        self._story = Story({trunk.id: trunk.name for trunk in await self._rows.trunks.list()})
        while self.record is None:
            call = await self._rows.calls.get(self._call_id)
            if call is not None:
                self._tell_all(self._story.live(call, self._core.clock.now()))
                await asyncio.sleep(POLL_SECONDS)
                continue
            self.record = await self._rows.cdrs.get(self._call_id)
        self._tell_all(self._story.ended(self.record))
        self._say("record", f"the record is final: number {self.record.number}")
        deadline = self._core.clock.monotonic() + LONGEST_AFTER_END_SECONDS
        while self._core.clock.monotonic() < deadline:
            if await self._is_settled():
                return
            await asyncio.sleep(POLL_SECONDS)

    async def _is_settled(self) -> bool:
        record = await self._rows.cdrs.get(self._call_id) or self.record
        assert record is not None
        self.record = record
        if record.recording_status is RecordingStatus.READY:
            self._say("recording_ready", f"the recording is ready: {record.recording_name}")
        elif record.recording_status is RecordingStatus.FAILED:
            self._say("recording_failed", "the recording is lost")
        kinds = record_kinds(record)
        wanted = {each.id for each in await self._rows.subscriptions.wanting(kinds)}
        deliveries = await self._rows.deliveries.list(call_id=self._call_id)
        for delivery in reversed(deliveries):
            await self._tell_delivery(delivery)
        finished = {
            each.delivery.subscription_id for each in deliveries if each.outcome and each.delivery.kind in kinds
        }
        return record.recording_status is not RecordingStatus.PENDING and wanted <= finished

    async def _tell_delivery(self, logged: LoggedDelivery) -> None:
        delivery = logged.delivery
        key = f"{delivery.id.hex}:{delivery.attempts}:{logged.outcome}"
        if self._story.has_told("webhook", key) or not (delivery.attempts or logged.outcome):
            return
        attempts = await self._rows.deliveries.attempts(delivery.id)
        answer = ""
        if attempts:
            last = attempts[-1]
            answer = f" ({last.status or last.error}, {last.duration_milliseconds} ms)"
        text = (
            f"webhook {delivery.subscription_id}, {delivery.kind}: {logged.outcome or 'failed, to be repeated'}{answer}"
        )
        self._say("webhook", text, key)

    def _say(self, event: str, text: str, key: str = "") -> None:
        """Something that is known by having been seen: its instant is now."""
        self._tell_all(self._story.fresh(Moment(at=self._core.clock.now(), event=event, text=text, leg=key)))

    def _tell_all(self, moments: list[Moment]) -> None:
        for moment in moments:
            self._tell(moment)
