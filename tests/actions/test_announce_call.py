"""What subscribers are told while a call goes on: exactly what they want, in order, in the call's transactions."""

import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cordboard.actions.accept_call import accept_call
from cordboard.actions.apply_call_events import take_in, write_step
from cordboard.actions.core import Renderer
from cordboard.actions.make_call import CallRequest, make_call
from cordboard.actions.remove_agent import remove_agent
from cordboard.domain import ids
from cordboard.domain.call_state import Call
from cordboard.domain.cause import Cause
from cordboard.domain.clock import ManualClock
from cordboard.domain.errors import Unavailable
from cordboard.domain.leg_events import CallInput, CallStarted, LegAnswered, LegEnded, LegHungUp, LegRinging
from cordboard.domain.tenant import Tenant
from cordboard.domain.webhook import EventKind, Notice
from cordboard.store import Store
from cordboard.store.pool import HeldDoor
from tests.support.arrivals import from_phone, hire
from tests.support.core import Shop, make_core, open_shop

URL = "http://127.0.0.1:1/"
OF_AGENTS = (EventKind.CALL_OFFERED, EventKind.CALL_STARTED, EventKind.CALL_ANSWERED, EventKind.CALL_LEFT)


def as_told(_tenant: Tenant, notice: Notice) -> bytes:
    agent = notice.agent
    who = [agent.user_name, agent.extension, agent.sip_username, agent.full_name] if agent else []
    return json.dumps([notice.kind.value, notice.at.isoformat(), *who]).encode()


@pytest.fixture
async def clock() -> ManualClock:
    return ManualClock(datetime.now(UTC))


@pytest.fixture
async def shop(store: Store, tmp_path: Path, clock: ManualClock) -> Shop:
    renderer = Renderer(kinds=frozenset(EventKind), render=as_told)
    return await open_shop(make_core(store, tmp_path, clock=clock, renderers={"plain": renderer}))


async def subscribe(shop: Shop, *kinds: EventKind) -> None:
    await shop.core.store.for_tenant(shop.tenant.id).subscriptions.add(dialect="plain", url=URL, kinds=kinds)


async def told(shop: Shop) -> list[list[str]]:
    """All deliveries, in the order in which they were written."""
    door = shop.core.store.system.deliveries._door
    return [json.loads(row[0]) for row in await door.fetch("SELECT body FROM deliveries ORDER BY sequence")]


async def kinds_told(shop: Shop) -> list[str]:
    return [f"{entry[0]} {' '.join(entry[2:3])}".strip() for entry in await told(shop)]


async def tell(shop: Shop, call: Call, *happenings: CallInput) -> Call:
    step = take_in(call, happenings)
    await write_step(shop.core, step, call)
    return step.call


async def click(shop: Shop) -> Call:
    made = await make_call(shop.core, shop.tenant, CallRequest(extension="6688", number="0912345678"))
    call = await shop.core.store.for_tenant(shop.tenant.id).calls.get(made.id)
    assert call is not None
    return call


async def converse(shop: Shop, call: Call) -> Call:
    """From the start to the end, each event a step of its own."""
    at = shop.core.clock.now()
    first, second = ids.leg_id(call.id, 1), ids.leg_id(call.id, 2)
    for happening in (
        CallStarted(at=at),
        LegAnswered(at=at, leg_id=first),
        LegRinging(at=at, leg_id=second),
        LegAnswered(at=at, leg_id=second),
        LegHungUp(at=at, leg_id=second),
        LegEnded(at=at, leg_id=second, cause=Cause(16)),
        LegEnded(at=at, leg_id=first, cause=Cause(16)),
    ):
        call = await tell(shop, call, happening)
    assert call.is_over
    return call


async def test_events_and_record_are_told_in_order_at_instants_that_grow(shop: Shop) -> None:
    await subscribe(shop, EventKind.CLICK_TO_CALL_RECORDED)
    await subscribe(shop, *OF_AGENTS)
    call = replace(await click(shop), is_recorded=False)
    await converse(shop, call)
    entries = await told(shop)
    name = f"{shop.agent.user_name}"
    assert [entry[0] for entry in entries] == [
        "call_started", "call_answered", "call_left", "click_to_call_recorded",
    ]  # fmt: skip
    assert all(entry[2:] == [name, "6688", shop.agent.sip_username, shop.agent.full_name] for entry in entries[:3])
    # Nothing took any time: whole milliseconds, one after the other.
    instants = [datetime.fromisoformat(entry[1]) for entry in entries]
    gaps = [after - before for before, after in itertools.pairwise(instants)]
    assert gaps[:2] == [timedelta(milliseconds=1)] * 2
    assert gaps[2] > timedelta(0)


async def test_a_record_that_waits_for_its_recording_is_told_later_than_what_went_before(shop: Shop) -> None:
    call = await converse(shop, await click(shop))
    record = await shop.core.store.for_tenant(shop.tenant.id).cdrs.get(call.id)
    assert record is not None
    assert record.announced_at == call.announced_at


async def test_each_subscription_gets_what_it_wants_and_no_more(shop: Shop) -> None:
    await subscribe(shop, EventKind.CALL_RECORDED)
    await subscribe(shop, EventKind.PHONE_CALL_RECORDED, EventKind.FAX_RECORDED)
    await subscribe(shop, EventKind.CALL_CHANGED)
    await converse(shop, replace(await click(shop), is_recorded=False))
    assert await kinds_told(shop) == ["call_changed", "call_changed", "call_recorded"]


async def test_a_phone_call_is_recorded_as_one(shop: Shop) -> None:
    await hire(shop, "bob", "101")
    await subscribe(shop, EventKind.PHONE_CALL_RECORDED, EventKind.CLICK_TO_CALL_RECORDED, *OF_AGENTS)
    call = await accept_call(shop.core, shop.node.id, from_phone(shop.agent, "101"))
    at = shop.core.clock.now()
    call = await tell(shop, call, CallStarted(at=at))
    call = await tell(shop, call, LegEnded(at=at, leg_id=ids.leg_id(call.id, 2), cause=Cause(sip=486)))
    await tell(shop, call, *(LegEnded(at=at, leg_id=leg.id, cause=Cause(16)) for leg in call.live_legs))
    assert await kinds_told(shop) == ["call_started alice", "call_left alice", "phone_call_recorded"]


async def test_an_agent_who_is_removed_in_the_middle_is_named_as_the_call_knows(shop: Shop) -> None:
    bob = await hire(shop, "bob", "101")
    await subscribe(shop, *OF_AGENTS)
    call = await accept_call(shop.core, shop.node.id, from_phone(shop.agent, "101"))
    await remove_agent(shop.core, shop.tenant, "bob")
    at = shop.core.clock.now()
    await tell(shop, call, CallStarted(at=at), LegAnswered(at=at, leg_id=ids.leg_id(call.id, 2)))
    assert [entry[2:] for entry in await told(shop)] == [
        ["alice", "6688", shop.agent.sip_username, shop.agent.full_name],
        ["bob", "101", bob.sip_username, "Bob"],
    ]


async def test_a_step_whose_commit_was_not_heard_of_is_told_once(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    await subscribe(shop, *OF_AGENTS)
    call = await click(shop)
    step = take_in(call, [CallStarted(at=shop.core.clock.now())])
    execute = HeldDoor.execute

    async def deaf(self: HeldDoor, statements: str) -> str:
        tag = await execute(self, statements)
        if statements == "COMMIT":
            raise Unavailable("the line went dead")
        return tag

    with monkeypatch.context() as patched:
        patched.setattr(HeldDoor, "execute", deaf)
        with pytest.raises(Unavailable):
            await write_step(shop.core, step, call)
    await write_step(shop.core, step, call)
    assert await kinds_told(shop) == ["call_started alice"]


@asynccontextmanager
async def statements(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[list[str]]:
    """What is asked of the database in the block."""
    asked: list[str] = []
    fetch, row, execute = HeldDoor.fetch, HeldDoor.row, HeldDoor.execute

    async def noting_fetch(self: HeldDoor, sql: str, *args: object) -> object:
        asked.append(sql)
        return await fetch(self, sql, *args)

    async def noting_row(self: HeldDoor, sql: str, *args: object, **_: object) -> object:
        asked.append(sql)
        return await row(self, sql, *args)

    async def noting_execute(self: HeldDoor, sql: str) -> object:
        asked.append(sql)
        return await execute(self, sql)

    with monkeypatch.context() as patched:
        patched.setattr(HeldDoor, "fetch", noting_fetch)
        patched.setattr(HeldDoor, "row", noting_row)
        patched.setattr(HeldDoor, "execute", noting_execute)
        yield asked


async def test_a_step_that_nobody_wants_to_hear_of_is_one_statement(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    await subscribe(shop, EventKind.CALL_RECORDED)
    call, at = await click(shop), shop.core.clock.now()
    first, second = ids.leg_id(call.id, 1), ids.leg_id(call.id, 2)
    async with statements(monkeypatch) as asked:
        for happening in (
            CallStarted(at=at),
            LegAnswered(at=at, leg_id=first),
            LegAnswered(at=at, leg_id=second),
            LegEnded(at=at, leg_id=second, cause=Cause(16)),
        ):
            call = await tell(shop, call, happening)
        assert len(asked) == 4
        asked.clear()
        await tell(shop, call, LegEnded(at=at, leg_id=first, cause=Cause(16)))
        # Begin, the row, the record, its recording, commit: nothing is asked for the events' sake.
        assert len(asked) == 5
