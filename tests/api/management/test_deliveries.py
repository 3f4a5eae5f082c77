import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from cordboard.actions.deliver_webhook import AttemptLog, claim_deliveries, deliver_webhook
from cordboard.delivery.address_guard import AddressGuard
from cordboard.delivery.sender import Sender
from cordboard.domain.webhook import EventKind, Subscription
from tests.api.house import Office
from tests.api.management.client import Client
from tests.support.receiver import Answer, Receiver

KIND = EventKind.CALL_RECORDED


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver() as each:
        yield each


@pytest.fixture
async def sender(office: Office) -> AsyncIterator[Sender]:
    async with Sender(AddressGuard(["127.0.0.0/8"]), office.house.clock, timeout_seconds=10) as each:
        yield each


async def subscribe(office: Office, url: str) -> Subscription:
    return await office.rows.subscriptions.add(dialect="alohub", url=url, kinds=(KIND,), authorization="partner key")


async def write(office: Office, subscription: Subscription, body: str, *, call_id: UUID | None = None) -> str:
    """A delivery, made a second after the one before."""
    now = office.house.clock.move(1)
    write = office.rows.deliveries.insert if subscription.is_enabled else office.rows.deliveries.keep
    return str(await write(subscription.id, call_id or uuid4(), KIND, body.encode(), now))


async def deliver_all(office: Office, sender: Sender) -> None:
    core = office.house.core
    log = AttemptLog(core)
    while claimed := await claim_deliveries(core, 100):
        await asyncio.gather(*(deliver_webhook(core, sender, log, each) for each in claimed))


async def listed(client: Client, **query: str) -> list[dict[str, Any]]:
    answer = await client.get("/deliveries", **query)
    assert answer.status == 200, answer.body
    rows: list[dict[str, Any]] = answer.json["data"]
    return rows


async def test_a_delivery_is_shown_with_all_that_was_sent_and_answered(
    office: Office, client: Client, receiver: Receiver, sender: Sender
) -> None:
    subscription, call_id = await subscribe(office, receiver.url), uuid4()
    delivery_id = await write(office, subscription, '{"n":"ế"}', call_id=call_id)
    receiver.script(Answer(status=503, body=b"not \xff now", headers={"X-Own": "1"}), 200)
    await deliver_all(office, sender)
    waiting = (await client.get(f"/deliveries/{delivery_id}")).json
    assert (waiting["result"], waiting["attempts"], waiting["finished_at"]) == ("pending", 1, None)
    assert waiting["next_attempt_at"] > waiting["created_at"]
    office.house.clock.move(6)
    await deliver_all(office, sender)
    shown = (await client.get(f"/deliveries/{delivery_id}")).json
    first, second = shown.pop("log")
    assert shown == {
        "id": delivery_id,
        "webhook_id": str(subscription.uuid),
        "call_id": call_id.hex,
        "event": "call_recorded",
        "result": "delivered",
        "attempts": 2,
        "created_at": waiting["created_at"],
        "finished_at": shown["finished_at"],
        "next_attempt_at": None,
        "url": receiver.url,
        "body": '{"n":"ế"}',
    }
    assert first["request"]["url"] == receiver.url
    assert first["request"]["headers"].items() <= receiver.requests[0].headers.items()
    assert (first["response"]["status"], first["response"]["body"]) == (503, "not � now")
    assert first["response"]["headers"]["x-own"] == "1"
    assert (second["response"]["status"], second["error"], second["duration_ms"]) == (200, None, 0)
    assert "partner key" not in json.dumps([first, second])


async def test_no_answer_is_an_error(office: Office, client: Client, sender: Sender) -> None:
    delivery_id = await write(office, await subscribe(office, "http://10.0.0.1/hook"), "{}")
    await deliver_all(office, sender)
    (attempt,) = (await client.get(f"/deliveries/{delivery_id}")).json["log"]
    assert (attempt["response"], attempt["error"]) == (None, "10.0.0.1 is not a public address")


async def test_pages_hold_each_delivery_once_newest_first(
    office: Office, client: Client, receiver: Receiver, sender: Sender
) -> None:
    subscription = await subscribe(office, receiver.url)
    made = [await write(office, subscription, str(number)) for number in range(4)]
    await deliver_all(office, sender)
    made += [await write(office, subscription, str(number)) for number in range(3)]
    same_time = office.house.clock.now()
    for _ in range(2):
        made.append(str(await office.rows.deliveries.insert(subscription.id, uuid4(), KIND, b"{}", same_time)))
    seen, after, pages = [], "", 0
    while True:
        page = (await client.get("/deliveries", limit="2", after=after)).json
        seen += [row["id"] for row in page["data"]]
        pages += 1
        if page["next"] is None:
            break
        after = page["next"]
    assert pages == 5
    assert sorted(seen) == sorted(made)
    assert seen[3:] == made[5::-1]


async def test_filters(office: Office, client: Client, receiver: Receiver, sender: Sender) -> None:
    facts = await office.record()
    first, second = await subscribe(office, receiver.url), await subscribe(office, f"{receiver.url}/2")
    delivered = await write(office, first, "{}", call_id=facts.id)
    await deliver_all(office, sender)
    between = (office.house.clock.now() + timedelta(milliseconds=500)).isoformat()
    pending = await write(office, second, "{}")
    for query, expected in (
        ({}, [pending, delivered]),
        ({"webhook_id": str(first.uuid)}, [delivered]),
        ({"webhook_id": str(uuid4())}, []),
        ({"call_id": facts.id.hex}, [delivered]),
        ({"call_id": facts.reference}, [delivered]),
        ({"call_id": "20240113150030-ABCDEFGH-342"}, []),
        ({"event": "call_recorded"}, [pending, delivered]),
        ({"event": "recording.ready"}, []),
        ({"result": "pending"}, [pending]),
        ({"result": "delivered"}, [delivered]),
        ({"result": "kept"}, []),
        ({"since": between}, [pending]),
        ({"until": between}, [delivered]),
        ({"result": "delivered", "since": between}, []),
    ):
        assert [row["id"] for row in await listed(client, **query)] == expected, query


async def test_one_is_sent_again_whatever_became_of_it(
    office: Office, client: Client, receiver: Receiver, sender: Sender
) -> None:
    subscription = await subscribe(office, receiver.url)
    delivery_id = await write(office, subscription, "{}")
    await deliver_all(office, sender)
    again = (await client.post(f"/deliveries/{delivery_id}/resend")).json
    assert (again["id"], again["result"], again["attempts"]) == (delivery_id, "pending", 1)
    receiver.script(500)
    office.house.clock.move(1)
    await deliver_all(office, sender)
    office.house.clock.move(1)
    await client.post(f"/deliveries/{delivery_id}/resend")  # it waits for its second attempt: that is now
    await deliver_all(office, sender)
    assert [each.webhook_id for each in receiver.requests] == [delivery_id] * 3
    (row,) = await listed(client)
    assert (row["result"], row["attempts"]) == ("delivered", 3)


async def test_what_is_switched_off_gets_nothing_again(office: Office, client: Client, receiver: Receiver) -> None:
    subscription = await subscribe(office, receiver.url)
    off = await office.rows.subscriptions.disable(subscription.id)
    delivery_id = await write(office, off, "{}")
    refused = await client.post(f"/deliveries/{delivery_id}/resend")
    assert (refused.status, "switched off" in refused.json["detail"]) == (400, True)
    assert (await client.post("/replays", {})).json == {"deliveries": 0}
    await office.rows.subscriptions.remove(subscription.id)
    refused = await client.post(f"/deliveries/{delivery_id}/resend")
    assert refused.status == 400
    shown = (await client.get(f"/deliveries/{delivery_id}")).json
    assert (shown["webhook_id"], shown["url"], shown["result"]) == (None, None, "kept")


async def test_a_replay_delivers_every_kept_event_once(
    office: Office, client: Client, receiver: Receiver, sender: Sender
) -> None:
    subscription = await subscribe(office, receiver.url)
    off = await office.rows.subscriptions.disable(subscription.id)
    call_id = uuid4()
    kept = [await write(office, off, str(number), call_id=call_id) for number in range(5)]
    await client.patch(f"/webhooks/{subscription.uuid}", {"enabled": True})
    answers = await asyncio.gather(*(client.post("/replays", {"webhook_id": str(subscription.uuid)}) for _ in range(4)))
    assert sum(answer.json["deliveries"] for answer in answers) == 5
    await deliver_all(office, sender)
    assert [each.webhook_id for each in receiver.requests] == kept
    assert [each.body for each in receiver.requests] == [b"0", b"1", b"2", b"3", b"4"]
    assert (await client.post("/replays", {})).json == {"deliveries": 0}
    assert {row["result"] for row in await listed(client)} == {"delivered"}


async def test_a_replay_of_a_range(office: Office, client: Client, receiver: Receiver, sender: Sender) -> None:
    subscription = await subscribe(office, receiver.url)
    made = [await write(office, subscription, str(number)) for number in range(5)]
    await deliver_all(office, sender)
    times = {row["id"]: row["created_at"] for row in await listed(client)}
    wanted = {"since": times[made[1]], "until": times[made[4]], "results": ["delivered"], "events": ["call_recorded"]}
    assert (await client.post("/replays", wanted)).json == {"deliveries": 3}
    await deliver_all(office, sender)
    assert sorted(each.webhook_id for each in receiver.requests[5:]) == sorted(made[1:4])


async def test_many_are_replayed(
    office: Office, client: Client, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cordboard.actions.resend_webhook.AT_ONCE", 7)
    subscription = await subscribe(office, receiver.url)
    off = await office.rows.subscriptions.disable(subscription.id)
    for number in range(20):
        await write(office, off, str(number))
    await office.rows.subscriptions.enable(subscription.id)
    assert (await client.post("/replays")).json == {"deliveries": 20}
    assert len(await listed(client, result="pending")) == 20


async def test_a_foreign_delivery_is_answered_like_a_missing_one(
    office: Office, client: Client, strangers_client: Client, receiver: Receiver
) -> None:
    subscription = await subscribe(office, receiver.url)
    delivery_id = await write(office, subscription, "{}")
    missing = "00000000-0000-0000-0000-000000000007"
    for method, path in (("GET", "/deliveries/{}"), ("POST", "/deliveries/{}/resend")):
        foreign, none = [await strangers_client.ask(method, path.format(each)) for each in (delivery_id, missing)]
        assert foreign.status == none.status == 404
        assert foreign.body.replace(delivery_id.encode(), missing.encode()) == none.body
    assert await listed(strangers_client) == []
    assert await listed(strangers_client, webhook_id=str(subscription.uuid)) == []
    assert (await strangers_client.post("/replays", {})).json == {"deliveries": 0}
    assert len(await listed(client)) == 1
