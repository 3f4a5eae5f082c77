"""Subscriptions to webhooks: made, read, changed, removed; switched off and on again."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from cordboard.domain.webhook import Attempt, EventKind
from tests.api.house import Answer, Office
from tests.api.voxloud.client import Client
from tests.api.voxloud.documents import golden

PATH = "/webhook-subscriptions"
# A public address, never reached: it is only judged.
URL = "https://93.184.216.34/hook"
TYPES = (
    "FAX_CALL", "PHONE_CALL", "CLICK_TO_CALL", "CALL_STARTED", "CALL_INCOMING", "CALL_ANSWERED", "CALL_HANGUP",
)  # fmt: skip


def documented(answer: dict[str, Any], name: str) -> None:
    """Assert that an answer is the sample, but for its id, and with the error that there is not."""
    sample = golden(name)
    assert str(UUID(answer["id"])) == answer["id"]
    assert answer == sample | {"id": answer["id"], "last_error": None}
    assert {name: type(answer[name]) for name in sample} == {name: type(value) for name, value in sample.items()}


async def subscribe(client: Client, **fields: object) -> dict[str, Any]:
    answer = await client.post(PATH, {"callback_url": URL, "event_type": "PHONE_CALL", **fields})
    assert answer.status == 200, answer
    return answer.json


async def fail(office: Office, times: int = 1) -> None:
    """Deliver something in vain."""
    (subscription,) = await office.rows.subscriptions.list("voxloud")
    now = office.house.clock.now()
    for _ in range(times):
        async with office.rows.transaction() as rows:
            await rows.deliveries.insert(subscription.id, uuid4(), EventKind.PHONE_CALL_RECORDED, b"{}", now)
    queue = office.house.core.store.system.deliveries
    for delivery in await queue.claim(100, now, 30, 100):
        attempt = Attempt(started_at=now, duration_milliseconds=20, status=500)
        await queue.record(delivery, attempt, None, "given_up")


def refused(answer: Answer, field: str) -> None:
    assert (answer.status, answer.json["error"]) == (400, "Bad Request")
    assert f"'{field}'" in answer.json["message"]


async def test_the_documented_subscription_is_made_read_changed_and_removed(client: Client) -> None:
    made = await client.post(PATH, golden("subscription_request"))
    assert made.status == 200
    documented(made.json, "subscription")
    path = f"{PATH}/{made.json['id']}"
    read = await client.get(path)
    assert (read.status, read.json) == (200, made.json)
    for ask in (client.put, client.post):
        changed = await ask(path, golden("subscription_update_request") | {"id": made.json["id"]})
        assert changed.status == 200
        documented(changed.json, "subscription_updated")
    removed = await client.delete(path)
    assert (removed.status, removed.body) == (204, b"")
    for gone in (await client.get(path), await client.delete(path), await client.put(path, {})):
        assert gone.status == 404


async def test_the_documented_list_is_a_bare_array(client: Client) -> None:
    samples = [
        sample | {"event_type": sample.get("event_type") or sample["type"]} for sample in golden("subscriptions")
    ]
    for sample in samples:
        sample.pop("type", None)
        await client.post(PATH, {key: sample[key] for key in golden("subscription_request")})
    answer = await client.get(PATH)
    found: Any = answer.json
    assert answer.status == 200
    assert found == [sample | {"id": one["id"], "last_error": None} for sample, one in zip(samples, found, strict=True)]


async def test_only_this_dialects_are_listed_and_served(client: Client, strangers_client: Client) -> None:
    office = client.office
    other = await office.rows.subscriptions.add(dialect="alohub", url=URL, kinds=(EventKind.CALL_RECORDED,))
    mine = await subscribe(client)
    listed: Any = (await client.get(PATH)).json
    assert [one["id"] for one in listed] == [mine["id"]]
    assert (await strangers_client.get(PATH)).body == b"[]"
    for asking, uuid in ((client, str(other.uuid)), (strangers_client, mine["id"])):
        path = f"{PATH}/{uuid}"
        answers = [await asking.get(path), await asking.put(path, {"enabled": False}), await asking.delete(path)]
        assert [answer.status for answer in answers] == [404, 404, 404]
    assert (await client.get(f"{PATH}/{mine['id'].upper()}")).json == mine


@pytest.mark.parametrize("event_type", TYPES)
async def test_every_type_can_be_asked_for_and_nothing_but_a_url_is_needed(client: Client, event_type: str) -> None:
    made = await subscribe(client, event_type=event_type)
    assert made == {
        "id": made["id"],
        "enabled": True,
        "event_type": event_type,
        "failed_count": 0,
        "callback_url": URL,
        "notification_email": None,
        "last_error": None,
    }


@pytest.mark.parametrize(
    "url",
    [
        f"{URL}?a=%2fB&c=d e".replace(" ", "%20"),
        f"{URL}/á?ü=1",
        "HTTPS://93.184.216.34:443/../x#y",
        f"{URL}?" + "q" * 7000,
    ],
)
async def test_a_callback_url_is_kept_byte_for_byte_and_may_be_shared(client: Client, url: str) -> None:
    for _ in range(2):
        made = await subscribe(client, callback_url=url, enabled=False, failed_count=9)
        assert (made["callback_url"], made["enabled"], made["failed_count"]) == (url, True, 0)


@pytest.mark.parametrize(
    "url",
    [
        "", " ", None, "ftp://93.184.216.34/", "93.184.216.34", "https://", "https://93.184.216.34/ x", 5,
        "http://127.0.0.1/", "http://10.0.0.1/", "http://[::1]/", "http://169.254.169.254/latest", "http://2130706433/",
    ],
)  # fmt: skip
async def test_an_address_that_nothing_is_sent_to_is_refused(client: Client, url: object) -> None:
    refused(await client.post(PATH, {"callback_url": url, "event_type": "PHONE_CALL"}), "callback_url")
    made = await subscribe(client)
    if url is not None:
        refused(await client.put(f"{PATH}/{made['id']}", {"callback_url": url, "enabled": False}), "callback_url")
    assert (await client.get(f"{PATH}/{made['id']}")).json == made


async def test_what_an_update_leaves_out_stays_and_what_is_empty_is_cleared(client: Client) -> None:
    made = await subscribe(client, notification_email="boss@acme.example")
    path = f"{PATH}/{made['id']}"
    for nothing in ({}, {"id": made["id"], "notification_email": None, "enabled": "", "event_type": None}):
        assert (await client.put(path, nothing)).json == made
    cleared = (await client.put(path, {"notification_email": ""})).json
    assert cleared == made | {"notification_email": None}
    elsewhere = {"callback_url": f"{URL}/2", "event_type": "CALL_HANGUP", "notification_email": "a@b.example"}
    assert (await client.post(path, elsewhere)).json == made | elsewhere
    refused(await client.put(path, {"event_type": ""}), "event_type")
    refused(await client.put(path, {"event_type": "call_hangup"}), "event_type")
    refused(await client.put(path, {"id": str(uuid4())}), "id")
    refused(await client.put(path, {"enabled": "perhaps"}), "enabled")
    assert (await client.get(path)).json == made | elsewhere


async def test_failures_are_counted_until_it_is_switched_on_again(client: Client) -> None:
    made = await subscribe(client)
    path, office = f"{PATH}/{made['id']}", client.office
    await fail(office, 2)
    failed = made | {"failed_count": 2, "last_error": "HTTP 500"}
    assert (await client.get(path)).json == failed
    assert (await client.put(path, {"event_type": "PHONE_CALL"})).json == failed
    assert (await client.put(path, {"enabled": False})).json == failed | {"enabled": False}
    assert await office.rows.subscriptions.wanting({EventKind.PHONE_CALL_RECORDED}) == []
    assert (await client.put(path, {"enabled": "true"})).json == made
    (subscription,) = await office.rows.subscriptions.wanting({EventKind.PHONE_CALL_RECORDED})
    assert str(subscription.uuid) == made["id"]
    await fail(office)
    assert (await client.put(path, {"enabled": True})).json == made


async def test_one_that_is_switched_off_is_sent_nothing_more(client: Client) -> None:
    made, office = await subscribe(client), client.office
    (subscription,) = await office.rows.subscriptions.list()
    now = office.house.clock.now()
    async with office.rows.transaction() as rows:
        await rows.deliveries.insert(subscription.id, uuid4(), EventKind.PHONE_CALL_RECORDED, b"{}", now)
    await client.put(f"{PATH}/{made['id']}", {"enabled": False})
    assert await office.house.core.store.system.deliveries.claim(10, now, 30, 10) == []
    assert [one.outcome for one in await office.rows.deliveries.list()] == ["kept"]
