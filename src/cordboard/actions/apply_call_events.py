"""Carry a call on: what happened to it becomes its new row, or its record, in one transaction."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from cordboard.actions.announce_call import announce_call, kinds_of
from cordboard.actions.core import Core
from cordboard.actions.release_record import release_record
from cordboard.domain.call import advance
from cordboard.domain.call_facts import RecordingStatus, facts_of
from cordboard.domain.call_state import Call, Step
from cordboard.domain.leg_events import CallInput
from cordboard.domain.reconcile import reconcile
from cordboard.domain.recording import new_recording
from cordboard.domain.snapshot import EngineSnapshot
from cordboard.domain.webhook import EventKind
from cordboard.store import TenantRows


def take_in(call: Call, happenings: Iterable[CallInput | EngineSnapshot]) -> Step:
    """All that waits for a call, strictly in order, as one step. Pure."""
    step = Step(call)
    for happening in happenings:
        if isinstance(happening, EngineSnapshot):
            after = reconcile(step.call, happening)
        else:
            after = advance(step.call, happening)
        step = Step(after.call, (*step.commands, *after.commands), (*step.events, *after.events))
    return step


async def write_step(core: Core, step: Step, before: Call) -> None:
    """Commit what a step made of a call. ``before`` is the call as it was written last.

    While the call lives this is its row; when it is over, the row goes and the record comes in the same transaction,
    so that the agent's slot is free and the record is there at one instant.

    Raises:
        Unavailable: the database is away; nothing was written.
    """
    call, rows = step.call, core.store.for_tenant(step.call.tenant_id)
    kinds = kinds_of(step.events)
    if call.is_over:
        async with rows.transaction() as held:
            await _close(core, held, step, kinds)
        return
    with_agents = call.busy_agents != before.busy_agents
    # One statement is a transaction by itself: one round trip instead of three.
    if not kinds:
        await rows.calls.save(call, with_agents=with_agents)
        return
    if await rows.calls.save_unheard(call, kinds, with_agents=with_agents):
        return
    async with rows.transaction() as held:
        # Written before, by a try whose answer was lost: then so are the deliveries. Or gone.
        if await held.calls.is_saved(call) or not await held.calls.save(call, with_agents=with_agents):
            return
        await announce_call(core, held, step)


async def _close(core: Core, rows: TenantRows, step: Step, kinds: frozenset[EventKind]) -> None:
    call = step.call
    is_heard = await rows.calls.close(call.id, kinds)
    if is_heard is None:
        return  # closed already, by an earlier try whose answer was lost
    if is_heard:
        await announce_call(core, rows, step)
    facts = facts_of(call)
    if facts.recording_status is RecordingStatus.PENDING:
        now = core.clock.now()
        await rows.cdrs.insert(facts, now + timedelta(seconds=core.settings.cdr_event_seconds))
        await rows.recordings.insert(new_recording(facts, created_at=now))
        return
    number = await rows.cdrs.insert(facts, None)
    await release_record(core, rows, await rows.tenants.get(), replace(facts, number=number))
