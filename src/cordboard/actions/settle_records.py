"""Release the events of records, once each: with their recording, or without it when its time is up."""

from uuid import UUID

import structlog

from cordboard.actions.core import Core
from cordboard.actions.release_record import notify, release_record
from cordboard.domain.call_facts import RecordingStatus
from cordboard.domain.errors import Unavailable
from cordboard.domain.webhook import EventKind, Notice
from cordboard.store import TenantRows

log = structlog.get_logger()

BATCH = 100
_KINDS = {
    RecordingStatus.READY: EventKind.RECORDING_READY,
    RecordingStatus.FAILED: EventKind.RECORDING_FAILED,
}


async def settle_records(core: Core, reported: set[UUID]) -> int:
    """Release every record whose recording is late; its webhook is without it then. Returns how many there were.

    ``reported`` are the calls whose record could not be released and was complained about: they are tried again each
    time, silently.

    Raises:
        Unavailable: the database is away.
    """
    due = await core.store.system.cdrs.due_events(core.clock.now(), BATCH)
    for tenant_id, call_id in due:
        try:
            async with core.store.for_tenant(tenant_id).transaction() as rows:
                await release_if_due(core, rows, call_id)
        except Unavailable:
            raise
        except Exception:
            # One record that cannot be rendered must not hold up those behind it.
            if call_id not in reported:
                log.exception("record_not_released", call=call_id.hex)
            reported.add(call_id)
    return len(due)


async def settle_recording(core: Core, rows: TenantRows, call_id: UUID, status: RecordingStatus) -> None:
    """Note in a call's record what became of its recording, release its event, and tell who wants to hear of that.

    Call it in a transaction, once.
    """
    await rows.cdrs.set_recording(call_id, status)
    await release_if_due(core, rows, call_id)
    facts = await rows.cdrs.get(call_id)
    if facts is not None:
        at = core.clock.now()
        await notify(core, rows, await rows.tenants.get(), [Notice(kind=_KINDS[status], at=at, facts=facts)])


async def release_if_due(core: Core, rows: TenantRows, call_id: UUID) -> None:
    """Write the deliveries of a record, unless somebody has: exactly one transaction does. Call it in one."""
    if not await rows.cdrs.take_event(call_id):
        return
    facts = await rows.cdrs.get(call_id)
    if facts is not None:
        await release_record(core, rows, await rows.tenants.get(), facts)
