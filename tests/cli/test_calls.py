"""Making calls and watching them. The test plays the ``switch`` and the ``worker``."""

import asyncio
import json
import re
from collections.abc import Callable
from typing import Any

from cordboard.actions.add_webhook import add_webhook
from cordboard.actions.settle_records import settle_recording
from cordboard.domain import ids
from cordboard.domain.call_facts import RecordingStatus
from cordboard.domain.call_state import Call
from cordboard.domain.cause import Cause
from cordboard.domain.instruction import InstructionKind
from cordboard.domain.leg_events import (
    CallStarted,
    LegEnded,
)
from cordboard.domain.webhook import Attempt, EventKind
from tests.cli.conftest import Switch, Terminal, Watched
from tests.support.core import Shop

CALL = ("call", "--tenant", "shop", "--from", "6688", "--to", "0912345678")
REFERENCE = re.compile(r"\d{14}-[A-Z]{8}-\d{3,10}")


async def typed(terminal: Terminal, *words: str) -> Any:  # noqa: ANN401 - JSON of any shape
    return await asyncio.to_thread(terminal.json, *words)


async def work(shop: Shop, call: Call) -> None:
    """What ``worker`` does: the recording is made, the webhook refused once and then delivered."""
    core = shop.core
    async with core.store.for_tenant(shop.tenant.id).transaction() as rows:
        await settle_recording(core, rows, call.id, RecordingStatus.READY)
    for status in (500, 200):
        now = core.clock.now()
        (delivery,) = await core.store.system.deliveries.claim(10, now, lease_seconds=60, slots_per_target=4)
        attempt = Attempt(started_at=now, duration_milliseconds=7, status=status)
        outcome = {"next_due_at": now} if status == 500 else {"next_due_at": None, "outcome": "delivered"}
        await core.store.system.deliveries.record(delivery, attempt, **outcome)


async def test_a_call_is_accepted_shown_told_things_and_ended(shop: Shop, switch: Switch, terminal: Terminal) -> None:
    made = await typed(terminal, *CALL)
    assert list(made) == ["reference", "id"]
    assert REFERENCE.fullmatch(made["reference"])
    call = await switch.queued()
    assert call.id.hex == made["id"]
    (listed,) = await typed(terminal, "calls", "list", "--tenant", "shop")
    assert (listed["tenant"], listed["phase"], listed["outcome"]) == ("shop", "queued", None)
    call = await switch.connect(call)
    shown = await typed(terminal, "calls", "show", made["reference"])
    assert (shown["phase"], shown["outcome"], shown["recording_status"]) == ("connected", "answered", "running")
    assert await asyncio.to_thread(terminal.failure, *CALL) == "refused: the agent is in a call"
    for command, kind in (
        ("hangup", InstructionKind.HANG_UP),
        ("hold", InstructionKind.HOLD),
        ("resume", InstructionKind.RESUME),
        ("pause-recording", InstructionKind.PAUSE_RECORDING),
        ("resume-recording", InstructionKind.RESUME_RECORDING),
    ):
        told = await typed(terminal, "calls", command, made["id"], "--tenant", "shop")
        assert told == {"reference": made["reference"], "id": made["id"], "instruction": kind.value}
        (instruction,) = await shop.core.store.system.instructions.take(shop.node.id)
        assert (instruction.call_id, instruction.kind) == (call.id, kind)
    told = await typed(terminal, "calls", "transfer", made["id"], "--to", "101")
    assert told == {"reference": made["reference"], "id": made["id"], "instruction": "transfer", "to": "101"}
    (instruction,) = await shop.core.store.system.instructions.take(shop.node.id)
    assert (instruction.call_id, instruction.kind, instruction.argument) == (call.id, InstructionKind.TRANSFER, "101")
    await switch.end(call)
    assert await typed(terminal, "calls", "list") == []
    (record,) = await typed(terminal, "calls", "list", "--ended")
    for name in (made["reference"], made["id"], str(record["number"])):
        assert await typed(terminal, "calls", "show", name) == record
    assert (record["outcome"], record["ended_by"], record["end_reason"]) == (
        "answered",
        "customer",
        "customer_hung_up",
    )
    complaint = await asyncio.to_thread(terminal.failure, "calls", "hangup", made["id"])
    assert complaint == f"call: {made['reference']} has ended"


async def test_the_keys_of_a_call(shop: Shop, switch: Switch, terminal: Terminal) -> None:
    await typed(terminal, *CALL)
    await switch.end(await switch.connect(await switch.queued()))
    (record,) = await typed(terminal, "calls", "list", "--ended", "--limit", "1")
    assert list(record) == [
        "tenant", "reference", "id", "number", "phase", "direction", "outcome", "agent", "extension",
        "customer_number", "customer_name", "did_number", "transferred_to", "request_id", "requested_at", "ringing_at",
        "connected_at", "ended_at", "held_milliseconds", "ended_by", "end_reason", "failed_party", "sip_code",
        "recording_name", "recording_status", "ringing", "is_held",
    ]  # fmt: skip
    assert (record["agent"], record["extension"], record["customer_number"]) == (
        shop.agent.user_name,
        "6688",
        "+84912345678",
    )
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", record["connected_at"])


async def hook(shop: Shop) -> None:
    kinds = frozenset({EventKind.CALL_RECORDED})
    await add_webhook(shop.core, shop.tenant, dialect="alohub", url="http://127.0.0.1:9/", kinds=kinds)


async def test_a_call_is_followed_to_its_webhook(shop: Shop, switch: Switch, watch: Callable[..., Any]) -> None:
    await hook(shop)
    watched: Watched = await watch(*CALL, "--follow")
    call = await switch.connect(await switch.queued())
    await watched.until(lambda line: "the recording is running" in line)
    await switch.end(call)
    await watched.until(lambda line: "the record is final" in line)
    await work(shop, call)
    told = [re.sub(r"^\d\d:\d\d:\d\d\.\d{3} +[+-]\d+\.\d{3} s  ", "", line) for line in watched.lines]
    told += [line.split(" s  ")[1] for line in (await watched.end()).splitlines()]
    expected = [
        r"accepted, waiting for its turn",
        r"the agent is dialled",
        r"the agent's phone is ringing",
        r"the agent answered",
        r"the customer is dialled through carrier",
        r"the customer's phone is ringing",
        r"the customer answered",
        r"connected: both hear each other",
        r"the recording is running",
        r"ended, answered after \d+\.\d s: the customer hung up",
        r"the record is final: number \d+",
        r"the recording is ready: [0-9a-f-]+\.mp3",
    ]
    for pattern in expected:
        assert any(re.fullmatch(pattern, line) for line in told), (pattern, told)
    assert re.fullmatch(r"webhook \d+, call_recorded: delivered \(200, 7 ms\)", told[-1])


async def test_a_followed_call_is_one_json_object(shop: Shop, switch: Switch, watch: Callable[..., Any]) -> None:
    await hook(shop)
    watched: Watched = await watch(*CALL, "--follow", "--json")
    call = await switch.end(await switch.connect(await switch.queued()))
    await work(shop, call)
    value = json.loads(await watched.end())
    assert list(value) == ["reference", "id", "timeline", "record"]
    assert value["id"] == call.id.hex
    assert (value["record"]["outcome"], value["record"]["recording_status"]) == ("answered", "ready")
    events = [moment["event"] for moment in value["timeline"]]
    assert {"connected", "ended", "record", "recording_ready", "webhook"} <= set(events)
    assert list(value["timeline"][0]) == ["at", "event", "text"]


async def test_a_call_that_fails_says_why(shop: Shop, switch: Switch, watch: Callable[..., Any]) -> None:
    watched: Watched = await watch(*CALL, "--follow")
    call = await switch.queued()
    now = shop.core.clock.now()
    agent = ids.leg_id(call.id, 1)
    call = await switch.tell(call, CallStarted(at=now))
    await switch.tell(call, LegEnded(at=now, leg_id=agent, cause=Cause(q850=17, sip=486)))
    assert "ended, busy: the agent's phone is busy (486)" in await watched.end()
