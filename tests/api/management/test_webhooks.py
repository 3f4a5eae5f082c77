import json
from uuid import uuid4

from cordboard.domain.webhook import EventKind
from tests.api.management.client import Client
from tests.api.management.specimens import SECRET, URL, WEBHOOK
from tests.api.voxloud.client import Client as VoxloudClient


async def test_a_webhook_is_made_and_its_secret_shown_once(client: Client) -> None:
    made = (await client.post("/webhooks", WEBHOOK)).json
    assert made == {
        "id": made["id"],
        "number": made["number"],
        "dialect": "alohub",
        "url": URL,
        "events": ["call_recorded"],
        "notification_email": "it@example.com",
        "enabled": True,
        "failed_count": 0,
        "last_error": None,
        "failing_since": None,
        "created_at": made["created_at"],
        "secret": SECRET,
    }
    assert made["created_at"].endswith("Z")
    del made["secret"]
    assert (await client.get(f"/webhooks/{made['id']}")).json == made
    assert json.loads((await client.get("/webhooks")).body) == [made]
    drawn = (await client.post("/webhooks", {**WEBHOOK, "secret": None})).json
    assert drawn["secret"].startswith("whsec_")
    assert drawn["secret"] != SECRET


async def test_what_is_left_out_stays_as_it_is(client: Client) -> None:
    made = (await client.post("/webhooks", WEBHOOK)).json
    path = f"/webhooks/{made.pop('id')}"
    del made["secret"]
    assert (await client.patch(path, {})).json.items() >= made.items()
    changed = (await client.patch(path, {"events": ["call_changed", "call_recorded"], "notification_email": ""})).json
    assert (changed["events"], changed["notification_email"]) == (["call_changed", "call_recorded"], None)
    assert changed["url"] == URL
    off = (await client.patch(path, {"enabled": False})).json
    assert (off["enabled"], off["events"]) == (False, changed["events"])
    assert (await client.patch(path, {"enabled": "true"})).json["enabled"] is True


async def test_the_partners_key_can_be_changed(client: Client) -> None:
    made = (await client.post("/webhooks", WEBHOOK)).json
    answer = await client.patch(f"/webhooks/{made['id']}", {"authorization": "another"})
    assert "another" not in answer.body.decode()
    rows, now = client.office.rows, client.office.house.clock.now()
    await rows.deliveries.insert(made["number"], uuid4(), EventKind.CALL_RECORDED, b"{}", now)
    (claimed,) = await client.office.house.core.store.system.deliveries.claim(1, now, 30, 1)
    assert claimed.authorization == "another"


async def test_another_secret_takes_over(client: Client) -> None:
    made = (await client.post("/webhooks", WEBHOOK)).json
    path = f"/webhooks/{made['id']}/secrets"
    first = (await client.post(path)).json
    assert first["secret"] not in {SECRET, ""}
    assert len(first["others_until"]) == 1
    assert len((await client.post(path, {})).json["others_until"]) == 2
    refused = await client.post(path, {})
    assert (refused.status, refused.json["detail"]) == (409, "There may be 3 live signing secrets at the most")
    alone = (await client.post(path, {"secret": SECRET, "at_once": True})).json
    assert alone == {"secret": SECRET, "others_until": []}


async def test_our_own_events_are_never_shown_in_a_vendors_dialect(client: Client) -> None:
    own = {"dialect": "cordboard", "url": URL, "events": ["recording.ready", "recording.failed"]}
    made = (await client.post("/webhooks", own)).json
    assert made["events"] == ["recording.failed", "recording.ready"]
    vendor = VoxloudClient(office=client.office)
    assert (await vendor.get("/webhook-subscriptions")).body == b"[]"
    assert (await vendor.get(f"/webhook-subscriptions/{made['id']}")).status == 404
    for dialect in ("alohub", "voxloud"):
        refused = await client.post("/webhooks", {**own, "dialect": dialect})
        assert refused.status == 400
        assert "'events'" in refused.json["detail"]


async def test_voxlouds_clients_know_of_one_event_for_each(client: Client) -> None:
    body = {"dialect": "voxloud", "url": URL, "events": ["call_started"]}
    made = (await client.post("/webhooks", body)).json
    listed = (await VoxloudClient(office=client.office).get("/webhook-subscriptions")).json
    assert [(each["id"], each["event_type"]) for each in listed] == [(made["id"], "CALL_STARTED")]  # type: ignore[index] # a list
    both = ["call_started", "call_left"]
    assert (await client.post("/webhooks", {**body, "events": both})).status == 400
    assert (await client.patch(f"/webhooks/{made['id']}", {"events": both})).status == 400


async def test_a_foreign_id_is_answered_like_a_missing_one(client: Client, strangers_client: Client) -> None:
    made = (await client.post("/webhooks", WEBHOOK)).json["id"]
    missing = "00000000-0000-0000-0000-000000000007"
    for method, path, body in (
        ("GET", "/webhooks/{}", None),
        ("PATCH", "/webhooks/{}", {"url": URL}),
        ("DELETE", "/webhooks/{}", None),
        ("POST", "/webhooks/{}/secrets", {}),
    ):
        foreign, none = [await strangers_client.ask(method, path.format(each), body) for each in (made, missing)]
        assert foreign.status == none.status == 404
        assert foreign.body.replace(made.encode(), missing.encode()) == none.body
    assert (await client.get(f"/webhooks/{made}")).status == 200
