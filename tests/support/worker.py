"""What a worker works with, in a database and a home of the test's own."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import msgspec

from cordboard.actions.core import Core, Renderer
from cordboard.actions.release_record import release_record
from cordboard.domain.call_facts import CallFacts, RecordingStatus, facts_of
from cordboard.domain.call_state import CallPhase, EndedBy, Ending, EndReason, RecordingPhase
from cordboard.domain.clock import ManualClock
from cordboard.domain.commands import Side
from cordboard.domain.ids import new_call_id, new_recording_name
from cordboard.domain.recording import Recording, new_recording, raw_name
from cordboard.domain.tenant import Tenant
from cordboard.domain.webhook import EventKind, Notice, Subscription
from cordboard.settings import Settings
from cordboard.store import LoggedDelivery, Store
from cordboard.store.store import OpenTenantRows
from tests.support.calls import queued_call

NOW = datetime(2026, 3, 10, 9, 52, 27, tzinfo=UTC)
DIALECT = "alohub"
PARTNER_KEY = "partner key 42=="

# What the engine wrote of a part of a call: the agent's side and the customer's.
Raw = tuple[bytes | None, bytes | None]


def render(_: Tenant, notice: Notice) -> bytes:
    """As plain as can be, in the dialect's place."""
    facts = notice.facts
    return msgspec.json.encode({"reference": facts.reference, "recording": facts.recording_status.value})


@dataclass(frozen=True, kw_only=True)
class Workshop:
    """A core, a tenant, and calls that have ended."""

    core: Core
    clock: ManualClock
    tenant: Tenant

    @property
    def rows(self) -> OpenTenantRows:
        """The tenant's rows."""
        return self.core.store.for_tenant(self.tenant.id)

    async def subscribe(self, url: str) -> Subscription:
        """Somebody who wants to hear of the tenant's calls."""
        kinds = frozenset({EventKind.CALL_RECORDED})
        return await self.rows.subscriptions.add(dialect=DIALECT, url=url, kinds=kinds, authorization=PARTNER_KEY)

    async def end_call(self, *, is_recorded: bool = False, raw: Raw | None = None, parts: int = 1) -> CallFacts:
        """A call that was connected and has just ended; ``raw`` is what the engine recorded, as its first part."""
        call_id, at = new_call_id(), self.clock.now()
        call = queued_call(
            id=call_id,
            tenant_id=self.tenant.id,
            reference=f"20260310165227-{call_id.hex[-8:].upper()}-3421",
            requested_at=at - timedelta(seconds=9),
            connected_at=at - timedelta(seconds=5),
            ended_at=at,
            phase=CallPhase.ENDED,
            ending=Ending(reason=EndReason.CUSTOMER_HUNG_UP, by=EndedBy.CUSTOMER),
            recording=RecordingPhase.RUNNING if is_recorded else RecordingPhase.NONE,
            recording_name=new_recording_name(call_id),
            recording_parts=parts,
        )
        facts = facts_of(call)
        async with self.rows.transaction() as rows:
            if is_recorded:
                await rows.cdrs.insert(facts, at + timedelta(seconds=self.core.settings.cdr_event_seconds))
                await rows.recordings.insert(new_recording(facts, created_at=at))
            else:
                await rows.cdrs.insert(facts, None)
                await release_record(self.core, rows, self.tenant, facts)
        if raw is not None:
            self.write_raw(facts, raw)
        return facts

    def write_raw(self, facts: CallFacts, raw: Raw, *, part: int = 1) -> None:
        """Write a part of a recording, as the engine does. None: not this side."""
        for path, side in zip(self.raw_paths(facts, part), raw, strict=True):
            if side is not None:
                path.write_bytes(side)

    def raw_paths(self, facts: CallFacts, part: int = 1) -> tuple[Path, Path]:
        """Where the engine records a part of a call: the agent, the customer."""
        folder, name = self.core.settings.raw_recordings, facts.recording_name
        return folder / raw_name(name, part, Side.LEFT), folder / raw_name(name, part, Side.RIGHT)

    async def recording(self, facts: CallFacts) -> Recording:
        """The recording's row."""
        recording = await self.rows.recordings.by_name(facts.recording_name)
        assert recording is not None
        return recording

    async def recording_status(self, facts: CallFacts) -> RecordingStatus:
        """What the call's record says of its recording."""
        record = await self.rows.cdrs.get(facts.id)
        assert record is not None
        return record.recording_status

    async def deliveries(self, call_id: UUID | None = None) -> list[LoggedDelivery]:
        """All deliveries, finished or not."""
        return await self.rows.deliveries.list(call_id=call_id)


async def open_workshop(store: Store, home: Path, *, tenant: str = "acme", **settings: object) -> Workshop:
    """A workshop of a new tenant in ``home``. Webhooks may reach loopback."""
    chosen = Settings.load({"CORDBOARD_HOME": str(home)}, with_runtime=False)
    chosen = chosen.changed(**({"allow_networks": ("127.0.0.0/8",)} | settings))
    chosen.raw_recordings.mkdir(parents=True, exist_ok=True)
    clock = ManualClock(NOW)
    core = Core(
        settings=chosen,
        clock=clock,
        store=store,
        renderers={DIALECT: Renderer(kinds=frozenset(EventKind), render=render)},
    )
    return Workshop(core=core, clock=clock, tenant=await store.system.tenants.create(tenant))
